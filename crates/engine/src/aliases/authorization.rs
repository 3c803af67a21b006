//! A person's consent: begun here, given at the vendor, finished here.
//!
//! Nothing of the alias changes until the consent has come back whole. Whoever turns back halfway, or is refused,
//! leaves the connection as it was.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use seatgraph_core::http::Http;
use seatgraph_core::http::grant::{self, Application, Grant};
use seatgraph_core::{
    AccessToken, ErrorKind, Finding, GrantRefusal, GrantType, OAuth, Registration, Secret, TokenSource,
};
use seatgraph_store::{self as store, Alias, AliasId, CredentialState, Pending, Purpose, aliases, authorizations};
use url::Url;

use crate::link::trusted;
use crate::refusal::{Denied, Refusal, RefusalCode, of_config};
use crate::{Engine, Error, findings as said};

/// How long a person has time for their consent.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// What a consent is asked for.
#[derive(Debug, Clone)]
pub struct BeginAuthorization {
    /// The alias to be connected.
    pub alias_id: AliasId,
    /// The application's public id; `None` takes the one that the alias has.
    pub client_id: Option<String>,
    /// The application's secret; `None` takes the alias's, where the client id is the same.
    pub client_secret: Option<Secret>,
    /// Where browsers reach the gateway; the vendor sends them back to [`callback_url`] under it.
    pub public_url: Url,
    /// Who asks, and alone may finish it.
    pub begun_by: String,
}

/// A consent that was begun.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Where the person's browser goes. It works once.
    pub url: Url,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// What a person's consent left, and where to give it back.
pub(crate) struct Consent {
    token: Secret,
    oauth: OAuth,
    http: Http,
}

/// What the vendor sent the person's browser back with.
#[derive(Debug, Clone)]
pub enum Consented {
    /// The person agreed; this code is redeemed once.
    Code(Secret),
    /// The person or a policy said no, in the words of RFC 6749 section 4.1.2.1.
    Refused {
        /// The `error` parameter.
        error: String,
        /// The `error_description` parameter.
        description: String,
    },
}

/// Why a consent did not connect.
#[derive(Debug)]
pub enum NotAuthorized {
    /// For a reason that a person can mend.
    Found(Box<Finding>),
    /// For a reason of ours.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for NotAuthorized {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Engine {
    /// Begins a person's consent for an alias. The alias stays as it is until [`Engine::finish_authorization`].
    ///
    /// # Errors
    /// Refuses an alias that does not exist, has no address or no application, or whose connector knows no consent.
    pub async fn begin_authorization(&self, input: BeginAuthorization) -> Result<Authorization, Denied> {
        let alias = self.alias(input.alias_id, "aliasId").await?;
        let connector = self.offered(&alias.connector)?;
        offers_consent(connector)?;
        let application = self.application(&alias, &input).await?;
        let (oauth, _) = self.oauth_of(connector, &alias).await?;
        let scopes = scopes(connector, GrantType::AuthorizationCode);
        let callback = callback_url(&input.public_url, connector.manifest().key);
        let consent = grant::consent(&oauth, &application.client_id, &callback, &scopes)
            .map_err(|error| Denied::Failed(error.into()))?;
        let pending = Pending {
            alias_id: alias.id,
            begun_by: input.begun_by,
            client_id: application.client_id,
            client_secret: application.client_secret,
            redirect_uri: callback.into(),
            verifier: consent.verifier,
            link_id: None,
        };
        let begun = authorizations::begin(self.db(), self.sealer(), &consent.state, &pending, LIFE).await;
        Ok(Authorization { url: consent.url, expires_at: begun? })
    }

