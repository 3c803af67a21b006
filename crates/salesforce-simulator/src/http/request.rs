//! A request, read whole.

use std::collections::BTreeMap;
use std::io::Read;

use axum::body::Body;
use axum::extract::Request as Incoming;
use axum::http::{HeaderMap, Method, Uri};

use super::reply::Reply;
use crate::refusal::Refusal;

/// The vendor's bound on the request line, and on it together with the headers.
const LONGEST_HEAD: usize = 16_384;
const LONGEST_BODY: usize = 64 * 1024 * 1024;

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads a request; too long a head or body is refused as the vendor's edge does.
    pub(crate) async fn read(incoming: Incoming) -> Result<Self, Reply> {
        let (parts, body) = incoming.into_parts();
        let line = parts.uri.to_string().len();
        let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if line > LONGEST_HEAD {
            return Err(Reply::html(
                414,
                "<html><body><h1>Bad Message 414</h1><pre>reason: URI Too Long</pre></body></html>",
            ));
        }
        if line + headers > LONGEST_HEAD {
            return Err(Reply::html(431, "<html><body><h1>Bad Message 431</h1></body></html>"));
        }
        let body = read_body(body, &parts.headers).await?;
        Ok(Self { method: parts.method, uri: parts.uri, headers: parts.headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
        known.then(|| token.trim())
    }

    /// The path's segments, without a trailing slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        let path = self.uri.path().strip_prefix('/').unwrap_or("");
        let path = path.strip_suffix('/').unwrap_or(path);
        path.split('/').map(decode).collect()
    }

    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        form(self.uri.query().unwrap_or("").as_bytes())
    }

    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        form(&self.body)
    }

    /// The body as JSON, or the refusal of one that is none.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Refusal> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::bad("JSON_PARSER_ERROR", format!("Unexpected character: {error}")))
    }
}

fn form(bytes: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

fn decode(segment: &str) -> String {
    if !segment.contains('%') {
        return segment.to_owned();
    }
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn read_body(body: Body, headers: &HeaderMap) -> Result<Vec<u8>, Reply> {
    let bytes = axum::body::to_bytes(body, LONGEST_BODY)
        .await
        .map_err(|_| Reply::refusal(&Refusal::new(413, "REQUEST_TOO_LARGE", "request entity too large")))?;
    let encoding = headers.get("content-encoding").and_then(|value| value.to_str().ok());
    let mut plain = Vec::new();
    let unpacked = match encoding {
        Some("gzip") => flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain),
        Some("deflate") => flate2::read::ZlibDecoder::new(&bytes[..]).read_to_end(&mut plain),
        _ => return Ok(bytes.into()),
    };
    match unpacked {
        Ok(_) => Ok(plain),
        Err(_) => Err(Reply::refusal(&Refusal::bad("UNKNOWN_EXCEPTION", "the body's encoding is broken"))),
    }
}
