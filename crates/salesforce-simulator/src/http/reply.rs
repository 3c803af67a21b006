//! A response.

use std::io::{self, Write};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, StreamExt};
use serde::Serialize;

use crate::refusal::Refusal;

const JSON: &str = "application/json;charset=UTF-8";
/// The minimum size of a compressed body.
const MIN_COMPRESSED: usize = 200;
const TRUNCATION_DELAY: Duration = Duration::from_millis(20);

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        Self::new(status, JSON, serde_json::to_vec(body).expect("our own types become JSON"))
    }

    pub(crate) fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/html;charset=UTF-8", body)
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain;charset=UTF-8", body)
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, "", "")
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        let reply = Self::json(refusal.status, &[refusal.entry("errorCode")]);
        if refusal.status == 401 { reply.with("www-authenticate", "Token") } else { reply }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Compresses the body if the client accepts gzip.
    pub(crate) fn pack(mut self, accept: Accept) -> Response {
        let mut body = std::mem::take(&mut self.body);
        if accept == Accept::Gzip && body.len() >= MIN_COMPRESSED {
            let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
            encoder.write_all(&body).expect("a vector takes every byte");
            body = encoder.finish().expect("a vector takes every byte");
            self.headers.push(("content-encoding", "gzip".to_owned()));
        }
        self.response(Body::from(body))
    }

    /// Sends half of the body and closes the connection.
    pub(crate) fn broken(mut self) -> Response {
        let mut body = std::mem::take(&mut self.body);
        body.truncate(body.len() / 2);
        // Without a delay, the server would discard the half when it closes the connection.
        let half = stream::iter([Ok(Bytes::from(body))]);
        let end = stream::once(async {
            tokio::time::sleep(TRUNCATION_DELAY).await;
            Err(io::Error::from(io::ErrorKind::ConnectionAborted))
        });
        self.response(Body::from_stream(half.chain(end)))
    }

    fn response(self, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if !self.content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The encoding that the client accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    Gzip,
    Plain,
}
