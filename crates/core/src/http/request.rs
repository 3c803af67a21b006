//! A request in the making, and what happens when it is sent.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::http::client::{BROKE_OFF, Prepared};
use crate::http::dialect::with_retry_after;
use crate::http::{Headers, Http, Refusal, Response, locate};
use crate::{AccessToken, Error, ErrorKind, Result};

/// What is to be done with the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Adds, or asks in a body.
    Post,
    /// Changes a part.
    Patch,
    /// Replaces.
    Put,
    /// Takes away.
    Delete,
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A request that is not sent yet.
///
/// ```
/// use seatgraph_core::http::{Http, Method};
///
/// # async fn give_back(http: Http) -> seatgraph_core::Result<()> {
/// let seat = serde_json::json!({ "member": "m-1", "seat": "PRO" });
/// http.request(Method::Post, "/v1/seats/returned").json(&seat).send().await?;
/// # Ok(()) }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    http: Http,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    authorized: bool,
    fault: Option<Error>,
}

impl Request {
    pub(super) fn new(http: Http, method: Method, path: String) -> Self {
        let (query, headers) = (Vec::new(), Vec::new());
        Self { http, method, path, query, headers, body: None, authorized: true, fault: None }
    }

    /// Adds a pair to the query, in the order of the calls.
    pub fn query(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds a header field.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends `body` as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(text) => self.body = Some(text.into()),
            Err(e) => self.fault = Some(Error::new(ErrorKind::Unexpected, "body does not serialise").with_source(e)),
        }
        self.header("content-type", "application/json")
    }

    /// Sends `pairs` as a form.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        self.body = Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends the request to the base address and without a bearer, for what a vendor tells everybody.
    pub const fn without_token(mut self) -> Self {
        self.authorized = false;
        self
    }

    /// Sends the request and reads the answer as JSON.
    ///
    /// # Errors
    /// As [`Request::send`], and `Malformed` as [`Response::json`].
    pub async fn json_body<T: DeserializeOwned>(self) -> Result<T> {
        self.header("accept", "application/json").send().await?.json()
    }

    /// Sends the request. When the bearer is not accepted, it is renewed once and the request repeated once; a GET
    /// whose connection broke off is repeated once at once.
    ///
    /// # Errors
    /// What the dialect makes of an answer that is not 2xx; `Unavailable` when there was no whole answer;
    /// `Malformed` when it was larger than allowed; what the token source says when there is no token.
    pub async fn send(mut self) -> Result<Response> {
        if let Some(fault) = self.fault.take() {
            return Err(self.tell(fault));
        }
        let Some(tokens) = self.http.link.tokens.clone().filter(|_| self.authorized) else {
            return self.attempt(None).await;
        };
        let token = tokens.token().await?;
        match self.attempt(Some(&token)).await {
            Err(refused) if refused.kind() == ErrorKind::Unauthenticated => {
                tracing::debug!(token.version = token.version, "bearer refused, renewing it once");
                let renewed = tokens.renew(&token).await?;
                self.attempt(Some(&renewed)).await
            }
            settled => settled,
        }
    }

    async fn attempt(&self, token: Option<&AccessToken>) -> Result<Response> {
        let settled = match self.exchange(token).await {
            // One answer of the many that a page takes; the page need not begin again for it.
            Err(e) if self.method == Method::Get && e.message() == BROKE_OFF => self.exchange(token).await,
            settled => settled,
        };
        settled.map_err(|e| self.tell(e))
    }

    async fn exchange(&self, token: Option<&AccessToken>) -> Result<Response> {
        let link = &self.http.link;
        let base = token.and_then(|t| t.instance_url.as_ref()).unwrap_or(&link.base);
        let mut url = locate(base, &self.path)?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let prepared = Prepared {
            method: self.method,
            url,
            headers: &self.headers,
            bearer: token.map(|t| &t.bearer),
            body: self.body.clone(),
        };
        link.meter.count();
        let received = link.client.exchange(prepared).await?;
        let headers = Headers::received(&received.headers);
        if let Some((used, limit)) = self.http.dialect.allowance(&headers) {
            link.meter.observe(used, limit);
        }
        if !(200..300).contains(&received.status) {
            let refusal = Refusal { status: received.status, headers: &headers, body: &received.body };
            let error = self.http.dialect.refusal(&refusal);
            return Err(with_retry_after(error, &headers).with("status", received.status));
        }
        Ok(Response {
            status: received.status,
            headers: received.headers,
            body: received.body,
            path: self.bare_path().to_owned(),
        })
    }

    /// The path without its query, which may hold people's data.
    fn bare_path(&self) -> &str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    fn tell(&self, error: Error) -> Error {
        error.with("method", self.method.as_str()).with("path", self.bare_path())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method.as_str(), self.bare_path())
    }
}
