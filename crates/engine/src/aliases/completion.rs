//! Completes an OAuth authorisation.
//!
//! A problem becomes a finding, shown to the user and stored with the profile of the alias.

use std::sync::Arc;

use async_trait::async_trait;
use seatgraph_core::http::grant::{self, Application, Grant};
use seatgraph_core::{AccessToken, Error, ErrorKind, GrantRefusal, GrantType, Registration, Secret, TokenSource};
use seatgraph_store::{
    self as store, Alias, CredentialState, Pending, ProfileState, Purpose, aliases, authorizations, delegations,
    findings,
};
use url::Url;

use super::authorization::found;
use super::withdrawal::Withdrawal;
use super::{Connected, ConsentError, ConsentResponse};
use crate::access::CommandTarget;
use crate::instance_url::check_grant;
use crate::{Actor, Engine, findings as problem};

impl Engine {
    /// Completes the authorisation that was started with `state` by a caller known by one of the names in `by`: redeems
    /// the code, checks that the token belongs to the organisation that the alias's profile tracks, and stores the
    /// credential. A delegated link is marked as used only then. The outcome is recorded in the audit log for `actor`,
    /// except for an unknown `state`, which anyone can send repeatedly.
    ///
    /// # Errors
    /// A finding that names the remedy, also stored with the profile of the alias. The alias stays unchanged, and the
    /// user has to start again.
    pub async fn finish_authorization(
        &self,
        actor: &Actor,
        connector: &str,
        state: &Secret,
        by: &[String],
        consented: ConsentResponse,
    ) -> Result<Connected, ConsentError> {
        let taken = authorizations::take(self.db(), self.sealer(), state, by).await?;
        let pending = taken.ok_or_else(|| found(problem::consent_unknown()))?;
        let alias =
            aliases::find(self.db(), pending.alias_id).await?.ok_or_else(|| found(problem::consent_unknown()))?;
        if alias.connector != connector {
            return Err(found(problem::consent_unknown()));
        }
        let target = CommandTarget::alias(alias.id);
        let finish = Box::pin(self.finish(alias, pending, consented));
        self.audited(actor, "finishAuthorization", target, finish).await
    }

    /// Authorises the alias. Stores a finding with its profile if that fails.
    async fn finish(
        &self,
        alias: Alias,
        pending: Pending,
        consented: ConsentResponse,
    ) -> Result<Connected, ConsentError> {
        let (alias_id, via_link) = (alias.id, pending.link_id.is_some());
        let connector = self.connector(&alias.connector);
        let mut connected = self.connect(alias, pending, consented).await;
        if let (Err(ConsentError::Found(finding)), Some(connector)) = (&mut connected, connector) {
            problem::refer_to(connector.manifest(), std::slice::from_mut(finding));
        }
        let outcome = match &connected {
            Ok(_) => Some(None),
            Err(ConsentError::Found(finding)) => Some(Some(&**finding)),
            Err(ConsentError::Failed(_)) => None,
        };
        if let Some(finding) = outcome
            && let Err(error) = findings::set_of_consent(self.db(), alias_id, finding).await
        {
            tracing::warn!(alias = %alias_id, %error, "outcome of the consent could not be stored with its profile");
        }
        connected.map(|alias| Connected { alias, via_link })
    }

    async fn connect(&self, alias: Alias, pending: Pending, consented: ConsentResponse) -> Result<Alias, ConsentError> {
        let connector = self.stored_connector(&alias.connector)?;
        let parent = self.parent(&alias).await?;
        let (oauth, token_http) = self.oauth_client(connector, &alias, parent.as_ref()).map_err(explained)?;
        let code = match consented {
            ConsentResponse::Code(code) => code,
            ConsentResponse::Refused { error, description } => {
                let grant = GrantType::AuthorizationCode;
                return Err(explained((oauth.explain)(&GrantRefusal { grant, status: 400, error, description })));
            }
        };
        let redirect: Url = pending.redirect_uri.parse().expect("the stored redirect URI is a URL");
        let application =
            Application { client_id: pending.client_id.clone(), client_secret: pending.client_secret.clone() };
        let granted =
            grant::authorization_code(&token_http, &oauth, &application, &code, &pending.verifier, &redirect).await;
        let granted = granted.and_then(|granted| check_grant(connector, &oauth, granted)).map_err(explained)?;
        let before = self.consent_of(&alias).await?;
        let kept = self.keep(connector, alias, parent.as_ref(), &pending, &granted).await;
        let token = granted.refresh_token.unwrap_or(granted.access_token);
        let unused =
            if kept.is_ok() { before } else { Some(Withdrawal { tokens: vec![token], oauth, http: token_http }) };
        self.give_back(unused).await;
        kept
    }

