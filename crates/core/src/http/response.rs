//! A response: status, headers and the complete body.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::{Error, ErrorKind, Result};

/// Header fields; names are case-insensitive.
#[derive(Clone, Copy)]
pub struct Headers<'a>(Fields<'a>);

#[derive(Clone, Copy)]
enum Fields<'a> {
    Received(&'a HeaderMap),
    Pairs(&'a [(&'a str, &'a str)]),
}

impl<'a> Headers<'a> {
    /// Makes headers from pairs, to test a [`super::ErrorParser`] without a server.
    #[must_use]
    pub const fn of(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Fields::Pairs(pairs))
    }

    pub(super) const fn received(map: &'a HeaderMap) -> Self {
        Self(Fields::Received(map))
    }

    /// Returns the first value of `name`, or `None` when it is absent or not text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        match self.0 {
            Fields::Received(map) => map.get(name)?.to_str().ok(),
            Fields::Pairs(pairs) => pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v),
        }
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers(…)")
    }
}

/// A complete 2xx response.
#[derive(Clone)]
pub struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) path: String,
}

impl Response {
    /// Returns the HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the first value of a header, or `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        Headers::received(&self.headers).get(name)
    }

    /// Returns the `Date` header, the server's time in whole seconds; `None` when it is absent.
    #[must_use]
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.header("date").and_then(http_date)
    }

    /// Returns the body.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// `Malformed` with the JSON path of the invalid field, never its value; `Unavailable` when the text ends early, which
    /// is how a connection without a content length is lost.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|e| malformed(e.inner(), &e.path().to_string(), self.body.is_empty()))
            .and_then(|value| reader.end().map(|()| value).map_err(|e| malformed(&e, ".", false)));
        value.map_err(|e| e.with("path", &self.path))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} {}, {} bytes)", self.status, self.path, self.body.len())
    }
}

/// Parses a time in HTTP format (RFC 9110 section 5.6.7).
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|at| at.with_timezone(&Utc))
}

/// The error for a body that is not the expected JSON, without any of its content.
///
/// serde_json gives no type for the reason of a data error, and its message quotes the value. Only the parts of the
/// message that never contain content are kept; a test fails when the message changes.
fn malformed(error: &serde_json::Error, json_path: &str, empty: bool) -> Error {
    if error.classify() == Category::Eof && !empty {
        return Error::new(ErrorKind::Unavailable, "response is incomplete");
    }
    let message = error.to_string();
    let reason = match (error.classify(), message.rsplit_once(", expected ")) {
        (Category::Syntax | Category::Eof, _) => message,
        (_, Some((_, expected))) => format!("expected {expected}"),
        (_, None) if message.starts_with("missing field") => message,
        (_, None) => format!("value is not valid at line {} column {}", error.line(), error.column()),
    };
    Error::new(ErrorKind::Malformed, "response is malformed").with("json_path", json_path).with("reason", reason)
}
