//! The HTTP client of connectors: bearer token, one re-authentication, limits, usage, and errors of the contract.
//!
//! A connector receives an [`Http`] that is bound to its connection. It requests paths, not URLs. A path is resolved
//! against the token's `instance_url` or the base URL. A path that would leave that origin is refused, because the
//! bearer token would leave with it. The client does not retry; the [layers](crate::layers) do.
//!
//! # Request
//!
//! 1. The path is resolved against the token's `instance_url`, or the base URL.
//! 2. An IP address must be allowed by the [`EgressPolicy`]; a host name is checked after its resolution.
//! 3. The request is sent once, with the bearer token. Redirects are not followed and proxies are not used, because both
//!    would send the token to another host.
//! 4. The body is read completely and decompressed. One larger than [`HttpOptions::max_body`] is an error.
//! 5. The [`ErrorParser`] reads the API usage and turns a status other than 2xx into an error.
//! 6. If that error is `Unauthenticated`, the token is renewed once and the request is sent again.
//!
//! # Result
//!
//! A request gives a 2xx [`Response`], or an [`Error`] whose kind says what to do next. Errors contain the method, the
//! path without its query, and the status; never a body, a header or a URL.
//!
//! ```
//! use seatgraph_core::http::{Http, HttpOptions};
//!
//! # #[derive(serde::Deserialize)] struct Widgets { widgets: Vec<String> }
//! # async fn list(http: Http) -> seatgraph_core::Result<Vec<String>> {
//! let answer: Widgets = http.get("/v1/widgets").query("limit", 200).json_body().await?;
//! # Ok(answer.widgets) }
//! ```

mod client;
mod egress;
mod errors;
pub mod grant;
mod oauth_client;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod tls;
mod usage;

pub use egress::{EgressPolicy, is_loopback};
pub use errors::{ErrorParser, ErrorResponse, StatusErrors};
pub use oauth_client::OAuthHttpClient;
pub use request::{Method, Request};
pub use response::{Headers, Response};
pub use tls::TrustedCas;
pub use usage::{ApiUsage, ReportedUsage};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::http::client::Client;
use crate::{Error, ErrorKind, Result, TokenSource};

/// Limits and trust of an HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// The time limit of one request, including its body.
    pub timeout: Duration,
    /// The time limit for connecting to the server.
    pub connect_timeout: Duration,
    /// The maximum size of a body in bytes, after decompression.
    pub max_body: usize,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The addresses that may be connected to.
    pub egress: EgressPolicy,
    /// The certificate authorities to trust; `None` trusts the public ones.
    pub trusted_cas: Option<TrustedCas>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
            user_agent: concat!("seatgraph/", env!("CARGO_PKG_VERSION")).to_owned(),
            egress: EgressPolicy::default(),
            trusted_cas: None,
        }
    }
}

/// An HTTP client bound to one connection. Clones are cheap and share sockets and API usage.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
    errors: Arc<dyn ErrorParser>,
}

/// What clones share.
struct Shared {
    base: Url,
    tokens: Option<Arc<dyn TokenSource>>,
    client: Arc<Client>,
    usage: Arc<ApiUsage>,
}

impl Http {
    /// Binds a client to the base URL. No I/O before the first request.
    #[must_use]
    pub fn new(base: Url, tokens: Option<Arc<dyn TokenSource>>, options: HttpOptions) -> Self {
        let shared = Shared { base, tokens, client: Arc::new(Client::new(options)), usage: Arc::default() };
        Self { shared: Arc::new(shared), errors: Arc::new(StatusErrors) }
    }

    /// Returns the same client with a parser for the vendor's error responses.
    #[must_use]
    pub fn with_error_parser(&self, errors: Arc<dyn ErrorParser>) -> Self {
        Self { shared: Arc::clone(&self.shared), errors }
    }

    /// Prepares a request for `path`, which begins with a slash. It is resolved when the request is sent.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Request {
        Request::new(self.clone(), method, path.into())
    }

    /// Prepares a `GET` of `path`.
    pub fn get(&self, path: impl Into<String>) -> Request {
        self.request(Method::Get, path)
    }

    /// Returns the API usage of the connection.
    #[must_use]
    pub fn api_usage(&self) -> &Arc<ApiUsage> {
        &self.shared.usage
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("host", &self.shared.base.host_str().unwrap_or_default())
            .field("tokens", &self.shared.tokens.is_some())
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// Resolves `path` against `base`; scheme, host and port must stay the same.
fn resolve_path(base: &Url, path: &str) -> Result<Url> {
    let elsewhere = || Error::new(ErrorKind::Malformed, "path leaves the organisation's base URL");
    if !path.starts_with('/') {
        return Err(elsewhere());
    }
    let joined = format!("{}{path}", base.path().trim_end_matches('/'));
    let url = base.join(&joined).map_err(|_| elsewhere())?;
    if url.origin() == base.origin() && url.username().is_empty() { Ok(url) } else { Err(elsewhere()) }
}
