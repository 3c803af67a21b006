//! Delegated links: a person without a Seatgraph account authorises one alias.
//!
//! A link contains only a token. Anyone who has it can see the requested access and start the authorisation. The link
//! is marked as used when an authorisation is complete; until then it can be followed again.

use std::time::Duration;

use seatgraph_core::{GrantType, Registration, Secret};
use seatgraph_store::delegations::{self, NewLink};
use seatgraph_store::{self as store, AliasId, DelegatedLink, LinkId, aliases};
use url::Url;

use super::authorization::{Authorization, BeginAuthorization, ConsentError, found};
use crate::properties::{INSTANCE_URL, merged};
use crate::refusal::{Denied, Refusal, RefusalCode, on_conflict};
use crate::{Engine, find, findings as problem};

/// Default lifetime of a link in hours.
const USUAL_HOURS: i32 = 72;
/// Maximum lifetime of a link in hours: two weeks.
const MOST_HOURS: i32 = 14 * 24;
/// Maximum number of open links per alias.
const MOST_OPEN: usize = 10;

/// Parameters of a new link.
#[derive(Debug, Clone)]
pub struct CreateLink {
    /// Alias to authorise.
    pub alias_id: AliasId,
    /// OAuth client ID. `None` uses the one of the alias.
    pub client_id: Option<String>,
    /// OAuth client secret. `None` uses the one of the alias if the client ID is the same.
    pub client_secret: Option<Secret>,
    /// Lifetime in hours. `None` for 72.
    pub expires_in_hours: Option<i32>,
    /// Public URL of the gateway. The link's URL starts with it.
    pub public_url: Url,
    /// Creator, shown on the link's page.
    pub created_by: String,
}

/// A new link.
#[derive(Debug, Clone)]
pub struct CreatedLink {
    /// The stored link.
    pub link: DelegatedLink,
    /// URL of the link. It is not stored.
    pub url: Secret,
}

/// Access that a link requests.
#[derive(Debug, Clone)]
pub struct LinkDetails {
    /// The link.
    pub link: DelegatedLink,
    /// The connector.
    pub connector: &'static Registration,
    /// Name of the alias to authorise.
    pub alias: String,
    /// URL of the organisation, if set.
    pub address: Option<String>,
    /// OAuth scopes to request.
    pub scopes: Vec<&'static str>,
}

impl Engine {
    /// Creates a link with which a person without a Seatgraph account can authorise one alias, once.
    ///
    /// # Errors
    /// Refuses what [`Engine::begin_authorization`] refuses, an invalid lifetime, and more open links than allowed.
    pub async fn create_delegated_link(&self, input: CreateLink) -> Result<CreatedLink, Denied> {
        let life = life(input.expires_in_hours)?;
        let alias = self.alias(input.alias_id, "aliasId").await?;
        let connector = self.offered(&alias.connector)?;
        let client_id = input.client_id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        let client_secret = input.client_secret.filter(|secret| !secret.expose().trim().is_empty());
        self.prepared(connector, &alias, client_id.as_deref(), client_secret.as_ref()).await?;
        let token = Secret::generate();
        let new = NewLink { alias_id: alias.id, created_by: input.created_by, client_id, client_secret, life };
        let link = delegations::insert(self.db(), self.sealer(), &token, &new, MOST_OPEN).await;
        let link = link.map_err(|error| on_conflict(error, "delegated_links_most", || too_many(&alias.name)))?;
        Ok(CreatedLink { link, url: link_url(input.public_url, &token) })
    }

    /// Revokes a link. Authorisations that were started with it become invalid.
    ///
    /// # Errors
    /// Refuses an unknown link, and one that was already used or revoked.
    pub async fn revoke_delegated_link(&self, id: LinkId) -> Result<DelegatedLink, Denied> {
        find::delegated_link(self.db(), id).await?;
        let revoked = delegations::revoke(self.db(), id).await?;
        revoked.ok_or_else(|| Denied::invalid_state("the link was already used or revoked; it cannot be used again"))
    }

