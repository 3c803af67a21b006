//! Delegated links: somebody without an account here consents for one alias.
//!
//! A link says nothing but a token; whoever has it may see what is asked for, and begin the consent. It is spent when a
//! consent has come of it: whoever turns back halfway follows it again.

use std::time::Duration;

use seatgraph_core::{GrantType, Registration, Secret};
use seatgraph_store::delegations::{self, NewLink};
use seatgraph_store::{self as store, AliasId, DelegatedLink, LinkId, aliases};
use url::Url;

use super::authorization::{Authorization, BeginAuthorization, NotAuthorized, found, scopes};
use super::merged;
use super::properties::INSTANCE_URL;
use crate::refusal::{Denied, Refusal, RefusalCode, on_conflict};
use crate::{Engine, find, findings as said};

/// How long a link is good for unless said otherwise, in hours.
const USUAL_HOURS: i32 = 72;
/// Two weeks: longer than that, nobody remembers to whom it went.
const MOST_HOURS: i32 = 14 * 24;
/// How many links of one alias may be open at once.
const MOST_OPEN: usize = 10;

/// A link to be made.
#[derive(Debug, Clone)]
pub struct CreateLink {
    /// The alias to be connected.
    pub alias_id: AliasId,
    /// The application's public id; `None` takes the one that the alias has.
    pub client_id: Option<String>,
    /// The application's secret; `None` takes the alias's, where the client id is the same.
    pub client_secret: Option<Secret>,
    /// How many hours it is good for; `None` for 72.
    pub expires_in_hours: Option<i32>,
    /// Where browsers reach the gateway; the link lies under it.
    pub public_url: Url,
    /// Who makes it; the page tells whoever follows it.
    pub created_by: String,
}

/// A link that was made.
#[derive(Debug, Clone)]
pub struct CreatedLink {
    /// What is kept of it.
    pub link: DelegatedLink,
    /// Where it leads. It is known here and now, and never again.
    pub url: Secret,
}

/// What a link asks of whoever follows it.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The link.
    pub link: DelegatedLink,
    /// The connector.
    pub connector: &'static Registration,
    /// The name of the alias to be connected.
    pub alias: String,
    /// The organisation's address, where one is set.
    pub address: Option<String>,
    /// The scopes that will be asked for.
    pub scopes: Vec<&'static str>,
}

impl Engine {
    /// Makes a link with which somebody without an account here may connect one alias, once.
    ///
    /// # Errors
    /// Refuses what [`Engine::begin_authorization`] would refuse whoever follows it, a time that is too long, and one
    /// link too many.
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

    /// Takes a link back. What was begun with it comes to nothing.
    ///
    /// # Errors
    /// Refuses a link that does not exist, or that is over already.
    pub async fn revoke_delegated_link(&self, id: LinkId) -> Result<DelegatedLink, Denied> {
        find::delegated_link(self.db(), id).await?;
        let revoked = delegations::revoke(self.db(), id).await?;
        revoked.ok_or_else(|| Denied::invalid_state("the link was used or revoked already; nobody can use it again"))
    }

    /// Says what the link of that token asks for. Nothing changes by it, however often somebody looks.
    ///
    /// # Errors
    /// A finding for whoever followed a link that leads nowhere.
    pub async fn invitation(&self, token: &Secret) -> Result<Invitation, NotAuthorized> {
        let link = self.open_link(token).await?;
        let alias = aliases::find(self.db(), link.alias_id).await?.ok_or_else(|| found(said::link_unknown()))?;
        let connector = self.stored_connector(&alias.connector)?;
        let parent = self.parent(&alias).await?;
        let address = merged(&alias, parent.as_ref()).remove(INSTANCE_URL);
        Ok(Invitation {
            link,
            connector,
            alias: alias.name,
            address: address.and_then(|address| address.as_str().map(str::to_owned)),
            scopes: scopes(connector, GrantType::AuthorizationCode),
        })
    }

    /// Begins the consent that the link of that token asks for, for whoever is known as `begun_by`.
    ///
    /// # Errors
    /// As [`Engine::invitation`], and a finding when the alias is no longer as it was when the link was made.
    pub async fn accept_invitation(
        &self,
        token: &Secret,
        public_url: &Url,
        begun_by: String,
    ) -> Result<Authorization, NotAuthorized> {
        let link = self.open_link(token).await?;
        let alias = aliases::find(self.db(), link.alias_id).await?.ok_or_else(|| found(said::link_unknown()))?;
        let client_secret = match delegations::client_secret(self.db(), self.sealer(), link.id).await {
            Err(store::Error::Unsealable) => return Err(found(said::link_over())),
            other => other?,
        };
        let (client_id, public_url) = (link.client_id, public_url.clone());
        let input = BeginAuthorization { alias_id: alias.id, client_id, client_secret, public_url, begun_by };
        self.begin(&alias, input, Some(link.id)).await.map_err(|denied| match denied {
            Denied::Refused(refusals) => found(said::link_hindered(&refusals)),
            Denied::Failed(error) => NotAuthorized::Failed(error),
        })
    }

    async fn open_link(&self, token: &Secret) -> Result<DelegatedLink, NotAuthorized> {
        let link = delegations::find_by_token(self.db(), token).await?.ok_or_else(|| found(said::link_unknown()))?;
        // Leases and links run out by the database's clock.
        if link.is_open(self.db().now().await?) { Ok(link) } else { Err(found(said::link_over())) }
    }
}

fn life(hours: Option<i32>) -> Result<Duration, Refusal> {
    let hours = hours.unwrap_or(USUAL_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let message =
            format!("a link is good for 1 to {MOST_HOURS} hours, not {hours}; leave it out for {USUAL_HOURS}");
        return Err(Refusal::new(RefusalCode::Invalid, message).at(["expiresInHours"]));
    }
    Ok(Duration::from_secs(u64::from(hours.unsigned_abs()) * 3600))
}

fn too_many(alias: &str) -> Refusal {
    let message = format!("alias {alias} has {MOST_OPEN} open links already; revoke one that nobody needs");
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
