//! Starts an OAuth authorisation. The alias does not change until the authorisation is complete.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::http::Http;
use seatgraph_core::http::grant::{self, Application};
use seatgraph_core::{ErrorKind, Finding, GrantType, OAuth, Registration, Secret};
use seatgraph_store::{self as store, Alias, AliasId, LinkId, Pending, Purpose, authorizations};
use url::Url;

use crate::refusal::{Denied, Refusal, RefusalCode, of_config};
use crate::{Engine, Error};

/// Lifetime of a started authorisation.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Parameters of an authorisation.
#[derive(Debug, Clone)]
pub struct BeginAuthorization {
    /// Alias to authorise.
    pub alias_id: AliasId,
    /// OAuth client ID. `None` uses the one of the alias.
    pub client_id: Option<String>,
    /// OAuth client secret. `None` uses the one of the alias if the client ID is the same.
    pub client_secret: Option<Secret>,
    /// Public URL of the gateway. The vendor redirects to [`callback_url`] under it.
    pub public_url: Url,
    /// The caller. Only the same caller can complete the authorisation.
    pub begun_by: String,
}

/// A started authorisation.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// URL to open in the user's browser. It can be used once.
    pub url: Url,
    /// Expiry time.
    pub expires_at: DateTime<Utc>,
}

/// Result that the vendor sent to the OAuth callback.
#[derive(Debug, Clone)]
pub enum ConsentResponse {
    /// The authorisation code. It can be redeemed once.
    Code(Secret),
    /// The user or a policy denied the authorisation (RFC 6749, section 4.1.2.1).
    Refused {
        /// The `error` parameter.
        error: String,
        /// The `error_description` parameter.
        description: String,
    },
}

/// An alias that was authorised.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The alias.
    pub alias: Alias,
    /// Whether a delegated link was used.
    pub via_link: bool,
}

/// Reason why an authorisation failed.
#[derive(Debug)]
pub enum ConsentError {
    /// A problem that the user can correct.
    Found(Box<Finding>),
    /// An unexpected failure.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for ConsentError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) fn found(finding: Finding) -> ConsentError {
    ConsentError::Found(Box::new(finding))
}

impl Engine {
    /// Starts the authorisation of an alias. The alias stays unchanged until [`Engine::finish_authorization`].
    ///
    /// # Errors
    /// Refuses an unknown alias, one without instance URL or client ID, and a connector without the authorization code
    /// grant.
    pub async fn begin_authorization(&self, input: BeginAuthorization) -> Result<Authorization, Denied> {
        let alias = self.alias(input.alias_id, "aliasId").await?;
        self.begin(&alias, input, None).await
    }

    /// Starts an authorisation, with or without a delegated link.
    pub(super) async fn begin(
        &self,
        alias: &Alias,
        input: BeginAuthorization,
        link_id: Option<LinkId>,
    ) -> Result<Authorization, Denied> {
        let connector = self.offered(&alias.connector)?;
        let (application, oauth) =
            self.prepared(connector, alias, input.client_id.as_deref(), input.client_secret.as_ref()).await?;
        let scopes = connector.manifest().scopes(GrantType::AuthorizationCode);
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
            link_id,
        };
        let begun = authorizations::begin(self.db(), self.sealer(), &consent.state, &pending, LIFE).await;
        Ok(Authorization { url: consent.url, expires_at: begun? })
    }

    /// Returns the OAuth client and endpoints for an authorisation, or the refusal.
    pub(super) async fn prepared(
        &self,
        connector: &Registration,
        alias: &Alias,
        client_id: Option<&str>,
        client_secret: Option<&Secret>,
    ) -> Result<(Application, OAuth), Denied> {
        offers_consent(connector)?;
        let application = self.application(alias, client_id, client_secret).await?;
        let (oauth, _) = self.oauth_of(connector, alias).await?;
        Ok((application, oauth))
    }

    async fn application(
        &self,
        alias: &Alias,
        client_id: Option<&str>,
        client_secret: Option<&Secret>,
    ) -> Result<Application, Denied> {
        let given = client_id.map(str::trim).filter(|id| !id.is_empty());
        let client_id = given.or(alias.client_id.as_deref()).ok_or_else(|| {
            let message = "the alias has no OAuth client ID; enter the client ID (consumer key) of the application registered at the vendor";
            Refusal::new(RefusalCode::Required, message).at(["clientId"])
        })?;
        let client_secret = match client_secret {
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
        self.oauth_client(connector, alias, parent.as_ref()).map_err(|error| match error.kind() {
            ErrorKind::ConfigInvalid => of_config(&error).into(),
            _ => Denied::Failed(error.into()),
        })
    }
}

/// Returns the OAuth redirect URL of a connector.
#[must_use]
pub fn callback_url(public_url: &Url, connector: &str) -> Url {
    let mut url = public_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["oauth", connector, "callback"]);
    }
    url
}

fn offers_consent(connector: &Registration) -> Result<(), Refusal> {
    if connector.manifest().grants.contains(&GrantType::AuthorizationCode) {
        return Ok(());
    }
    let message = format!("connector {} does not support the authorization code grant", connector.manifest().key);
    Err(Refusal::new(RefusalCode::Unsupported, message).at(["aliasId"]))
}
