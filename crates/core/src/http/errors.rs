//! How an error response of a vendor becomes an error of the contract.

use std::fmt::Debug;
use std::time::Duration;

use crate::http::Headers;
use crate::http::response::http_date;
use crate::{Clock, Error, ErrorKind, SystemClock};

/// A response whose status is not 2xx.
#[derive(Debug, Clone, Copy)]
pub struct ErrorResponse<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: &'a Headers<'a>,
    /// The body, decompressed.
    pub body: &'a [u8],
}

/// Parses a vendor's error responses.
///
/// The client adds method, path, status and `Retry-After` to the error. A parser finds the kind and, where the vendor
/// gives one, the reason. A body may contain personal data: keep its error code, not its text.
pub trait ErrorParser: Debug + Send + Sync + 'static {
    /// Turns an error response into an error.
    fn parse(&self, response: &ErrorResponse<'_>) -> Error;

    /// Reads the API calls used and allowed, `(used, limit)`, from the headers of any response.
    fn api_usage(&self, _headers: &Headers<'_>) -> Option<(u64, u64)> {
        None
    }
}

/// Derives the kind of error from the HTTP status alone.
///
/// ```
/// use seatgraph_core::ErrorKind;
/// use seatgraph_core::http::{ErrorParser, ErrorResponse, Headers, StatusErrors};
///
/// let response = ErrorResponse { status: 404, headers: &Headers::of(&[]), body: b"" };
/// assert_eq!(StatusErrors.parse(&response).kind(), ErrorKind::NotFound);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusErrors;

impl ErrorParser for StatusErrors {
    fn parse(&self, response: &ErrorResponse<'_>) -> Error {
        let (kind, message) = match response.status {
            401 => (ErrorKind::Unauthenticated, "credential is not accepted"),
            403 => (ErrorKind::Forbidden, "access is forbidden"),
            404 | 410 => (ErrorKind::NotFound, "not found"),
            409 | 412 => (ErrorKind::Conflict, "resource was changed by another client"),
            429 => (ErrorKind::RateLimited { retry_after: None }, "too many requests"),
            406 | 408 | 420 | 500..=599 => (ErrorKind::Unavailable, "vendor is unavailable"),
            _ => (ErrorKind::Refused, "request was refused"),
        };
        Error::new(kind, message)
    }
}

/// Reads `Retry-After`, which is a number of seconds or a date.
///
/// A date is compared with the `Date` of the same response, so that wrong clocks do not matter.
fn retry_after(headers: &Headers<'_>) -> Option<Duration> {
    let text = headers.get("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(text)?;
    let now = headers.get("date").and_then(http_date).unwrap_or_else(|| SystemClock.now());
    Some((until - now).to_std().unwrap_or_default())
}

/// Adds the `Retry-After` of a response to its error, unless the parser set one.
pub(super) fn with_retry_after(error: Error, headers: &Headers<'_>) -> Error {
    match (error.kind(), retry_after(headers)) {
        (ErrorKind::RateLimited { retry_after: None }, after @ Some(_)) => {
            error.with_kind(ErrorKind::RateLimited { retry_after: after })
        }
        (ErrorKind::Unavailable, Some(after)) => error.with(crate::error::RETRY_AFTER, after.as_secs()),
        _ => error,
    }
}
