//! Carries requests that a protocol's library wrote, to addresses that the library names.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use oauth2::http::{Method as WireMethod, StatusCode};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::http::client::{Client, Prepared};
use crate::http::dialect::with_retry_after;
use crate::http::{Dialect, Headers, HttpOptions, Method, Plain, Refusal, is_this_machine};
use crate::{Error, ErrorKind, Result};

/// The header fields that go along; a library that begins to need another says so by what the other side answers.
const CARRIED: [&str; 3] = ["accept", "authorization", "content-type"];

/// Our client in the shape that the OAuth and OpenID libraries ask for. Clones share their sockets.
///
/// An [`Http`](crate::http::Http) is bound to one address; this goes where the library says, which is where an operator's
/// setting or a document from there leads. So it speaks TLS only, except with this machine, follows no redirect, and
/// keeps the limits of its [`HttpOptions`]. A 429 and anything from 500 on is an error here; other answers are for the
/// library to read.
///
/// ```
/// use seatgraph_core::http::{Carrier, HttpOptions, Reach};
///
/// let carrier = Carrier::new(HttpOptions { reach: Reach::Anywhere, ..HttpOptions::default() });
/// assert_eq!(format!("{carrier:?}"), "Carrier(…)");
/// ```
#[derive(Clone)]
pub struct Carrier(Arc<Client>);

impl Carrier {
    /// Makes a carrier. No I/O, as with [`Http::new`](crate::http::Http::new).
    #[must_use]
    pub fn new(options: HttpOptions) -> Self {
        Self(Arc::new(Client::new(options)))
    }

    async fn carry(self, request: HttpRequest) -> Result<HttpResponse> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|e| Error::new(ErrorKind::ConfigInvalid, "address is not valid").with_source(e))?;
        if url.scheme() != "https" && !is_this_machine(&url) {
            return Err(Error::new(ErrorKind::ConfigInvalid, "address is not https")
                .with("host", url.host_str().unwrap_or_default()));
        }
        let method = if parts.method == WireMethod::POST { Method::Post } else { Method::Get };
        let field = |name| Some((name, parts.headers.get(name)?.to_str().ok()?.to_owned()));
        let headers: Vec<_> = CARRIED.into_iter().filter_map(field).collect();
        let body = (method == Method::Post).then(|| Bytes::from(body));
        let received = self.0.exchange(Prepared { method, url, headers: &headers, bearer: None, body }).await?;
        let fields = Headers::received(&received.headers);
        if received.status == 429 || received.status >= 500 {
            let refusal = Refusal { status: received.status, headers: &fields, body: &received.body };
            return Err(with_retry_after(Plain.refusal(&refusal), &fields).with("status", received.status));
        }
        let mut response = HttpResponse::new(received.body.to_vec());
        *response.status_mut() = StatusCode::from_u16(received.status).expect("what was received is a status");
        *response.headers_mut() = received.headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Carrier {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.clone().carry(request))
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier(…)")
    }
}
