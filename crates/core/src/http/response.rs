//! What came back: status, headers and the whole body.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::http::dialect::http_date;
use crate::{Error, ErrorKind, Result};

/// Header fields, found by name whatever its case.
#[derive(Clone, Copy)]
pub struct Headers<'a>(Fields<'a>);

#[derive(Clone, Copy)]
enum Fields<'a> {
    Received(&'a HeaderMap),
    Written(&'a [(&'a str, &'a str)]),
}

impl<'a> Headers<'a> {
    /// Makes headers from pairs, to try a [`super::Dialect`] without a server.
    #[must_use]
    pub const fn of(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Fields::Written(pairs))
    }

    pub(super) const fn received(map: &'a HeaderMap) -> Self {
        Self(Fields::Received(map))
    }

    /// Returns the first value under `name`, or `None` when there is none or it is not text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        match self.0 {
            Fields::Received(map) => map.get(name)?.to_str().ok(),
            Fields::Written(pairs) => pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v),
        }
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers(…)")
    }
}

/// A 2xx answer, read to its end.
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

    /// Returns what the server's clock showed when it answered, to the second; `None` when it does not say.
    #[must_use]
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.header("date").and_then(http_date)
    }

    /// Returns the body.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// `Malformed`, naming the JSON path of the offending field and never its value; `Unavailable` when the text
    /// stops in the middle, which is how a connection without a length breaks off.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|e| not_understood(e.inner(), &e.path().to_string(), self.body.is_empty()))
            .and_then(|value| reader.end().map(|()| value).map_err(|e| not_understood(&e, ".", false)));
        value.map_err(|e| e.with("path", &self.path))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} {}, {} bytes)", self.status, self.path, self.body.len())
    }
}

/// Says what is wrong with a body without repeating any of it: the parser's own words quote the value it tripped on.
fn not_understood(error: &serde_json::Error, json_path: &str, empty: bool) -> Error {
    if error.classify() == Category::Eof && !empty {
        return Error::new(ErrorKind::Unavailable, "response broke off");
    }
    let words = error.to_string();
    let reason = match (error.classify(), words.rsplit_once(", expected ")) {
        (Category::Syntax | Category::Eof, _) => words,
        (_, Some((_, wanted))) => format!("expected {wanted}"),
        (_, None) if words.starts_with("missing field") => words,
        (_, None) => format!("value is out of its domain at line {} column {}", error.line(), error.column()),
    };
    Error::new(ErrorKind::Malformed, "response is not understood").with("json_path", json_path).with("reason", reason)
}
