//! The credentials of a request, and its authenticated caller.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, header, request::Parts};
use seatgraph_core::Secret;
use serde_json::{Map, Value};

use super::{Identity, origin};

/// Maximum length of a user agent; the rest is cut off.
const AGENT_LENGTH: usize = 120;

/// The credentials of a request and where it comes from.
#[derive(Debug, Clone, Default)]
pub struct RequestCredentials {
    /// The token behind `Authorization: Bearer`, or in the `authorization` of a socket's `connection_init`.
    pub bearer: Option<Secret>,
    /// The `Cookie` header.
    pub cookie: Option<Secret>,
    /// Whether a page of another site sent the request. Then its cookie is ignored.
    pub cross_site: bool,
    /// Whether the request comes from this machine, is addressed to a loopback name, and was not forwarded by a proxy.
    pub local: bool,
    /// The client's address and user agent, for the audit log.
    pub from: String,
}

impl RequestCredentials {
    /// Reads the credentials of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        let agent = text(&parts.headers, header::USER_AGENT).unwrap_or_default();
        let agent: String = agent.chars().filter(|letter| !letter.is_control()).take(AGENT_LENGTH).collect();
        let address = peer.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        Self {
            bearer: text(&parts.headers, header::AUTHORIZATION).and_then(bearer),
            cookie: text(&parts.headers, header::COOKIE).map(Secret::new),
            cross_site: origin::is_cross_site(&parts.headers),
            local: peer.is_some_and(|address| address.is_loopback())
                && origin::is_local(&parts.headers, &parts.uri)
                && !was_forwarded(&parts.headers),
            from: format!("{address} {agent}").trim_end().to_owned(),
        }
    }

    /// Adds the credentials in the payload of `connection_init`; browsers cannot set headers on a WebSocket.
    pub(crate) fn with_payload(mut self, payload: &Map<String, Value>) -> Self {
        let given = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some(token) = given.and_then(|(_, value)| value.as_str()).and_then(bearer) {
            self.bearer = Some(token);
        }
        self
    }
}

/// An authenticated caller.
#[derive(Debug)]
pub struct Caller<I> {
    /// Identity of the caller in the application behind the edge.
    pub principal: Arc<I>,
    /// Address and user agent of its client, for the audit log.
    pub from: Arc<str>,
}

impl<I> Clone for Caller<I> {
    fn clone(&self) -> Self {
        Self { principal: Arc::clone(&self.principal), from: Arc::clone(&self.from) }
    }
}

impl<I: Identity> Caller<I> {
    /// Key that identifies the caller in budgets.
    #[must_use]
    pub fn key(&self) -> String {
        self.principal.key()
    }
}

/// The credentials cannot be looked up because the database is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credentials cannot be looked up")]
pub struct AuthenticationUnavailable;

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Headers that proxies add. A proxy that adds none is not distinguished from a program on this machine.
const PROXY_HEADERS: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

fn was_forwarded(headers: &HeaderMap) -> bool {
    PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
}

/// Reads `Bearer <token>`. The scheme is case-insensitive (RFC 7235).
fn bearer(value: &str) -> Option<Secret> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_only_from_the_bearer_scheme() {
        assert_eq!(bearer("Bearer sg_x").unwrap().expose(), "sg_x");
        assert_eq!(bearer("bearer  sg_x ").unwrap().expose(), "sg_x");
        for other in ["", "Bearer", "Bearer ", "Basic YTpi", "sg_x"] {
            assert!(bearer(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_token_of_connection_init_replaces_the_one_of_the_header() {
        let by_header = RequestCredentials { bearer: Some(Secret::new("sg_header")), ..RequestCredentials::default() };
        let payload = serde_json::json!({ "Authorization": "Bearer sg_payload" });
        let replaced = by_header.clone().with_payload(payload.as_object().unwrap());
        assert_eq!(replaced.bearer.unwrap().expose(), "sg_payload");
        assert_eq!(by_header.with_payload(&Map::new()).bearer.unwrap().expose(), "sg_header");
    }
}
