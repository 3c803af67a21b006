//! Who asks: what a request says of its sender, and what came of it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, header, request::Parts};
use seatgraph_core::Secret;
use serde_json::{Map, Value};

use super::{Identity, origin};

/// As much of a client's own name as is kept; clients choose it.
const AGENT_LENGTH: usize = 120;

/// What a request brings along to say who sends it.
#[derive(Debug, Clone, Default)]
pub struct Introduction {
    /// The token behind `Authorization: Bearer`, or in the `authorization` of a socket's `connection_init`.
    pub bearer: Option<Secret>,
    /// The `Cookie` header.
    pub cookie: Option<Secret>,
    /// Whether another site's page sent it; then its cookie says nothing.
    pub cross_site: bool,
    /// Whether it comes from this machine, addressed to it by a loopback name, and was passed on by nobody.
    pub local: bool,
    /// The sender's address and what its client calls itself, for the audit log.
    pub from: String,
}

impl Introduction {
    /// Reads what a request brings along.
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
                && !was_passed_on(&parts.headers),
            from: format!("{address} {agent}").trim_end().to_owned(),
        }
    }

    /// The same sender, introduced once more by what its socket begins with; browsers cannot set headers there.
    pub(crate) fn with_payload(mut self, payload: &Map<String, Value>) -> Self {
        let said = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some(token) = said.and_then(|(_, value)| value.as_str()).and_then(bearer) {
            self.bearer = Some(token);
        }
        self
    }
}

/// Somebody who was recognized.
#[derive(Debug)]
pub struct Visitor<I> {
    /// The caller, as the application behind the edge knows it.
    pub principal: Arc<I>,
    /// Where it came from, for the audit log.
    pub from: Arc<str>,
}

impl<I> Clone for Visitor<I> {
    fn clone(&self) -> Self {
        Self { principal: Arc::clone(&self.principal), from: Arc::clone(&self.from) }
    }
}

impl<I: Identity> Visitor<I> {
    /// The same for every request of one principal and for no other; budgets go by it.
    #[must_use]
    pub fn key(&self) -> String {
        self.principal.key()
    }
}

/// Whom to recognize could not be looked up: the database is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be looked up who asks")]
pub struct CannotTell;

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What proxies say of themselves. One that says nothing is not told from a program on this machine.
const OF_PROXIES: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

fn was_passed_on(headers: &HeaderMap) -> bool {
    OF_PROXIES.iter().any(|name| headers.contains_key(*name))
}

/// Reads `Bearer <token>`; the scheme in any case, as RFC 7235 has it.
fn bearer(value: &str) -> Option<Secret> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_its_scheme_and_from_no_other() {
        assert_eq!(bearer("Bearer sg_x").unwrap().expose(), "sg_x");
        assert_eq!(bearer("bearer  sg_x ").unwrap().expose(), "sg_x");
        for other in ["", "Bearer", "Bearer ", "Basic YTpi", "sg_x"] {
            assert!(bearer(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_socket_may_introduce_itself_once_it_is_open() {
        let by_header = Introduction { bearer: Some(Secret::new("sg_header")), ..Introduction::default() };
        let payload = serde_json::json!({ "Authorization": "Bearer sg_payload" });
        let introduced = by_header.clone().with_payload(payload.as_object().unwrap());
        assert_eq!(introduced.bearer.unwrap().expose(), "sg_payload");
        assert_eq!(by_header.with_payload(&Map::new()).bearer.unwrap().expose(), "sg_header");
    }
}
