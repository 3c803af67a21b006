//! Recognizes visitors by what they bring along: an API token, a session, or, in a demo, the machine they sit at.

use axum::http::{HeaderMap, HeaderValue, header};
use seatgraph_core::Secret;
use seatgraph_engine::Engine;
use seatgraph_engine::access::Principal;

use crate::edge::{CannotTell, Introduction};
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
        Ok((self.demo && introduction.local).then(Principal::demo))
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

/// The headers that a session is read from.
fn cookies(cookie: &Secret) -> HeaderMap {
    let value = HeaderValue::try_from(cookie.expose());
    value.map(|value| HeaderMap::from_iter([(header::COOKIE, value)])).unwrap_or_default()
}

fn cannot_tell(error: &(dyn std::error::Error + 'static)) -> CannotTell {
    tracing::warn!(error, "a visitor could not be recognized");
    CannotTell
}
