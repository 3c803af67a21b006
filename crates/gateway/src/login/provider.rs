//! The OpenID provider: what it says of itself, the way to it, and what it says of a person who comes back.
//!
//! Nothing is asked of it before somebody wants to log in, so that a provider which is away keeps no gateway from
//! starting. Its description and its keys are asked for anew after a while, and at once when a token names a key that
//! is not among them: providers change keys without a word.

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

/// How long the provider's description and keys are believed.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// How long a provider that let us down is not asked again.
const REST: TimeDelta = TimeDelta::seconds(5);

/// Bytes of its longest answer; descriptions and tokens are a few kilobytes.
const LONGEST: usize = 1 << 20;

/// The OpenID provider of this gateway.
pub(super) struct Provider {
    settings: LoginSettings,
    public_url: Url,
    carrier: OAuthHttpClient,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    description: Option<Arc<Description>>,
    failed: Option<(DateTime<Utc>, ProviderError)>,
}

/// What the provider says of itself, its keys among it.
struct Description {
    metadata: ProviderMetadataWithLogout,
    at: DateTime<Utc>,
}

/// A login that was begun.
pub(super) struct Begun {
    /// Where the browser goes.
    pub(super) url: Url,
    /// Comes back with the code.
    pub(super) state: Secret,
    /// What is kept until then.
    pub(super) attempt: PendingLogin,
}

impl Provider {
    /// Gets ready to ask the provider that the operator named, wherever it is. Nothing is sent.
    pub(super) fn new(settings: LoginSettings, public_url: Url, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let carrier = OAuthHttpClient::new(HttpOptions {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            max_body: LONGEST,
            egress: EgressPolicy::Anywhere,
            trusted_cas: settings.authorities()?,
            ..HttpOptions::default()
        });
        Ok(Self { settings, public_url, carrier, clock, known: Mutex::default() })
    }

    /// Prepares the way to the provider and back to `return_path`.
    pub(super) async fn begin(&self, return_path: String) -> Result<Begun, LoginError> {
        let description = self.description().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&description.metadata);
        let random = (|| CsrfToken::new_random_len(32), || Nonce::new_random_len(32));
        let request = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, random.0, random.1);
        // The library asks for `openid` itself.
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid");
        let request = request.add_scopes(scopes.cloned().map(Scope::new)).set_pkce_challenge(challenge);
        let (url, state, nonce) = request.url();
        let (nonce, verifier) = (Secret::new(nonce.secret()), Secret::new(verifier.secret()));
        Ok(Begun { url, state: Secret::new(state.secret()), attempt: PendingLogin { nonce, verifier, return_path } })
    }

    /// Redeems the code that a browser came back with, and reads whom the provider let through.
    pub(super) async fn redeem(&self, code: &Secret, attempt: &PendingLogin) -> Result<Login, LoginError> {
        let mut description = self.description().await?;
        let mut client = self.client(&description.metadata);
        let tokens = protocol::redeem(&client, &self.carrier, code, &attempt.verifier).await?;
        let nonce = Nonce::new(attempt.nonce.expose().to_owned());
        let now = || self.clock.now();
        let mut verified = protocol::verify(&client, &tokens, &nonce, &now);
        if matches!(verified, Err(protocol::Unproven::UnknownKey)) {
            description = self.description_after(description.at).await?;
            client = self.client(&description.metadata);
            verified = protocol::verify(&client, &tokens, &nonce, &now);
        }
        let mut known = verified?;
        if claims::is_incomplete(&self.settings, &known) && client.user_info_url().is_some() {
            let more = protocol::user_info(&client, &self.carrier, &tokens, &known).await?;
            known = claims::complete(known, more);
        }
        let hint = end_session_url(&description.metadata).and(protocol::id_token(&tokens));
        claims::login(&self.settings, &known, hint)
    }

    /// Where a person ends their session at the provider too, and comes back from; `None` where it has no such place.
    pub(super) async fn logout_url(&self, id_token: &Secret) -> Result<Option<Url>, LoginError> {
        let description = self.description().await?;
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

    /// The origin at which people end their sessions, for the policy of a page whose form leads there.
    pub(super) async fn logout_origin(&self) -> Option<String> {
        let description = self.description().await.ok()?;
        Some(end_session_url(&description.metadata)?.url().origin().ascii_serialization())
    }

    async fn description(&self) -> Result<Arc<Description>, LoginError> {
        self.description_after(self.clock.now() - FRESH).await
    }

    /// The provider's description as it was at some moment after `after`. Several may ask at once, each for itself: that
    /// costs the provider little, and nobody waits in a queue for a provider that is away.
    async fn description_after(&self, after: DateTime<Utc>) -> Result<Arc<Description>, LoginError> {
        if let Some(remembered) = self.remembered(after) {
            return remembered.map_err(LoginError::Provider);
        }
        let asked = self.discover().await;
        let at = self.clock.now();
        let mut known = self.known.lock().expect("no holder of the description panics");
        match asked {
            Ok(metadata) => {
                let description = Arc::new(Description { metadata, at });
                *known = Known { description: Some(Arc::clone(&description)), failed: None };
                Ok(description)
            }
            Err(fault) => {
                known.failed = Some((at, fault.clone()));
                Err(LoginError::Provider(fault))
            }
        }
    }

    /// What the provider need not be asked: its description, or that it let us down just now.
    fn remembered(&self, after: DateTime<Utc>) -> Option<Result<Arc<Description>, ProviderError>> {
        let known = self.known.lock().expect("no holder of the description panics");
        if let Some(description) = known.description.as_ref().filter(|description| description.at > after) {
            return Some(Ok(Arc::clone(description)));
        }
        let (at, fault) = known.failed.as_ref()?;
        (self.clock.now() - *at < REST).then(|| Err(fault.clone()))
    }

    async fn discover(&self) -> Result<ProviderMetadataWithLogout, ProviderError> {
        let issuer =
            IssuerUrl::new(self.settings.issuer.clone()).map_err(|e| ProviderError::NotUnderstood(e.to_string()))?;
        protocol::discover(issuer, &self.carrier).await
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> protocol::RelyingParty {
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let client = protocol::RelyingParty::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(RedirectUrl::from_url(addresses::under(&self.public_url, &["login", "callback"])));
        // The header is what the specification has for a provider that does not say.
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
