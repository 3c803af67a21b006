//! The only module that uses reqwest: TLS, connection pool, limits, and the errors of failed requests.

use std::error::Error as StdError;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;
use zeroize::Zeroizing;

use crate::http::egress::Guard;
use crate::http::{HttpOptions, Method, tls};
use crate::{Error, ErrorKind, Result, Secret};

/// A client that is built for the first request.
pub(super) struct Client {
    options: HttpOptions,
    built: OnceLock<reqwest::Client>,
}

/// A request with its URL.
pub(super) struct Prepared<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) bearer: Option<&'a Secret>,
    pub(super) body: Option<Bytes>,
}

/// A complete response of any status.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Client {
    pub(super) const fn new(options: HttpOptions) -> Self {
        Self { options, built: OnceLock::new() }
    }

    /// Sends one request, once.
    pub(super) async fn exchange(&self, request: Prepared<'_>) -> Result<Received> {
        let guard = Guard::new(self.options.egress);
        guard.admit(&request.url)?;
        let (method, url) = (wire_method(request.method), request.url);
        let mut outgoing = self.client(guard)?.request(method, url).headers(header_map(request.headers)?);
        if let Some(bearer) = request.bearer {
            outgoing = outgoing.header(AUTHORIZATION, authorization(bearer)?);
        }
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let mut response = outgoing.send().await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.options.max_body {
                return Err(Error::new(ErrorKind::Malformed, "response exceeds the size limit")
                    .with("limit_bytes", self.options.max_body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Received { status, headers, body: body.freeze() })
    }

    fn client(&self, guard: Guard) -> Result<&reqwest::Client> {
        if let Some(client) = self.built.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(self.options.trusted_cas.as_ref()))
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(guard)
            .timeout(self.options.timeout)
            .connect_timeout(self.options.connect_timeout)
            .user_agent(&self.options.user_agent)
            .build()
            .map_err(|e| Error::new(ErrorKind::Unexpected, "HTTP client cannot be built").with_source(e))?;
        Ok(self.built.get_or_init(|| client))
    }
}

fn wire_method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn header_map(fields: &[(&'static str, String)]) -> Result<HeaderMap> {
    let mut map = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        let bad = || Error::new(ErrorKind::Unexpected, "header field is not valid").with("header", name);
        let key = HeaderName::try_from(*name).map_err(|_| bad())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
        value.set_sensitive(key == AUTHORIZATION);
        map.insert(key, value);
    }
    Ok(map)
}

fn authorization(bearer: &Secret) -> Result<HeaderValue> {
    let text = Zeroizing::new(format!("Bearer {}", bearer.expose()));
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        Error::new(ErrorKind::Unauthenticated, "token contains characters that a header must not contain")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The message for an incomplete response, and for a connection that the vendor had closed.
pub(super) const CONNECTION_LOST: &str = "connection was lost";

/// The error for a failed request. The URL is removed first, because its query may contain personal data.
fn failed(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(own) = own_error(&error) {
        return Error::new(own.kind(), own.message());
    }
    let message = if error.is_timeout() {
        "vendor did not respond in time"
    } else if error.is_connect() {
        "vendor cannot be reached"
    } else if error.is_builder() {
        return Error::new(ErrorKind::Unexpected, "request cannot be built").with_source(error);
    } else {
        CONNECTION_LOST
    };
    Error::new(ErrorKind::Unavailable, message).with_source(error)
}

/// Finds the guard's error among the causes.
fn own_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    std::iter::successors(error.source(), |e| (*e).source()).find_map(|e| e.downcast_ref::<Error>())
}
