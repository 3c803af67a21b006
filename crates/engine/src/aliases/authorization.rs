//! A person's consent, up to where they leave for the vendor.
//!
//! Nothing of the alias changes until the consent has come back whole. Whoever turns back halfway, or is refused,
//! leaves the connection as it was.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::http::Http;
use seatgraph_core::http::grant::{self, Application};
use seatgraph_core::{ErrorKind, Finding, GrantType, OAuth, Registration, Secret};
use seatgraph_store::{self as store, Alias, AliasId, LinkId, Pending, Purpose, authorizations};
use url::Url;

use crate::refusal::{Denied, Refusal, RefusalCode, of_config};
use crate::{Engine, Error};

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

/// An alias that a person's consent has connected.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The alias.
    pub alias: Alias,
    /// Whether it came of a delegated link, from somebody who has no account here.
    pub delegated: bool,
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

pub(super) fn found(finding: Finding) -> NotAuthorized {
    NotAuthorized::Found(Box::new(finding))
}

impl Engine {
    /// Begins a person's consent for an alias. The alias stays as it is until [`Engine::finish_authorization`].
    ///
    /// # Errors
    /// Refuses an alias that does not exist, has no address or no application, or whose connector knows no consent.
    pub async fn begin_authorization(&self, input: BeginAuthorization) -> Result<Authorization, Denied> {
        let alias = self.alias(input.alias_id, "aliasId").await?;
        self.begin(&alias, input, None).await
    }

    /// Begins a consent, by the way of a link or not.
    pub(super) async fn begin(
        &self,
        alias: &Alias,
        input: BeginAuthorization,
        link_id: Option<LinkId>,
    ) -> Result<Authorization, Denied> {
        let connector = self.offered(&alias.connector)?;
        let (application, oauth) =
            self.prepared(connector, alias, input.client_id.as_deref(), input.client_secret.as_ref()).await?;
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
            link_id,
        };
        let begun = authorizations::begin(self.db(), self.sealer(), &consent.state, &pending, LIFE).await;
        Ok(Authorization { url: consent.url, expires_at: begun? })
    }

    /// Finds the application that would ask and the addresses where it would; refuses what would hinder it.
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
            let message = "the alias has no application yet; give the consumer key of the one registered at the vendor";
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
        self.grantor(connector, alias, parent.as_ref()).map_err(|error| match error.kind() {
            ErrorKind::ConfigInvalid => of_config(&error).into(),
            _ => Denied::Failed(error.into()),
        })
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
    connector.manifest().scopes(grant)
}

fn offers_consent(connector: &Registration) -> Result<(), Refusal> {
    if connector.manifest().grants.contains(&GrantType::AuthorizationCode) {
        return Ok(());
    }
    let message = format!("connector {} knows no consent of a person", connector.manifest().key);
    Err(Refusal::new(RefusalCode::Unsupported, message).at(["aliasId"]))
}
