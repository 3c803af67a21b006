//! The one way to the network: bearer, one re-authentication, limits, metering, and errors in the contract's words.
//!
//! A connector is handed an [`Http`] that is bound to its connection. It asks for paths, never for addresses: where
//! a path leads is decided by the token in force (`instance_url`) or the base address, and a path that would lead
//! anywhere else is refused, because the bearer would go with it. No retry is in here; the layers above do that.
//!
//! # What it does, in the order in which it happens
//!
//! 1. The path is put behind the token's `instance_url`, or the base address; it must stay there.
//! 2. A literal address must be one that may be reached ([`Reach`]); a name is judged by what it resolves to.
//! 3. The request goes out with the bearer, once. Redirects are not followed and no proxy is asked: both would take
//!    the bearer somewhere else.
//! 4. The body is read whole, unpacked, and cut off with an error at [`HttpOptions::max_body`].
//! 5. The [`Dialect`] reads the allowance, and turns anything but 2xx into an error.
//! 6. Where that error is `Unauthenticated`, the token is renewed and everything from 1 is done once more.
//!
//! # What it gives back
//!
//! What comes back is either a 2xx [`Response`] or an [`Error`] whose kind says what to do next. Errors name the
//! method, the path without its query, and the status; never a body, a header or an address.
//!
//! ```
//! use seatgraph_core::http::{Http, HttpOptions};
//!
//! # #[derive(serde::Deserialize)] struct Widgets { widgets: Vec<String> }
//! # async fn list(http: Http) -> seatgraph_core::Result<Vec<String>> {
//! let answer: Widgets = http.get("/v1/widgets").query("limit", 200).json_body().await?;
//! # Ok(answer.widgets) }
//! ```

mod carrier;
mod client;
mod dialect;
pub mod grant;
mod guard;
mod meter;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod tls;

pub use carrier::Carrier;
pub use dialect::{Dialect, Plain, Refusal};
pub use guard::{Reach, is_this_machine};
pub use meter::{Meter, Observed};
pub use request::{Method, Request};
pub use response::{Headers, Response};
pub use tls::Authorities;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::http::client::Client;
use crate::{Error, ErrorKind, Result, TokenSource};

/// How a connection behaves on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// How long one request may take, its body included.
    pub timeout: Duration,
    /// How long it may take to reach the server at all.
    pub connect_timeout: Duration,
    /// How large a body may be, in bytes after decompression.
    pub max_body: usize,
    /// What we call ourselves.
    pub user_agent: String,
    /// Which addresses may be reached.
    pub reach: Reach,
    /// Whose word is taken for who a server is; `None` takes that of the public authorities.
    pub authorities: Option<Authorities>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
            user_agent: concat!("seatgraph/", env!("CARGO_PKG_VERSION")).to_owned(),
            reach: Reach::default(),
            authorities: None,
        }
    }
}

/// An HTTP client bound to one connection. Clones are cheap and share the pool of sockets and the meter.
#[derive(Clone)]
pub struct Http {
    link: Arc<Link>,
    dialect: Arc<dyn Dialect>,
}

/// What the clones share.
struct Link {
    base: Url,
    tokens: Option<Arc<dyn TokenSource>>,
    client: Client,
    meter: Arc<Meter>,
}

impl Http {
    /// Binds a client to `base`. No I/O: sockets, TLS and the client itself wait for the first request.
    #[must_use]
    pub fn new(base: Url, tokens: Option<Arc<dyn TokenSource>>, options: HttpOptions) -> Self {
        let link = Link { base, tokens, client: Client::new(options), meter: Arc::default() };
        Self { link: Arc::new(link), dialect: Arc::new(Plain) }
    }

    /// Returns the same client, with the same meter, that understands the vendor's way of saying no.
    #[must_use]
    pub fn speaking(&self, dialect: Arc<dyn Dialect>) -> Self {
        Self { link: Arc::clone(&self.link), dialect }
    }

    /// Prepares a request for `path`, which begins with a slash; its address is settled when it is sent.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Request {
        Request::new(self.clone(), method, path.into())
    }

    /// Prepares a `GET` of `path`.
    pub fn get(&self, path: impl Into<String>) -> Request {
        self.request(Method::Get, path)
    }

    /// Returns the count of calls, shared by everything of this connection.
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.link.meter
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("host", &self.link.base.host_str().unwrap_or_default())
            .field("tokens", &self.link.tokens.is_some())
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

/// Puts `path` behind `base`, keeping scheme, host and port whatever the path says.
fn locate(base: &Url, path: &str) -> Result<Url> {
    let elsewhere = || Error::new(ErrorKind::Malformed, "path leads away from the organisation's own address");
    if !path.starts_with('/') {
        return Err(elsewhere());
    }
    let joined = format!("{}{path}", base.path().trim_end_matches('/'));
    let url = base.join(&joined).map_err(|_| elsewhere())?;
    if url.origin() == base.origin() && url.username().is_empty() { Ok(url) } else { Err(elsewhere()) }
}