    /// Finishes the consent that was begun under `state` by the same person: redeems the code, makes sure that it
    /// leads to the organisation that the alias's profile tracks, and keeps what renews it.
    ///
    /// # Errors
    /// A finding that says what to change; the alias is as it was then, and the person begins anew.
    pub async fn finish_authorization(
        &self,
        connector: &str,
        state: &Secret,
        by: &str,
        consented: Consented,
    ) -> Result<Alias, NotAuthorized> {
        let taken = authorizations::take(self.db(), self.sealer(), state, &[by.to_owned()]).await?;
        let pending = taken.ok_or_else(|| found(said::consent_unknown()))?;
        let alias = aliases::find(self.db(), pending.alias_id).await?.ok_or_else(|| found(said::consent_unknown()))?;
        if alias.connector != connector {
            return Err(found(said::consent_unknown()));
        }
        let connector = self.stored_connector(&alias.connector)?;
        let parent = self.parent(&alias).await?;
        let (oauth, lender) = self.grantor(connector, &alias, parent.as_ref()).map_err(explained)?;
        let code = match consented {
            Consented::Code(code) => code,
            Consented::Refused { error, description } => {
                let grant = GrantType::AuthorizationCode;
                return Err(explained((oauth.explain)(&GrantRefusal { grant, status: 400, error, description })));
            }
        };
        let redirect: Url = pending.redirect_uri.parse().expect("what was kept was an address");
        let application = Application { client_id: pending.client_id, client_secret: pending.client_secret };
        let granted =
            grant::authorization_code(&lender, &oauth, &application, &code, &pending.verifier, &redirect).await;
        let granted = granted.and_then(|granted| trusted(connector, &oauth, granted)).map_err(explained)?;
        let before = self.consent_of(&alias).await?;
        let kept = self.keep(connector, alias, parent.as_ref(), application, &granted).await;
        let token = granted.refresh_token.unwrap_or(granted.access_token);
        let unused = if kept.is_ok() { before } else { Some(Consent { token, oauth, http: lender }) };
        self.give_back(unused).await;
        kept
    }

    async fn keep(
        &self,
        connector: &'static Registration,
        mut alias: Alias,
        parent: Option<&Alias>,
        application: Application,
        granted: &Grant,
    ) -> Result<Alias, NotAuthorized> {
        let Some(refresh_token) = &granted.refresh_token else { return Err(found(said::no_refresh_token())) };
        self.is_of_its_organization(connector, &alias, parent, granted).await?;
        let now = self.now();
        alias.grant_type = Some(GrantType::AuthorizationCode);
        alias.client_id = Some(application.client_id);
        alias.credential_state = CredentialState::Ready;
        alias.granted_scopes.clone_from(&granted.scope);
        alias.principal.clone_from(&granted.identity);
        alias.obtained_at = Some(now);
        alias.updated_at = now;
        let mut secrets = vec![(Purpose::RefreshToken, refresh_token)];
        secrets.extend(application.client_secret.as_ref().map(|secret| (Purpose::ClientSecret, secret)));
        aliases::set_credential(self.db(), self.sealer(), &alias, &secrets).await?;
        Ok(alias)
    }

    /// Makes sure that a consent leads to the organisation whose records the alias's profile holds.
    async fn is_of_its_organization(
        &self,
        connector: &'static Registration,
        alias: &Alias,
        parent: Option<&Alias>,
        granted: &Grant,
    ) -> Result<(), NotAuthorized> {
        let profile = store::profiles::by_alias(self.db(), &[alias.id]).await?.remove(&alias.id);
        let tracked = profile.and_then(|mut profiles| profiles.pop()?.organization);
        let Some(tracked) = tracked else { return Ok(()) };
        let token = Held(Arc::new(AccessToken {
            bearer: granted.access_token.clone(),
            instance_url: granted.instance_url.clone(),
            version: 0,
        }));
        let link = self.open_with(connector, alias, parent, |_, _| Arc::new(token)).map_err(explained)?;
        let diagnosis = self.check(&link).await;
        match diagnosis.organization {
            Some(now) if now.external_id == tracked.external_id => Ok(()),
            Some(now) => Err(found(said::other_organization(&tracked.external_id, &now.external_id))),
            None => Err(found(diagnosis.findings.into_iter().next().unwrap_or_else(said::check_timed_out))),
        }
    }

