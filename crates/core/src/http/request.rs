//! A request, and what happens when it is sent.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::http::client::{CONNECTION_LOST, Prepared};
use crate::http::errors::with_retry_after;
use crate::http::{ErrorResponse, Headers, Http, Response, resolve_path};
use crate::{AccessToken, Error, ErrorKind, Result};

/// The HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `PUT`
    Put,
    /// `DELETE`
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

/// A request that was not sent yet.
///
/// ```
/// use seatgraph_core::http::{Http, Method};
///
/// # async fn return_seat(http: Http) -> seatgraph_core::Result<()> {
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
    error: Option<Error>,
}

impl Request {
    pub(super) fn new(http: Http, method: Method, path: String) -> Self {
        let (query, headers) = (Vec::new(), Vec::new());
        Self { http, method, path, query, headers, body: None, authorized: true, error: None }
    }

    /// Adds a query parameter; the order is kept.
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
            Err(e) => self.error = Some(Error::new(ErrorKind::Unexpected, "body cannot be serialized").with_source(e)),
        }
        self.header("content-type", "application/json")
    }

    /// Sends `pairs` as a form.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        self.body = Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends the request to the base URL without a bearer token, for public resources.
    pub const fn without_token(mut self) -> Self {
        self.authorized = false;
        self
    }

    /// Sends the request and parses the response as JSON.
    ///
    /// # Errors
    /// As [`Request::send`], and `Malformed` as [`Response::json`].
    pub async fn json_body<T: DeserializeOwned>(self) -> Result<T> {
        self.header("accept", "application/json").send().await?.json()
    }

    /// Sends the request. If the token is refused, it is renewed once and the request is sent again. A GET whose
    /// connection was lost is sent again once, immediately.
    ///
    /// # Errors
    /// The parsed error of a response other than 2xx; `Unavailable` without a complete response; `Malformed` for one that
    /// exceeds the size limit; the error of the token source when there is no token.
    pub async fn send(mut self) -> Result<Response> {
        if let Some(error) = self.error.take() {
            return Err(self.annotate(error));
        }
        let Some(tokens) = self.http.shared.tokens.clone().filter(|_| self.authorized) else {
            return self.attempt(None).await;
        };
        let token = tokens.token().await?;
        match self.attempt(Some(&token)).await {
            Err(refused) if refused.kind() == ErrorKind::Unauthenticated => {
                tracing::debug!(token.version = token.version, "token refused, renewing it");
                let renewed = tokens.renew(&token).await?;
                self.attempt(Some(&renewed)).await
            }
            result => result,
        }
    }

    async fn attempt(&self, token: Option<&AccessToken>) -> Result<Response> {
        let result = match self.exchange(token).await {
            // A page takes many requests; one lost connection need not repeat the page.
            Err(e) if self.method == Method::Get && e.message() == CONNECTION_LOST => self.exchange(token).await,
            result => result,
        };
        result.map_err(|e| self.annotate(e))
    }

    async fn exchange(&self, token: Option<&AccessToken>) -> Result<Response> {
        let shared = &self.http.shared;
        let base = token.and_then(|t| t.instance_url.as_ref()).unwrap_or(&shared.base);
        let mut url = resolve_path(base, &self.path)?;
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
        shared.usage.count();
        let received = shared.client.exchange(prepared).await?;
        let headers = Headers::received(&received.headers);
        if let Some((used, limit)) = self.http.errors.api_usage(&headers) {
            shared.usage.report(used, limit);
        }
        if !(200..300).contains(&received.status) {
            let response = ErrorResponse { status: received.status, headers: &headers, body: &received.body };
            let error = self.http.errors.parse(&response);
            return Err(with_retry_after(error, &headers).with("status", received.status));
        }
        Ok(Response {
            status: received.status,
            headers: received.headers,
            body: received.body,
            path: self.bare_path().to_owned(),
        })
    }

    /// The path without its query, which may contain personal data.
    fn bare_path(&self) -> &str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    fn annotate(&self, error: Error) -> Error {
        error.with("method", self.method.as_str()).with("path", self.bare_path())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method.as_str(), self.bare_path())
    }
}
