//! How a vendor says no, and how that becomes an error of the contract.

use std::fmt::Debug;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::http::Headers;
use crate::{Clock, Error, ErrorKind, SystemClock};

/// An answer that is not 2xx.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: &'a Headers<'a>,
    /// The body, as long as it was.
    pub body: &'a [u8],
}

/// The vendor's way of saying no.
///
/// The client itself adds method, path and status to the error, and puts `Retry-After` where it belongs; a dialect
/// only has to find the kind and, where the vendor gives one, the reason. A body may hold people's data: quote its
/// code, not its text.
pub trait Dialect: Debug + Send + Sync + 'static {
    /// Turns a refusal into the error that it amounts to.
    fn refusal(&self, refusal: &Refusal<'_>) -> Error;

    /// Reads the vendor's word on calls used and allowed, `(used, limit)`, from the headers of any answer.
    fn allowance(&self, _headers: &Headers<'_>) -> Option<(u64, u64)> {
        None
    }
}

/// The dialect of a vendor without habits of its own: the status says it all.
///
/// ```
/// use seatgraph_core::ErrorKind;
/// use seatgraph_core::http::{Dialect, Headers, Plain, Refusal};
///
/// let refusal = Refusal { status: 404, headers: &Headers::of(&[]), body: b"" };
/// assert_eq!(Plain.refusal(&refusal).kind(), ErrorKind::NotFound);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Dialect for Plain {
    fn refusal(&self, refusal: &Refusal<'_>) -> Error {
        let (kind, message) = match refusal.status {
            401 => (ErrorKind::Unauthenticated, "credential is not accepted"),
            403 => (ErrorKind::Forbidden, "access is forbidden"),
            404 | 410 => (ErrorKind::NotFound, "not found"),
            409 | 412 => (ErrorKind::Conflict, "somebody else changed it meanwhile"),
            429 => (ErrorKind::RateLimited { retry_after: None }, "too many requests"),
            406 | 408 | 420 | 500..=599 => (ErrorKind::Unavailable, "vendor is unavailable"),
            _ => (ErrorKind::Refused, "request was refused"),
        };
        Error::new(kind, message)
    }
}

/// Reads `Retry-After`, which is a number of seconds or a date.
///
/// A date is measured against the answer's own `Date`, so that a wrong clock on either side does not matter.
pub(super) fn retry_after(headers: &Headers<'_>) -> Option<Duration> {
    let text = headers.get("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(text)?;
    let now = headers.get("date").and_then(http_date).unwrap_or_else(|| SystemClock.now());
    Some((until - now).to_std().unwrap_or_default())
}

/// Reads a time as HTTP writes it (RFC 9110 section 5.6.7).
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|at| at.with_timezone(&Utc))
}

/// Puts the time the vendor named into the error, unless its dialect named one.
pub(super) fn with_retry_after(error: Error, headers: &Headers<'_>) -> Error {
    match (error.kind(), retry_after(headers)) {
        (ErrorKind::RateLimited { retry_after: None }, after @ Some(_)) => {
            error.with_kind(ErrorKind::RateLimited { retry_after: after })
        }
        (ErrorKind::Unavailable, Some(after)) => error.with(crate::error::RETRY_AFTER, after.as_secs()),
        _ => error,
    }
}
