//! Login of people through an OpenID provider: a redirect there, a redirect back, and a session in a cookie.
//!
//! The authorization code flow with PKCE, state and nonce; the state is worth something once, for a while, and in the
//! browser that began. The session is a row and its token a random number in an `HttpOnly`, `SameSite=Lax` cookie, new at
//! every login; nothing about a person is believed that the row does not say. Whoever lets a request count on its cookie
//! asks [`is_cross_site`](crate::edge::is_cross_site) first.

mod claims;
mod csrf;
mod error;
mod provider;
mod return_to;
mod routes;
mod settings;

use std::fmt;
use std::sync::Arc;

use axum::http::HeaderMap;
use seatgraph_core::Clock;
use seatgraph_engine::Engine;
use seatgraph_store::{Db, Sealer, Session, sessions};
use url::Url;

use self::provider::Provider;
pub(crate) use self::routes::{before_the_front_page, without_a_provider};
pub use self::settings::LoginSettings;
use crate::cookies::{CookieName, Cookies};

/// Lets people in. Clones are cheap and share what is known of the provider.
#[derive(Clone)]
pub struct Login(Arc<Shared>);

struct Shared {
    settings: LoginSettings,
    public_url: Url,
    cookies: Cookies,
    provider: Provider,
    engine: Engine,
    db: Db,
    sealer: Sealer,
}

impl Login {
    /// Gets ready to let people into a gateway that browsers reach at `public_url`. The provider is asked when somebody
    /// wants to log in, and not before.
    ///
    /// # Errors
    /// The settings that cannot work, each with its remedy.
    pub fn new(
        settings: LoginSettings,
        public_url: Url,
        engine: Engine,
        sealer: Sealer,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let faults = settings.faults(&public_url);
        anyhow::ensure!(faults.is_empty(), faults.join("; "));
        let provider = Provider::new(settings.clone(), public_url.clone(), clock)?;
        let cookies = Cookies::of(&public_url);
        Ok(Self(Arc::new(Shared { settings, public_url, cookies, provider, db: engine.db().clone(), engine, sealer })))
    }

    /// Finds the session that the cookie of a request stands for; `None` when there is none, or its time is over. Being
    /// asked for counts as being used.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn session(&self, headers: &HeaderMap) -> seatgraph_store::Result<Option<Session>> {
        let shared = &self.0;
        let Some(token) = shared.cookies.read(CookieName::Session, headers) else { return Ok(None) };
        sessions::find(&shared.db, &shared.settings.issuer, &token, shared.settings.session_idle).await
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("provider", &self.0.provider).finish_non_exhaustive()
    }
}
