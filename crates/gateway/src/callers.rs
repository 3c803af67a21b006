//! Authenticates callers by API token, by session or, in a demo, by their machine.

use axum::http::{HeaderMap, HeaderValue, header};
use seatgraph_core::Secret;
use seatgraph_engine::Engine;
use seatgraph_engine::access::{Permission, Principal};

use crate::edge::{AuthenticationUnavailable, Identity, RequestCredentials};
use crate::login::Login;

/// The ways to authenticate callers besides API tokens.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    /// Whether requests from this machine are authenticated as the user of the demo.
    pub demo: bool,
    /// Login of users, if it is configured.
    pub login: Option<Login>,
}

impl Callers {
    /// Authenticates the caller of a request. Returns `None` if the credentials are missing or invalid. An invalid token is
    /// not replaced by a valid session.
    pub(crate) async fn authenticate(
        &self,
        engine: &Engine,
        credentials: &RequestCredentials,
    ) -> Result<Option<Principal>, AuthenticationUnavailable> {
        if let Some(token) = &credentials.bearer {
            return engine.recognize_token(token).await.map_err(|error| unavailable(&error));
        }
        if let Some(person) = self.person(engine, credentials).await? {
            return Ok(Some(person));
        }
        Ok(self.is_demo_user(credentials).then(Principal::demo))
    }

    /// Whether the request comes from the machine of the demo.
    fn is_demo_user(&self, credentials: &RequestCredentials) -> bool {
        self.demo && credentials.local && !credentials.cross_site
    }

    async fn person(
        &self,
        engine: &Engine,
        credentials: &RequestCredentials,
    ) -> Result<Option<Principal>, AuthenticationUnavailable> {
        let (Some(login), Some(cookie)) = (&self.login, &credentials.cookie) else { return Ok(None) };
        if credentials.cross_site {
            return Ok(None);
        }
        let Some(session) = login.session(&cookies(cookie)).await.map_err(|error| unavailable(&error))? else {
            return Ok(None);
        };
        let person = engine.recognize_person(&session.subject, &session.name, &session.groups).await;
        person.map(Some).map_err(|error| unavailable(&error))
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

/// Headers with the cookies, from which a session is read.
fn cookies(cookie: &Secret) -> HeaderMap {
    let value = HeaderValue::try_from(cookie.expose());
    value.map(|value| HeaderMap::from_iter([(header::COOKIE, value)])).unwrap_or_default()
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> AuthenticationUnavailable {
    tracing::warn!(error, "authentication unavailable");
    AuthenticationUnavailable
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use axum::http::Request;

    use super::*;

    /// Whether a demo authenticates a request from this peer as its user.
    fn is_demo_user(peer: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::get("/graphql").header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        let demo = Callers { demo: true, login: None };
        demo.is_demo_user(&RequestCredentials::of(&parts))
    }

    #[test]
    fn a_demo_authenticates_only_requests_from_its_machine() {
        let here = "127.0.0.1:50000";
        assert!(is_demo_user(here, &[]));
        assert!(is_demo_user(here, &[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(!is_demo_user("192.0.2.7:50000", &[]));
        let elsewhere = [
            ("host", "licences.example.com"),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9"),
            ("via", "1.1 proxy"),
        ];
        for header in elsewhere {
            assert!(!is_demo_user(here, &[header]), "{header:?}");
        }
        assert!(!Callers::default().is_demo_user(&RequestCredentials { local: true, ..RequestCredentials::default() }));
    }
}
