//! Caches OAuth access tokens, with one token request at a time per connection.
//!
//! Tokens are kept in memory only; the encrypted credentials are read for every token request. The cache key contains
//! the time when the credentials were set and the token URL, so that a change made in another process never leads to an
//! older token.

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
use seatgraph_core::http::grant::{self, Application, Assertion, Grant, SigningKey};
use seatgraph_core::{
    AccessToken, Error, ErrorKind, Finding, GrantType, OAuth, Registration, Result, Secret, Severity, TokenSource,
};
use seatgraph_store::{self as store, Alias, AliasId, CredentialState, Purpose, aliases, secrets};
use tokio_util::task::TaskTracker;

use crate::Engine;
use crate::instance_url::check_grant;

/// Maximum number of cached tokens. The least recently used one is evicted.
const CAPACITY: u64 = 10_000;
const UNUSED: Duration = Duration::from_secs(12 * 60 * 60);
/// Tokens are not used this close to their expiry, because the request takes time too.
const MARGIN: Duration = Duration::from_secs(120);
/// By how much the refresh lock outlasts the vendor's answer.
const LOCK_MARGIN: Duration = Duration::from_secs(30);
/// Interval between attempts to get the refresh lock.
const LOCK_POLL: Duration = Duration::from_millis(200);
/// Attempts to store a rotated token: without it the grant is lost.
const STORE_TRIES: u32 = 6;

/// The tokens of every connection.
pub(crate) struct Tokens {
    cache: Cache<Key, CachedToken>,
    versions: AtomicU64,
    refreshes: TaskTracker,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    alias: AliasId,
    obtained_at: Option<DateTime<Utc>>,
    token_url: String,
}

#[derive(Clone)]
struct CachedToken {
    token: Arc<AccessToken>,
    good_until: Option<DateTime<Utc>>,
}

impl Default for Tokens {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(CAPACITY).time_to_idle(UNUSED).build();
        Self { cache, versions: AtomicU64::new(0), refreshes: TaskTracker::new() }
    }
}

impl Tokens {
    /// Waits for refreshes in progress: an aborted one loses the token that the vendor returns.
    pub(crate) async fn finish_refreshes(&self) {
        self.refreshes.close();
        self.refreshes.wait().await;
    }

    /// Forgets the tokens of an alias and returns them. Other processes have their own.
    pub(crate) async fn forget(&self, alias: AliasId) -> Vec<Secret> {
        let cached: Vec<_> = self.cache.iter().filter(|(key, _)| key.alias == alias).collect();
        for (key, _) in &cached {
            self.cache.invalidate(key.as_ref()).await;
        }
        cached.into_iter().map(|(_, cached)| cached.token.bearer.clone()).collect()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("kept", &self.cache.entry_count()).finish_non_exhaustive()
    }
}

/// The tokens of one alias.
pub(crate) struct AliasTokens(Arc<TokenFetcher>);

/// Requests tokens for one alias.
struct TokenFetcher {
    engine: Engine,
    alias: AliasId,
    key: Key,
    connector: Registration,
    oauth: OAuth,
    /// HTTP client of the token requests; its usage counter and base URL are not used.
    http: Http,
}

/// The stored consent of a user, read consistently.
struct Consent {
    application: Application,
    token: Secret,
    obtained_at: Option<DateTime<Utc>>,
}

impl AliasTokens {
    pub(crate) fn new(engine: &Engine, alias: &Alias, connector: &Registration, oauth: OAuth, http: Http) -> Self {
        let key =
            Key { alias: alias.id, obtained_at: alias.obtained_at, token_url: oauth.token_url.as_str().to_owned() };
        let connector = *connector;
        Self(Arc::new(TokenFetcher { engine: engine.clone(), alias: alias.id, key, connector, oauth, http }))
    }

    /// Returns a token newer than version `refused`; requests one if there is none. Concurrent callers wait.
    async fn newer_than(&self, refused: u64) -> Result<Arc<AccessToken>> {
        let tokens = self.0.engine.tokens();
        let entry = tokens.cache.entry(self.0.key.clone());
        let fetcher = Arc::clone(&self.0);
        let update = |cached| async move { fetcher.update(cached, refused).await }.boxed();
        let updated = entry.and_try_compute_with(update).await?;
        let cached = updated.into_entry().expect("a token is cached or was just put");
        Ok(cached.into_value().token)
    }
}

impl TokenFetcher {
    /// Keeps the cached token if it is still good, and fetches another one otherwise.
    async fn update(self: Arc<Self>, cached: Option<Entry<Key, CachedToken>>, refused: u64) -> Result<Op<CachedToken>> {
        match cached.map(Entry::into_value) {
            Some(cached) if self.is_good(&cached, refused) => Ok(Op::Nop),
            _ => self.grant().await.map(Op::Put),
        }
    }

    fn is_good(&self, cached: &CachedToken, refused: u64) -> bool {
        cached.token.version > refused && cached.good_until.is_none_or(|until| self.engine.now() < until)
    }

    async fn grant(self: Arc<Self>) -> Result<CachedToken> {
        let alias = self.find().await?;
        let asked = Arc::clone(&self).ask(&alias).await;
        let granted = match asked.and_then(|granted| check_grant(&self.connector, &self.oauth, granted)) {
            Ok(granted) => granted,
            Err(error) => {
                if error.kind() == ErrorKind::Unauthenticated {
                    self.note(alias, CredentialState::ReauthRequired, None).await?;
                }
                return Err(error);
            }
        };
        let version = self.engine.tokens().versions.fetch_add(1, Ordering::Relaxed) + 1;
        let good_until = granted.expires_in.map(|life| self.engine.now() + life.saturating_sub(MARGIN));
        let token =
            AccessToken { bearer: granted.access_token.clone(), instance_url: granted.instance_url.clone(), version };
        self.note(alias, CredentialState::Ready, Some(granted)).await?;
        Ok(CachedToken { token: Arc::new(token), good_until })
    }

