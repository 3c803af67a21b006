//! Login of users through an OpenID provider, with a session in a cookie.
//!
//! The authorization code flow with PKCE, state and nonce. The state is valid once, for a limited time, and only in the
//! browser that started the login. The session is a database row; its token is a random number in an `HttpOnly`,
//! `SameSite=Lax` cookie, new at every login. Code that accepts the cookie of a request must check
//! [`is_cross_site`](crate::edge::is_cross_site) first.

mod browser;
mod claims;
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
pub(crate) use self::routes::{require_session, router_without_provider};
pub use self::settings::LoginSettings;
use crate::cookies::{CookieName, Cookies};

/// Login through an OpenID provider. Clones are cheap and share the metadata of the provider.
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
    /// Creates the login of a gateway with the public URL `public_url`. The provider is contacted at the first login.
    ///
    /// # Errors
    /// Names the invalid settings, each with its remedy.
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

    /// Finds the session of the cookie of a request. Returns `None` if there is none or it has expired. The call counts as
    /// use of the session.
    ///
    /// # Errors
    /// `Unavailable` if the database does not respond.
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
