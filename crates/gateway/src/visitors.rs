//! Recognizes visitors by what they bring along: an API token, a session, or, in a demo, the machine they sit at.

use axum::http::{HeaderMap, HeaderValue, header};
use seatgraph_core::Secret;
use seatgraph_engine::Engine;
use seatgraph_engine::access::{Permission, Principal};

use crate::edge::{CannotTell, Identity, Introduction};
use crate::login::Login;

/// By what visitors are recognized, beside API tokens.
#[derive(Debug, Clone, Default)]
pub struct Visitors {
    /// Whether a visitor from this machine is taken for the person who started the demo.
    pub demo: bool,
    /// Where people log in, if anywhere.
    pub login: Option<Login>,
}

impl Visitors {
    /// Recognizes whoever sends a request. A token that is not good makes its sender a stranger, whatever else it
    /// brings along.
    pub(crate) async fn recognize(
        &self,
        engine: &Engine,
        introduction: &Introduction,
    ) -> Result<Option<Principal>, CannotTell> {
        if let Some(token) = &introduction.bearer {
            return engine.recognize_token(token).await.map_err(|error| cannot_tell(&error));
        }
        if let Some(person) = self.person(engine, introduction).await? {
            return Ok(Some(person));
        }
        Ok(self.sits_here(introduction).then(Principal::demo))
    }

    /// Says whether it is the person who started the demo.
    fn sits_here(&self, introduction: &Introduction) -> bool {
        self.demo && introduction.local && !introduction.cross_site
    }

    async fn person(&self, engine: &Engine, introduction: &Introduction) -> Result<Option<Principal>, CannotTell> {
        let (Some(login), Some(cookie)) = (&self.login, &introduction.cookie) else { return Ok(None) };
        if introduction.cross_site {
            return Ok(None);
        }
        let Some(session) = login.session(&cookies(cookie)).await.map_err(|error| cannot_tell(&error))? else {
            return Ok(None);
        };
        let person = engine.recognize_person(&session.subject, &session.name, &session.groups).await;
        person.map(Some).map_err(|error| cannot_tell(&error))
    }
}

impl Identity for Principal {
    fn key(&self) -> String {
        self.key()
    }

    fn may_introspect(&self) -> bool {
        self.may(Permission::Introspect)
    }

    fn sees_the_same_as(&self, other: &Self) -> bool {
        self.visibility().profiles == other.visibility().profiles
    }
}

/// The headers that a session is read from.
fn cookies(cookie: &Secret) -> HeaderMap {
    let value = HeaderValue::try_from(cookie.expose());
    value.map(|value| HeaderMap::from_iter([(header::COOKIE, value)])).unwrap_or_default()
}

fn cannot_tell(error: &(dyn std::error::Error + 'static)) -> CannotTell {
    tracing::warn!(error, "a visitor could not be recognized");
    CannotTell
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use axum::http::Request;

    use super::*;

    /// Whether a demo takes a request from this machine for the person who started it.
    fn sits_here(peer: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::get("/graphql").header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        let demo = Visitors { demo: true, login: None };
        demo.sits_here(&Introduction::of(&parts))
    }

    #[test]
    fn a_demo_knows_whoever_sits_at_its_machine_and_nobody_else() {
        let here = "127.0.0.1:50000";
        assert!(sits_here(here, &[]));
        assert!(sits_here(here, &[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(!sits_here("192.0.2.7:50000", &[]));
        let elsewhere = [
            ("host", "licences.example.com"),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9"),
            ("via", "1.1 proxy"),
        ];
        for header in elsewhere {
            assert!(!sits_here(here, &[header]), "{header:?}");
        }
        assert!(!Visitors::default().sits_here(&Introduction { local: true, ..Introduction::default() }));
    }
}
