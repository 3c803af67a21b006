//! The OpenID provider: its metadata, authorization URLs, and tokens.
//!
//! The provider is contacted at the first login, so that the gateway starts without it. Its metadata and keys are requested
//! again after some time, and immediately if a token is signed with an unknown key, because providers rotate keys.

mod protocol;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod};
use openidconnect::{
    AuthType, ClientId, ClientSecret, CsrfToken, EndSessionUrl, IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope,
};
use seatgraph_core::http::{EgressPolicy, HttpOptions, OAuthHttpClient};
use seatgraph_core::{Clock, Secret};
use seatgraph_store::sessions::{Login, PendingLogin};
use url::Url;

use super::error::{LoginError, ProviderError};
use super::{LoginSettings, claims};
use crate::addresses;

/// Lifetime of the cached metadata and keys.
const METADATA_LIFE: TimeDelta = TimeDelta::hours(1);

/// Delay before the next request after a failed one.
const RETRY_DELAY: TimeDelta = TimeDelta::seconds(5);

/// Maximum response size in bytes. Metadata and tokens have a few kilobytes.
const MAX_BODY: usize = 1 << 20;

/// The OpenID provider of this gateway.
pub(super) struct Provider {
    settings: LoginSettings,
    public_url: Url,
    http: OAuthHttpClient,
    clock: Arc<dyn Clock>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    description: Option<Arc<Metadata>>,
    failed: Option<(DateTime<Utc>, ProviderError)>,
}

/// The metadata of the provider with its keys.
struct Metadata {
    metadata: ProviderMetadataWithLogout,
    at: DateTime<Utc>,
}

/// A started login.
pub(super) struct StartedLogin {
    /// Authorization URL for the browser.
    pub(super) url: Url,
    /// State, which the provider returns with the code.
    pub(super) state: Secret,
    /// Data to store until then.
    pub(super) attempt: PendingLogin,
}

impl Provider {
    /// Creates a client of the configured provider. Sends nothing.
    pub(super) fn new(settings: LoginSettings, public_url: Url, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let http = OAuthHttpClient::new(HttpOptions {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            max_body: MAX_BODY,
            egress: EgressPolicy::Anywhere,
            trusted_cas: settings.trusted_cas()?,
            ..HttpOptions::default()
        });
        Ok(Self { settings, public_url, http, clock, cache: Mutex::default() })
    }

    /// Starts a login that ends at `return_path`.
    pub(super) async fn begin(&self, return_path: String) -> Result<StartedLogin, LoginError> {
        let description = self.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&description.metadata);
        let random = (|| CsrfToken::new_random_len(32), || Nonce::new_random_len(32));
        let request = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, random.0, random.1);
        // The library adds `openid` itself.
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid");
        let request = request.add_scopes(scopes.cloned().map(Scope::new)).set_pkce_challenge(challenge);
        let (url, state, nonce) = request.url();
        let (nonce, verifier) = (Secret::new(nonce.secret()), Secret::new(verifier.secret()));
        Ok(StartedLogin {
            url,
            state: Secret::new(state.secret()),
            attempt: PendingLogin { nonce, verifier, return_path },
        })
    }

    /// Exchanges the code for tokens, verifies them, and reads the authenticated user.
    pub(super) async fn redeem(&self, code: &Secret, attempt: &PendingLogin) -> Result<Login, LoginError> {
        let mut description = self.metadata().await?;
        let mut client = self.client(&description.metadata);
        let tokens = protocol::redeem(&client, &self.http, code, &attempt.verifier).await?;
        let nonce = Nonce::new(attempt.nonce.expose().to_owned());
        let now = || self.clock.now();
        let mut verified = protocol::verify(&client, &tokens, &nonce, &now);
        if matches!(verified, Err(protocol::InvalidToken::UnknownKey)) {
            description = self.metadata_after(description.at).await?;
            client = self.client(&description.metadata);
            verified = protocol::verify(&client, &tokens, &nonce, &now);
        }
        let mut all = verified?;
        if claims::is_incomplete(&self.settings, &all) && client.user_info_url().is_some() {
            let more = protocol::user_info(&client, &self.http, &tokens, &all).await?;
            all = claims::complete(all, more);
        }
        let hint = end_session_url(&description.metadata).and(protocol::id_token(&tokens));
        claims::login(&self.settings, &all, hint)
    }

    /// Returns the URL that ends the session at the provider, or `None` if the provider has none.
    pub(super) async fn logout_url(&self, id_token: &Secret) -> Result<Option<Url>, LoginError> {
        let description = self.metadata().await?;
        let Some(end) = end_session_url(&description.metadata) else { return Ok(None) };
        let mut url = LogoutRequest::from(end.clone())
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(addresses::under(
                &self.public_url,
                &["logout"],
            )))
            .http_get_url();
        url.query_pairs_mut().append_pair("id_token_hint", id_token.expose());
        Ok(Some(url))
    }

    /// Returns the origin of the logout URL, for the content security policy of the logout page.
    pub(super) async fn logout_origin(&self) -> Option<String> {
        let description = self.metadata().await.ok()?;
        Some(end_session_url(&description.metadata)?.url().origin().ascii_serialization())
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, LoginError> {
        self.metadata_after(self.clock.now() - METADATA_LIFE).await
    }

    /// Returns metadata that was received after `after`. Concurrent callers send separate requests, so that they do not wait
    /// for each other when the provider is unavailable.
    async fn metadata_after(&self, after: DateTime<Utc>) -> Result<Arc<Metadata>, LoginError> {
        if let Some(cached) = self.cached(after) {
            return cached.map_err(LoginError::Provider);
        }
        let asked = self.discover().await;
        let at = self.clock.now();
        let mut cache = self.cache.lock().expect("no holder of the lock panics");
        match asked {
            Ok(metadata) => {
                let description = Arc::new(Metadata { metadata, at });
                *cache = Cache { description: Some(Arc::clone(&description)), failed: None };
                Ok(description)
            }
            Err(fault) => {
                cache.failed = Some((at, fault.clone()));
                Err(LoginError::Provider(fault))
            }
        }
    }

    /// Returns the cached metadata, or the error of a recent failed request.
    fn cached(&self, after: DateTime<Utc>) -> Option<Result<Arc<Metadata>, ProviderError>> {
        let cache = self.cache.lock().expect("no holder of the lock panics");
        if let Some(description) = cache.description.as_ref().filter(|description| description.at > after) {
            return Some(Ok(Arc::clone(description)));
        }
        let (at, fault) = cache.failed.as_ref()?;
        (self.clock.now() - *at < RETRY_DELAY).then(|| Err(fault.clone()))
    }

    async fn discover(&self) -> Result<ProviderMetadataWithLogout, ProviderError> {
        let issuer =
            IssuerUrl::new(self.settings.issuer.clone()).map_err(|e| ProviderError::Malformed(e.to_string()))?;
        protocol::discover(issuer, &self.http).await
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> protocol::RelyingParty {
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let client = protocol::RelyingParty::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(RedirectUrl::from_url(addresses::under(&self.public_url, &["login", "callback"])));
        // The specification defines the header as the default.
        let takes = |method| metadata.token_endpoint_auth_methods_supported().is_some_and(|all| all.contains(&method));
        match takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic) {
            true => client.set_auth_type(AuthType::RequestBody),
            false => client,
        }
    }
}

fn end_session_url(metadata: &ProviderMetadataWithLogout) -> Option<&EndSessionUrl> {
    metadata.additional_metadata().end_session_endpoint.as_ref()
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}
