//! The error type of the contract. Its kind tells the engine what to do next.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::Finding;

/// The key under which an `Unavailable` error keeps the vendor's `Retry-After`, in seconds.
pub(crate) const RETRY_AFTER: &str = "retry_after_s";

/// The result type of the contract.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kinds of errors, by what the engine does next.
///
/// | kind | next step of the engine | who has to act |
/// |---|---|---|
/// | `RateLimited`, `Unavailable` | retries with the same cursor | nobody |
/// | `QuotaExhausted` | pauses the run until calls are allowed again | nobody |
/// | `CursorExpired` | starts the process over | nobody |
/// | `Conflict`, `NotFound` | reads the state again | nobody |
/// | `Unauthenticated` | fails the run; the profile needs new credentials | a user who can authorize |
/// | `Forbidden`, `ConfigInvalid` | fails the run with a finding | an administrator |
/// | `Unsupported` | does not run the process again | nobody |
/// | `Refused` | fails the order with the vendor's reason | the user who gave the order |
/// | `Malformed`, `Unexpected` | fails the run | the maintainer of the connector |
///
/// None of them retires records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The configuration of the alias is not valid. An administrator has to change it.
    ConfigInvalid,
    /// The vendor refuses the credential, also after one renewal. A user has to authorize again.
    Unauthenticated,
    /// A permission is missing. An administrator has to grant it.
    Forbidden,
    /// The resource does not exist.
    NotFound,
    /// The resource was changed by another client. Read it again.
    Conflict,
    /// The cursor is no longer valid. Start the process over.
    CursorExpired,
    /// Too many requests. Retry after the given time, or after a back-off.
    RateLimited {
        /// The `Retry-After` of the vendor.
        retry_after: Option<Duration>,
    },
    /// The API calls of the period are used up. Pause until the given time, or until the next check of the allowance.
    QuotaExhausted {
        /// The time from which calls are allowed again.
        until: Option<DateTime<Utc>>,
    },
    /// The vendor is unavailable, or the connection was lost. Retry.
    Unavailable,
    /// The connector or the organisation does not support the operation.
    Unsupported,
    /// The response cannot be parsed. A connector never replaces it by a default.
    Malformed,
    /// The vendor refused the operation.
    Refused,
    /// A bug in the connector or at the vendor.
    Unexpected,
}

impl ErrorKind {
    /// Says whether a retry may succeed without any other change.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable)
    }

    /// Returns the stable code for findings and logs, for example `UNAVAILABLE`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ConfigInvalid => "CONFIG_INVALID",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::QuotaExhausted { .. } => "QUOTA_EXHAUSTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Unsupported => "UNSUPPORTED",
            Self::Malformed => "MALFORMED",
            Self::Refused => "REFUSED",
            Self::Unexpected => "UNEXPECTED",
        }
    }
}

/// An error with a kind, a message, context and a source.
///
/// `Display` gives the message and the context in one line; `source()` gives the cause. Neither contains a secret, the
/// query of a URL or the body of a response.
///
/// ```
/// use seatgraph_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Forbidden, "login history is hidden").with("object", "LoginHistory");
/// assert_eq!(error.to_string(), "login history is hidden (object=LoginHistory)");
/// assert_eq!(error.get("object"), Some("LoginHistory"));
/// assert!(!error.kind().is_transient());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    finding: Option<Finding>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error. The message is in lower case, without a full stop, and names the subject.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), context: Vec::new(), finding: None, source: None }))
    }

    /// Adds context, for example `("object", "LoginHistory")` or `("status", "403")`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Sets the source of the error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Sets the finding that is shown on the run and the profile.
    #[must_use]
    pub fn with_finding(mut self, finding: Finding) -> Self {
        self.0.finding = Some(finding);
        self
    }

    /// Changes the kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the message without the context.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the context, in the order in which it was added.
    #[must_use]
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// Returns the context value of `key`; the latest if there are several.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.context.iter().rev().find(|(k, _)| *k == key).map(|(_, v)| v.as_str())
    }

    /// Returns the finding, if the connector set one.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.0.finding.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (index, (key, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{key}={value}", if index == 0 { " (" } else { ", " })?;
        }
        if self.0.context.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind.code())?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_and_debug_adds_the_sources() {
        let cause = std::io::Error::other("socket closed");
        let error = Error::new(ErrorKind::Unavailable, "connection was lost")
            .with("path", "/x")
            .with("status", 503)
            .with_source(cause);
        assert_eq!(error.to_string(), "connection was lost (path=/x, status=503)");
        let long = "UNAVAILABLE: connection was lost (path=/x, status=503)\n  caused by: socket closed";
        assert_eq!(format!("{error:?}"), long);
    }

    #[test]
    fn the_latest_context_of_a_key_is_returned() {
        let error = Error::new(ErrorKind::Refused, "no").with("status", 400).with("status", 409);
        assert_eq!(error.get("status"), Some("409"));
    }

    #[test]
    fn only_unavailability_and_rate_limits_are_transient() {
        let transient = [ErrorKind::Unavailable, ErrorKind::RateLimited { retry_after: None }];
        let permanent = [ErrorKind::QuotaExhausted { until: None }, ErrorKind::CursorExpired, ErrorKind::Conflict];
        assert!(transient.into_iter().all(ErrorKind::is_transient));
        assert!(!permanent.into_iter().any(ErrorKind::is_transient));
    }
}
