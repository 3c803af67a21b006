//! The error of the contract: its kind names what the engine does next.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::Finding;

/// The pair under which an `Unavailable` keeps the seconds that the vendor asked us to wait.
pub(crate) const RETRY_AFTER: &str = "retry_after_s";

/// The result of everything a connector does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, by what is to be done about it.
///
/// | kind | what follows, for a page | who has to act |
/// |---|---|---|
/// | `RateLimited`, `Unavailable` | the same position again, a little later | nobody |
/// | `QuotaExhausted` | the run pauses until calls are allowed again | nobody |
/// | `CursorExpired` | the process starts over | nobody |
/// | `Conflict`, `NotFound` | the engine looks again | nobody |
/// | `Unauthenticated` | the run fails, the profile waits for a new connection | whoever can consent |
/// | `Forbidden`, `ConfigInvalid` | the run fails with a finding | an administrator |
/// | `Unsupported` | the process is never asked again | nobody |
/// | `Refused` | the order fails with the vendor's reason | whoever gave the order |
/// | `Malformed`, `Unexpected` | the run fails | whoever maintains the connector |
///
/// None of these retires anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The alias is set up wrongly; a person must change it.
    ConfigInvalid,
    /// The credential is not accepted, and renewing it once did not help; a person must reconnect.
    Unauthenticated,
    /// The connection lacks a permission; a person must grant it.
    Forbidden,
    /// What was asked for does not exist.
    NotFound,
    /// Somebody else changed it meanwhile; look again.
    Conflict,
    /// The vendor no longer knows the position, or it is not one of ours; start the process over.
    CursorExpired,
    /// Too fast; go on after the time, or after a back-off when the vendor did not name one.
    RateLimited {
        /// How long the vendor asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The allowance is spent; pause until the time, or until the governor's next look when unknown.
    QuotaExhausted {
        /// When calls are allowed again.
        until: Option<DateTime<Utc>>,
    },
    /// The vendor is away or broke off; try again.
    Unavailable,
    /// This connector, or this organisation, does not do that; never asked again.
    Unsupported,
    /// The vendor's answer is not understood. Never a default, never a guess.
    Malformed,
    /// The vendor understood and said no, for a reason of its own.
    Refused,
    /// A bug, ours or theirs.
    Unexpected,
}

impl ErrorKind {
    /// Says whether the same call may succeed a little later without anyone doing anything.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable)
    }

    /// Returns the stable word for findings and logs, `UNAVAILABLE` for example.
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

/// A failure, in one line for people and with pairs for logs.
///
/// `Display` is the message and its pairs; the cause stays behind `source()`. Neither ever holds a secret, a URL's
/// query or a response's body.
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
    /// States a failure: lower case, no full stop, naming the thing.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), context: Vec::new(), finding: None, source: None }))
    }

    /// Adds a pair that helps to find the cause: `("object", "LoginHistory")`, `("status", "403")`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Puts the cause behind the message.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says what a person should know and do; shown on the run and the profile instead of a general remedy.
    #[must_use]
    pub fn with_finding(mut self, finding: Finding) -> Self {
        self.0.finding = Some(finding);
        self
    }

    /// Returns the same failure under another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What is to be done about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message without its pairs.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The pairs, in the order in which they were added.
    #[must_use]
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// Looks a pair up; the latest wins.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.context.iter().rev().find(|(k, _)| *k == key).map(|(_, v)| v.as_str())
    }

    /// What a person should know and do, where the connector said so.
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
    fn an_error_is_one_line_for_people_and_its_causes_follow_in_debug() {
        let cause = std::io::Error::other("socket closed");
        let error = Error::new(ErrorKind::Unavailable, "connection broke off")
            .with("path", "/x")
            .with("status", 503)
            .with_source(cause);
        assert_eq!(error.to_string(), "connection broke off (path=/x, status=503)");
        let long = "UNAVAILABLE: connection broke off (path=/x, status=503)\n  caused by: socket closed";
        assert_eq!(format!("{error:?}"), long);
    }

    #[test]
    fn the_latest_pair_of_a_name_counts() {
        let error = Error::new(ErrorKind::Refused, "no").with("status", 400).with("status", 409);
        assert_eq!(error.get("status"), Some("409"));
    }

    #[test]
    fn only_what_passes_by_itself_is_transient() {
        let passing = [ErrorKind::Unavailable, ErrorKind::RateLimited { retry_after: None }];
        let lasting = [ErrorKind::QuotaExhausted { until: None }, ErrorKind::CursorExpired, ErrorKind::Conflict];
        assert!(passing.into_iter().all(ErrorKind::is_transient));
        assert!(!lasting.into_iter().any(ErrorKind::is_transient));
    }
}
