//! Tokens, one grant at a time per connection: whoever comes second gets what the first one got.
//!
//! Tokens live in memory only; the credentials they come from are read, sealed, for every grant. The cache is keyed
//! by the moment the credentials were set and by the address they go to, so that a change made in another process
//! is never answered with an older token.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::FutureExt;
use moka::Entry;
use moka::future::Cache;
use moka::ops::compute::Op;
use seatgraph_core::http::Http;
use seatgraph_core::http::grant::{self, Grant};
use seatgraph_core::{AccessToken, Error, ErrorKind, Finding, OAuth, Result, Secret, Severity, TokenSource};
use seatgraph_store::{self as store, Alias, AliasId, CredentialState, Purpose, aliases, secrets};

use crate::Engine;

/// Past this many connections the longest unused token is dropped; the next use asks for a new one.
const CAPACITY: u64 = 10_000;
const UNUSED: Duration = Duration::from_secs(12 * 60 * 60);
/// A token is not used in the last part of its life, because the request takes time too.
const MARGIN: Duration = Duration::from_secs(120);

/// The tokens of every connection.
pub(crate) struct Tokens {
    cache: Cache<Key, Kept>,
    versions: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    alias: AliasId,
    obtained_at: Option<DateTime<Utc>>,
    token_url: String,
}

#[derive(Clone)]
struct Kept {
    token: Arc<AccessToken>,
    good_until: Option<DateTime<Utc>>,
}

impl Default for Tokens {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(CAPACITY).time_to_idle(UNUSED).build();
        Self { cache, versions: AtomicU64::new(0) }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("kept", &self.cache.entry_count()).finish_non_exhaustive()
    }
}

/// The tokens of one alias.
pub(crate) struct AliasTokens(Arc<Granting>);

/// What a grant needs.
struct Granting {
    engine: Engine,
    alias: AliasId,
    key: Key,
    scopes: Vec<&'static str>,
    oauth: OAuth,
    /// Lends its client to the grants; its own meter and base are not used.
    http: Http,
}

impl AliasTokens {
    pub(crate) fn new(engine: &Engine, alias: &Alias, oauth: OAuth, scopes: Vec<&'static str>, http: Http) -> Self {
        let key =
            Key { alias: alias.id, obtained_at: alias.obtained_at, token_url: oauth.token_url.as_str().to_owned() };
        Self(Arc::new(Granting { engine: engine.clone(), alias: alias.id, key, scopes, oauth, http }))
    }

    /// Returns a token newer than `refused`, asking for one when there is none; callers take turns.
    async fn newer_than(&self, refused: u64) -> Result<Arc<AccessToken>> {
        let tokens = self.0.engine.tokens();
        let entry = tokens.cache.entry(self.0.key.clone());
        let granting = Arc::clone(&self.0);
        let settle = |kept| async move { granting.settle(kept, refused).await }.boxed();
        let settled = entry.and_try_compute_with(settle).await?;
        let kept = settled.into_entry().expect("a token is kept or was just put");
        Ok(kept.into_value().token)
    }
}

impl Granting {
    async fn settle(&self, kept: Option<Entry<Key, Kept>>, refused: u64) -> Result<Op<Kept>> {
        match kept.map(Entry::into_value) {
            Some(kept) if self.is_good(&kept, refused) => Ok(Op::Nop),
            _ => self.grant().await.map(Op::Put),
        }
    }

    fn is_good(&self, kept: &Kept, refused: u64) -> bool {
        kept.token.version > refused && kept.good_until.is_none_or(|until| self.engine.clock().now() < until)
    }

    async fn grant(&self) -> Result<Kept> {
        let found = aliases::find(self.engine.db(), self.alias).await.map_err(database)?;
        let alias = found.ok_or_else(|| Error::new(ErrorKind::ConfigInvalid, "connection alias was deleted"))?;
        let granted = match self.ask(&alias).await {
            Ok(granted) => granted,
            Err(error) => {
                if error.kind() == ErrorKind::Unauthenticated {
                    self.note(alias, CredentialState::ReauthRequired, None).await?;
                }
                return Err(error);
            }
        };
        let version = self.engine.tokens().versions.fetch_add(1, Ordering::Relaxed) + 1;
        let good_until = granted.expires_in.map(|life| self.engine.clock().now() + life.saturating_sub(MARGIN));
        let token =
            AccessToken { bearer: granted.access_token.clone(), instance_url: granted.instance_url.clone(), version };
        self.note(alias, CredentialState::Ready, Some(granted)).await?;
        Ok(Kept { token: Arc::new(token), good_until })
    }

    async fn ask(&self, alias: &Alias) -> Result<Grant> {
        let (client_id, secret) = self.credentials(alias).await?;
        grant::client_credentials(&self.http, &self.oauth, &client_id, &secret, &self.scopes).await
    }

    async fn credentials(&self, alias: &Alias) -> Result<(String, Secret)> {
        let secret = secrets::get(self.engine.db(), self.engine.sealer(), alias.id, Purpose::ClientSecret).await;
        let secret = match secret {
            Err(store::Error::Unsealable) => return Err(unreadable(alias)),
            other => other.map_err(database)?,
        };
        match (alias.client_id.clone(), secret) {
            (Some(client_id), Some(secret)) => Ok((client_id, secret)),
            _ => Err(missing(alias)),
        }
    }

    /// Keeps what a grant taught us about the credential, unless a person replaced the credential meanwhile.
    async fn note(&self, mut alias: Alias, state: CredentialState, granted: Option<Grant>) -> Result<()> {
        if alias.obtained_at != self.key.obtained_at || alias.credential_state == CredentialState::Missing {
            return Ok(());
        }
        let before = alias.clone();
        alias.credential_state = state;
        if let Some(granted) = granted {
            alias.granted_scopes = granted.scope;
            alias.principal = granted.identity.or(alias.principal);
        }
        if alias == before {
            return Ok(());
        }
        alias.updated_at = self.engine.clock().now();
        aliases::note_grant(self.engine.db(), &alias).await.map_err(database)
    }
}

#[async_trait]
impl TokenSource for AliasTokens {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        self.newer_than(0).await
    }

    async fn renew(&self, refused: &AccessToken) -> Result<Arc<AccessToken>> {
        self.newer_than(refused.version).await
    }
}

impl fmt::Debug for AliasTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AliasTokens").field("alias", &self.0.alias).finish_non_exhaustive()
    }
}

fn database(error: store::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "credentials cannot be read from the database").with_source(error)
}

fn missing(alias: &Alias) -> Error {
    let finding = Finding::new(
        "CREDENTIAL_MISSING",
        Severity::Error,
        format!("Connection alias {} has no credentials.", alias.name),
        "Set the application's client id and client secret on the alias.",
    );
    Error::new(ErrorKind::Unauthenticated, "connection alias has no credentials").with_finding(finding)
}

fn unreadable(alias: &Alias) -> Error {
    let finding = Finding::new(
        "CREDENTIAL_UNREADABLE",
        Severity::Error,
        format!("The credentials of connection alias {} were sealed with another key.", alias.name),
        "Start the gateway with the key that sealed them, or set the credentials on the alias again.",
    );
    Error::new(ErrorKind::Unauthenticated, "credentials of the alias cannot be unsealed").with_finding(finding)
}
