//! A request with its body.

use std::collections::BTreeMap;

use axum::extract::Request as Incoming;
use axum::http::{HeaderMap, Method, Uri};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::reply::{Accept, Reply};
use crate::refusal::Refusal;

/// The limit of Salesforce for the request line, and for the request line with headers.
const MAX_HEAD: usize = 16_384;
const MAX_BODY: usize = 64 * 1024 * 1024;

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Reads a request. Too long headers and bodies are refused.
    pub(crate) async fn read(incoming: Incoming) -> Result<Self, Reply> {
        let (parts, body) = incoming.into_parts();
        let line = parts.uri.to_string().len();
        let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if line > MAX_HEAD {
            return Err(Reply::html(
                414,
                "<html><body><h1>Bad Message 414</h1><pre>reason: URI Too Long</pre></body></html>",
            ));
        }
        if line + headers > MAX_HEAD {
            return Err(Reply::html(431, "<html><body><h1>Bad Message 431</h1></body></html>"));
        }
        let body = axum::body::to_bytes(body, MAX_BODY).await;
        let body =
            body.map_err(|_| Reply::refusal(&Refusal::new(413, "REQUEST_TOO_LARGE", "request entity too large")))?;
        Ok(Self { method: parts.method, uri: parts.uri, headers: parts.headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn accept(&self) -> Accept {
        let accepted = self.header("accept-encoding").unwrap_or_default();
        if accepted.contains("gzip") { Accept::Gzip } else { Accept::Plain }
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
        known.then(|| token.trim())
    }

    /// The segments of the path, without a trailing slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        let path = self.uri.path().strip_prefix('/').unwrap_or("");
        let path = path.strip_suffix('/').unwrap_or(path);
        path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
    }

    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        form(self.uri.query().unwrap_or("").as_bytes())
    }

    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        form(&self.body)
    }

    /// Parses the body as JSON.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Refusal> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::bad("JSON_PARSER_ERROR", format!("Unexpected character: {error}")))
    }
}

fn form(bytes: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}