    async fn keep(
        &self,
        connector: &'static Registration,
        mut alias: Alias,
        parent: Option<&Alias>,
        pending: &Pending,
        granted: &Grant,
    ) -> Result<Alias, ConsentError> {
        let Some(refresh_token) = &granted.refresh_token else { return Err(found(problem::no_refresh_token())) };
        self.is_of_its_organization(connector, &alias, parent, granted).await?;
        let now = self.now();
        alias.grant_type = Some(GrantType::AuthorizationCode);
        alias.client_id = Some(pending.client_id.clone());
        alias.credential_state = CredentialState::Ready;
        alias.granted_scopes.clone_from(&granted.scope);
        alias.principal.clone_from(&granted.identity);
        alias.username = None;
        alias.obtained_at = Some(now);
        alias.updated_at = now;
        let mut secrets = vec![(Purpose::RefreshToken, refresh_token)];
        secrets.extend(pending.client_secret.as_ref().map(|secret| (Purpose::ClientSecret, secret)));
        match pending.link_id {
            None => aliases::set_credential(self.db(), self.sealer(), &alias, &secrets).await?,
            Some(link) if delegations::redeem(self.db(), self.sealer(), link, &alias, &secrets).await? => {}
            // Another authorisation was completed first.
            Some(_) => return Err(found(problem::link_over())),
        }
        Ok(alias)
    }

    /// Checks that a token belongs to the organisation whose records the alias's profile holds.
    async fn is_of_its_organization(
        &self,
        connector: &'static Registration,
        alias: &Alias,
        parent: Option<&Alias>,
        granted: &Grant,
    ) -> Result<(), ConsentError> {
        let profile = store::profiles::by_alias(self.db(), &[alias.id]).await?.remove(&alias.id);
        // A draft has no records yet that another organisation's could mix with.
        let published = profile.and_then(|mut profiles| profiles.pop()).filter(|one| one.state != ProfileState::Draft);
        let tracked = published.and_then(|profile| profile.organization);
        let Some(tracked) = tracked else { return Ok(()) };
        let token = FixedToken(Arc::new(AccessToken {
            bearer: granted.access_token.clone(),
            instance_url: granted.instance_url.clone(),
            version: 0,
        }));
        let connection = self.open_with(connector, alias, parent, |_, _| Arc::new(token)).map_err(explained)?;
        let diagnosis = self.check(&connection).await;
        match diagnosis.organization {
            Some(now) => problem::other_organization(&tracked, &now).map_or(Ok(()), |other| Err(found(other))),
            None => Err(found(diagnosis.findings.into_iter().next().unwrap_or_else(problem::check_timed_out))),
        }
    }
}

/// A fixed access token.
#[derive(Debug)]
struct FixedToken(Arc<AccessToken>);

#[async_trait]
impl TokenSource for FixedToken {
    async fn token(&self) -> seatgraph_core::Result<Arc<AccessToken>> {
        Ok(Arc::clone(&self.0))
    }

    async fn renew(&self, _: &AccessToken) -> seatgraph_core::Result<Arc<AccessToken>> {
        Err(Error::new(ErrorKind::Unauthenticated, "the token that was just granted is refused"))
    }
}

fn explained(error: Error) -> ConsentError {
    found(problem::of_error(&error, None))
}