    /// Returns the details of the link with a token. Changes nothing.
    ///
    /// # Errors
    /// A finding if the link cannot be used.
    pub async fn link_details(&self, token: &Secret) -> Result<LinkDetails, ConsentError> {
        let link = self.open_link(token).await?;
        let alias = aliases::find(self.db(), link.alias_id).await?.ok_or_else(|| found(problem::link_unknown()))?;
        let connector = self.stored_connector(&alias.connector)?;
        let parent = self.parent(&alias).await?;
        let address = merged(&alias, parent.as_ref()).remove(INSTANCE_URL);
        Ok(LinkDetails {
            link,
            connector,
            alias: alias.name,
            address: address.and_then(|address| address.as_str().map(str::to_owned)),
            scopes: connector.manifest().scopes(GrantType::AuthorizationCode),
        })
    }

    /// Starts the authorisation of the link with a token, for the caller `begun_by`.
    ///
    /// # Errors
    /// As [`Engine::link_details`], and a finding if the alias changed since the link was created.
    pub async fn begin_by_link(
        &self,
        token: &Secret,
        public_url: &Url,
        begun_by: String,
    ) -> Result<Authorization, ConsentError> {
        let link = self.open_link(token).await?;
        let alias = aliases::find(self.db(), link.alias_id).await?.ok_or_else(|| found(problem::link_unknown()))?;
        let client_secret = match delegations::client_secret(self.db(), self.sealer(), link.id).await {
            Err(store::Error::DecryptFailed) => return Err(found(problem::link_over())),
            other => other?,
        };
        let (client_id, public_url) = (link.client_id, public_url.clone());
        let input = BeginAuthorization { alias_id: alias.id, client_id, client_secret, public_url, begun_by };
        self.begin(&alias, input, Some(link.id)).await.map_err(|denied| match denied {
            Denied::Refused(refusals) => found(problem::link_hindered(&refusals)),
            Denied::Failed(error) => ConsentError::Failed(error),
        })
    }

    async fn open_link(&self, token: &Secret) -> Result<DelegatedLink, ConsentError> {
        let link = delegations::find_by_token(self.db(), token).await?.ok_or_else(|| found(problem::link_unknown()))?;
        // Leases and links run out by the database's clock.
        if link.is_open(self.db().now().await?) { Ok(link) } else { Err(found(problem::link_over())) }
    }
}

fn life(hours: Option<i32>) -> Result<Duration, Refusal> {
    let hours = hours.unwrap_or(USUAL_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let message =
            format!("the lifetime must be 1 to {MOST_HOURS} hours, not {hours}; omit it for {USUAL_HOURS} hours");
        return Err(Refusal::new(RefusalCode::Invalid, message).at(["expiresInHours"]));
    }
    Ok(Duration::from_secs(u64::from(hours.unsigned_abs()) * 3600))
}

fn too_many(alias: &str) -> Refusal {
    let message = format!("alias {alias} already has {MOST_OPEN} open links, the maximum; revoke one first");
    Refusal::new(RefusalCode::LimitExceeded, message).at(["aliasId"])
}

fn link_url(mut public_url: Url, token: &Secret) -> Secret {
    if let Ok(mut path) = public_url.path_segments_mut() {
        path.pop_if_empty().extend(["connect", token.expose()]);
    }
    Secret::new(public_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_three_days_and_never_for_more_than_two_weeks() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        assert_eq!(life(None), Ok(hours(72)));
        assert_eq!((life(Some(1)), life(Some(336))), (Ok(hours(1)), Ok(hours(336))));
        for wrong in [0, -1, 337, i32::MAX] {
            let refused = life(Some(wrong)).unwrap_err();
            assert_eq!(refused.field.as_deref().unwrap(), ["expiresInHours"]);
            assert!(refused.message.contains("1 to 336"), "{}", refused.message);
        }
    }

    #[test]
    fn a_link_lies_under_the_public_address() {
        for (public, expected) in [
            ("https://licences.example.com", "https://licences.example.com/connect/t0ken"),
            ("https://example.com/seatgraph/", "https://example.com/seatgraph/connect/t0ken"),
        ] {
            assert_eq!(link_url(public.parse().unwrap(), &Secret::new("t0ken")).expose(), expected);
        }
    }
}
