//! The only file that sends anything: TLS, pool, limits, and what a broken exchange is called.

use std::error::Error as StdError;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;
use zeroize::Zeroizing;

use crate::http::guard::Guard;
use crate::http::{HttpOptions, Method, tls};
use crate::{Error, ErrorKind, Result, Secret};

/// A client that is built when it is first needed.
pub(super) struct Client {
    options: HttpOptions,
    built: OnceLock<reqwest::Client>,
}

/// A request with its address.
pub(super) struct Prepared<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) bearer: Option<&'a Secret>,
    pub(super) body: Option<Bytes>,
}

/// An answer of any status, read to its end.
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
        let guard = Guard::new(self.options.reach);
        guard.admit(&request.url)?;
        let (method, url) = (wire_method(request.method), request.url);
        let mut outgoing = self.client(guard)?.request(method, url).headers(header_map(request.headers)?);
        if let Some(bearer) = request.bearer {
            outgoing = outgoing.header(AUTHORIZATION, authorization(bearer)?);
        }
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let mut answer = outgoing.send().await.map_err(broken)?;
        let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.options.max_body {
                return Err(Error::new(ErrorKind::Malformed, "response is larger than allowed")
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
            .tls_backend_preconfigured(tls::config(self.options.authorities.as_ref()))
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
        Error::new(ErrorKind::Unauthenticated, "token cannot be sent: it holds characters no header may")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// What is said of an answer that began and did not end, and of a connection that the vendor had closed.
pub(super) const BROKE_OFF: &str = "connection broke off";

/// Names what broke. The address is dropped first, because its query may hold people's data.
fn broken(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(ours) = refusal_within(&error) {
        return Error::new(ours.kind(), ours.message());
    }
    let message = if error.is_timeout() {
        "vendor did not answer in time"
    } else if error.is_connect() {
        "vendor cannot be reached"
    } else if error.is_builder() {
        return Error::new(ErrorKind::Unexpected, "request cannot be built").with_source(error);
    } else {
        BROKE_OFF
    };
    Error::new(ErrorKind::Unavailable, message).with_source(error)
}

/// Finds the guard's own refusal among the causes.
fn refusal_within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    std::iter::successors(error.source(), |e| (*e).source()).find_map(|e| e.downcast_ref::<Error>())
}