    async fn find(&self) -> Result<Alias> {
        let found = aliases::find(self.engine.db(), self.alias).await.map_err(database)?;
        found.ok_or_else(|| Error::new(ErrorKind::ConfigInvalid, "connection alias was deleted"))
    }

    async fn ask(self: Arc<Self>, alias: &Alias) -> Result<Grant> {
        match alias.grant_type {
            Some(GrantType::AuthorizationCode) => {
                // Runs to its end even if the caller is cancelled: the refresh token in the response may be the only valid one.
                let refreshes = self.engine.tokens().refreshes.clone();
                let refreshing = refreshes.spawn(async move { self.refresh().await });
                let ended = |e| Error::new(ErrorKind::Unexpected, "the token refresh was aborted").with_source(e);
                refreshing.await.map_err(ended)?
            }
            Some(GrantType::JwtBearer) => self.sign(alias).await,
            Some(GrantType::ClientCredentials) | None => {
                let application = self.application(alias).await?;
                if application.client_secret.is_none() {
                    return Err(missing(alias));
                }
                let scopes = self.connector.manifest().scopes(GrantType::ClientCredentials);
                grant::client_credentials(&self.http, &self.oauth, &application, &scopes).await
            }
        }
    }

    /// Requests a token with a signed JWT. Nothing is stored.
    async fn sign(&self, alias: &Alias) -> Result<Grant> {
        let named = alias.client_id.as_deref().zip(alias.username.as_deref());
        let (client_id, username) = named.ok_or_else(|| missing(alias))?;
        let key = self.secret(alias, Purpose::PrivateKey).await?.ok_or_else(|| missing(alias))?;
        let unusable =
            |e| Error::new(ErrorKind::Unauthenticated, "the private key of the alias is none").with_source(e);
        let key = SigningKey::parse(&key).map_err(unusable)?;
        let assertion = Assertion { client_id, username, key: &key, at: self.engine.now() };
        grant::jwt_bearer(&self.http, &self.oauth, &assertion).await
    }

    /// Uses the refresh token, in one process at a time.
    async fn refresh(&self) -> Result<Grant> {
        let lock = self.refresh_lock().await?;
        let (granted, obtained) = match self.consent().await {
            Ok(consent) => {
                let Consent { application, token, obtained_at } = consent;
                (grant::refresh(&self.http, &self.oauth, &application, &token).await, obtained_at)
            }
            Err(error) => (Err(error), None),
        };
        let rotated = granted.as_ref().ok().and_then(|granted| granted.refresh_token.as_ref());
        self.release_lock(lock, obtained, rotated).await?;
        granted
    }

    /// Reads the current consent: the previous holder of the lock may have stored a new refresh token, and a user may have
    /// consented again.
    async fn consent(&self) -> Result<Consent> {
        let mut alias = self.find().await?;
        loop {
            let application = self.application(&alias).await?;
            let token = self.secret(&alias, Purpose::RefreshToken).await?.ok_or_else(|| missing(&alias))?;
            let now = self.find().await?;
            if now.obtained_at == alias.obtained_at {
                return Ok(Consent { application, token, obtained_at: alias.obtained_at });
            }
            alias = now;
        }
    }

    async fn refresh_lock(&self) -> Result<DateTime<Utc>> {
        let settings = self.engine.settings();
        let life = settings.request_timeout + settings.connect_timeout + LOCK_MARGIN;
        let take = async {
            loop {
                if let Some(lock) = aliases::begin_refresh(self.engine.db(), self.alias, life).await? {
                    return Ok(lock);
                }
                tokio::time::sleep(LOCK_POLL).await;
            }
        };
        let late = |_| Error::new(ErrorKind::Unavailable, "another process has been refreshing the token for too long");
        tokio::time::timeout(life, take).await.map_err(late)?.map_err(database)
    }

    async fn release_lock(
        &self,
        lock: DateTime<Utc>,
        obtained: Option<DateTime<Utc>>,
        rotated: Option<&Secret>,
    ) -> Result<()> {
        let (engine, mut delay, mut tries) = (&self.engine, Duration::from_millis(500), STORE_TRIES);
        loop {
            tries -= 1;
            match aliases::end_refresh(engine.db(), engine.sealer(), self.alias, lock, obtained, rotated).await {
                Err(error) if tries > 0 => {
                    tracing::warn!(alias = %self.alias, %error, "refreshed token could not be stored; retrying");
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                }
                ended => return ended.map_err(database),
            }
        }
    }

    async fn application(&self, alias: &Alias) -> Result<Application> {
        let client_secret = self.secret(alias, Purpose::ClientSecret).await?;
        let client_id = alias.client_id.clone().ok_or_else(|| missing(alias))?;
        Ok(Application { client_id, client_secret })
    }

    async fn secret(&self, alias: &Alias, purpose: Purpose) -> Result<Option<Secret>> {
        match secrets::get(self.engine.db(), self.engine.sealer(), alias.id, purpose).await {
            Err(store::Error::DecryptFailed) => Err(unreadable(alias)),
            other => other.map_err(database),
        }
    }

    /// Stores the state of the credential after a token request, unless a user replaced the credential meanwhile.
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
        alias.updated_at = self.engine.now();
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
        "Give the alias a credential of the application, or begin a person's consent for it.",
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
