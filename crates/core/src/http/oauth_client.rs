//! The HTTP client under the OAuth and OpenID libraries.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use bytes::Bytes;
use oauth2::http::{Method as HttpMethod, StatusCode};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::http::client::{Client, Prepared, Received};
use crate::http::errors::with_retry_after;
use crate::http::{ErrorParser, ErrorResponse, Headers, Http, HttpOptions, Method, StatusErrors, is_loopback};
use crate::{Error, ErrorKind, Result};

/// The request headers that are forwarded.
const FORWARDED: [&str; 3] = ["accept", "authorization", "content-type"];

/// Sends the requests of the OAuth and OpenID libraries with the limits of [`HttpOptions`]. Clones share connections.
///
/// An [`Http`] is bound to one base URL; this client sends requests to any URL that the library names. It follows no
/// redirects. Status 429 and 5xx are errors; the library reads all other responses.
///
/// ```
/// use seatgraph_core::http::{EgressPolicy, HttpOptions, OAuthHttpClient};
///
/// let client = OAuthHttpClient::new(HttpOptions { egress: EgressPolicy::Anywhere, ..HttpOptions::default() });
/// assert_eq!(format!("{client:?}"), "OAuthHttpClient(…)");
/// ```
#[derive(Clone)]
pub struct OAuthHttpClient(Arc<Inner>);

struct Inner {
    client: Arc<Client>,
    /// Whether URLs must be HTTPS, except on loopback.
    https_only: bool,
    /// The status of the last response, which the library drops.
    status: AtomicU16,
}

impl OAuthHttpClient {
    /// Makes a client that refuses plain HTTP except on loopback. No I/O.
    #[must_use]
    pub fn new(options: HttpOptions) -> Self {
        Self::with(Arc::new(Client::new(options)), true)
    }

    /// Makes a client that shares the connections of `http`, whose configuration has validated its URLs.
    pub(super) fn of(http: &Http) -> Self {
        Self::with(Arc::clone(&http.shared.client), false)
    }

    fn with(client: Arc<Client>, https_only: bool) -> Self {
        Self(Arc::new(Inner { client, https_only, status: AtomicU16::new(0) }))
    }

    /// The status of the last response; 0 before the first one.
    pub(super) fn status(&self) -> u16 {
        self.0.status.load(Ordering::Relaxed)
    }

    /// Posts a form and accepts JSON.
    pub(super) async fn post_form(&self, url: Url, form: String) -> Result<Received> {
        let headers = [
            ("accept", "application/json".to_owned()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let body = Some(Bytes::from(form));
        self.exchange(Prepared { method: Method::Post, url, headers: &headers, bearer: None, body }).await
    }

    async fn exchange(&self, request: Prepared<'_>) -> Result<Received> {
        let received = self.0.client.exchange(request).await?;
        self.0.status.store(received.status, Ordering::Relaxed);
        if received.status == 429 || received.status >= 500 {
            let headers = Headers::received(&received.headers);
            let response = ErrorResponse { status: received.status, headers: &headers, body: &received.body };
            return Err(with_retry_after(StatusErrors.parse(&response), &headers).with("status", received.status));
        }
        Ok(received)
    }

    async fn forward(self, request: HttpRequest) -> Result<HttpResponse> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|e| Error::new(ErrorKind::ConfigInvalid, "URL is not valid").with_source(e))?;
        if self.0.https_only && url.scheme() != "https" && !is_loopback(&url) {
            return Err(Error::new(ErrorKind::ConfigInvalid, "URL is not HTTPS")
                .with("host", url.host_str().unwrap_or_default()));
        }
        let method = if parts.method == HttpMethod::POST { Method::Post } else { Method::Get };
        let header = |name| Some((name, parts.headers.get(name)?.to_str().ok()?.to_owned()));
        let headers: Vec<_> = FORWARDED.into_iter().filter_map(header).collect();
        let body = (method == Method::Post).then(|| Bytes::from(body));
        let received = self.exchange(Prepared { method, url, headers: &headers, bearer: None, body }).await?;
        let mut response = HttpResponse::new(received.body.to_vec());
        *response.status_mut() = StatusCode::from_u16(received.status).expect("a received status is valid");
        *response.headers_mut() = received.headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for OAuthHttpClient {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.clone().forward(request))
    }
}

impl fmt::Debug for OAuthHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuthHttpClient(…)")
    }
}