    /// Finds what a person's consent left with an alias, to be given back once the alias no longer needs it.
    pub(crate) async fn consent_of(&self, alias: &Alias) -> Result<Option<Consent>, store::Error> {
        if alias.grant_type != Some(GrantType::AuthorizationCode) {
            return Ok(None);
        }
        let token = match store::secrets::get(self.db(), self.sealer(), alias.id, Purpose::RefreshToken).await {
            // Sealed with a key that is gone: nobody can give that back.
            Err(store::Error::Unsealable) => None,
            other => other?,
        };
        let Some(connector) = self.connector(&alias.connector) else { return Ok(None) };
        let parent = self.parent(alias).await?;
        let grantor = self.grantor(connector, alias, parent.as_ref()).ok();
        Ok(token.zip(grantor).map(|(token, (oauth, http))| Consent { token, oauth, http }))
    }

    /// Gives a token back to the vendor, as well as that goes: what stays behind there ends by itself.
    pub(crate) async fn give_back(&self, consent: Option<Consent>) {
        let Some(Consent { token, oauth, http }) = consent else { return };
        if let Err(error) = grant::revoke(&http, &oauth, &token).await {
            tracing::warn!(%error, "the vendor did not take a token back");
        }
    }

    async fn application(&self, alias: &Alias, input: &BeginAuthorization) -> Result<Application, Denied> {
        let given = input.client_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let client_id = given.or(alias.client_id.as_deref()).ok_or_else(|| {
            let message = "the alias has no application yet; give the consumer key of the one registered at the vendor";
            Refusal::new(RefusalCode::Required, message).at(["clientId"])
        })?;
        let client_secret = match &input.client_secret {
            Some(secret) if secret.expose().trim().is_empty() => None,
            Some(secret) => Some(secret.clone()),
            None if alias.client_id.as_deref() == Some(client_id) => {
                store::secrets::get(self.db(), self.sealer(), alias.id, Purpose::ClientSecret).await?
            }
            None => None,
        };
        Ok(Application { client_id: client_id.to_owned(), client_secret })
    }

    async fn oauth_of(&self, connector: &Registration, alias: &Alias) -> Result<(OAuth, Http), Denied> {
        let parent = self.parent(alias).await?;
        self.grantor(connector, alias, parent.as_ref()).map_err(|error| match error.kind() {
            ErrorKind::ConfigInvalid => of_config(&error).into(),
            _ => Denied::Failed(error.into()),
        })
    }
}

/// One token, for as long as it is good.
#[derive(Debug)]
struct Held(Arc<AccessToken>);

#[async_trait]
impl TokenSource for Held {
    async fn token(&self) -> seatgraph_core::Result<Arc<AccessToken>> {
        Ok(Arc::clone(&self.0))
    }

    async fn renew(&self, _: &AccessToken) -> seatgraph_core::Result<Arc<AccessToken>> {
        Err(seatgraph_core::Error::new(ErrorKind::Unauthenticated, "the token that was just granted is refused"))
    }
}

/// Returns where a vendor sends people back to after their consent; registered there with the application.
#[must_use]
pub fn callback_url(public_url: &Url, connector: &str) -> Url {
    let mut url = public_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["oauth", connector, "callback"]);
    }
    url
}

/// The scopes of everything this version carries out under one grant.
pub(crate) fn scopes(connector: &Registration, grant: GrantType) -> Vec<&'static str> {
    let available = connector.manifest().processes.iter().filter(|spec| spec.available);
    let of_grant = available
        .flat_map(|spec| spec.scopes)
        .filter(|granted| granted.grant == grant)
        .flat_map(|granted| granted.scopes.iter().copied());
    let mut scopes: Vec<_> = of_grant.collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn offers_consent(connector: &Registration) -> Result<(), Refusal> {
    if connector.manifest().grants.contains(&GrantType::AuthorizationCode) {
        return Ok(());
    }
    let message = format!("connector {} knows no consent of a person", connector.manifest().key);
    Err(Refusal::new(RefusalCode::Unsupported, message).at(["aliasId"]))
}

fn found(finding: Finding) -> NotAuthorized {
    NotAuthorized::Found(Box::new(finding))
}

fn explained(error: seatgraph_core::Error) -> NotAuthorized {
    found(said::of_error(&error, None))
}
