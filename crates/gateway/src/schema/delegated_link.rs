//! Delegated links: one-time links for authorising an alias without a Seatgraph account.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use seatgraph_store as store;

use super::alias::ConnectionAlias;
use super::context::HasRequest as _;
use super::error::{self, Result};
use super::scalars::DateTime;

/// A one-time link that lets a person without a Seatgraph account authorise a connection alias. The URL is returned
/// only when the link is created.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct DelegatedLink {
    /// OAuth client ID. Null if the client ID of the alias is used.
    client_id: Option<String>,
    /// Creation time.
    created_at: DateTime,
    /// Creator: ID of an API token, a user, or the command line.
    created_by: String,
    /// Expiry time.
    expires_at: DateTime,
    /// Global ID.
    pub(crate) id: ID,
    /// Revocation time. Null if the link was not revoked.
    revoked_at: Option<DateTime>,
    /// Time when the alias was authorised with this link. Null if the link was not used.
    used_at: Option<DateTime>,
    #[graphql(skip)]
    row: store::DelegatedLink,
}

impl From<store::DelegatedLink> for DelegatedLink {
    fn from(row: store::DelegatedLink) -> Self {
        Self {
            client_id: row.client_id.clone(),
            created_at: row.created_at.into(),
            created_by: row.created_by.clone(),
            expires_at: row.expires_at.into(),
            id: row.id.to_string().into(),
            revoked_at: row.revoked_at.map(DateTime),
            used_at: row.used_at.map(DateTime),
            row,
        }
    }
}

#[ComplexObject]
impl DelegatedLink {
    /// The alias that the link authorises.
    async fn alias(&self, ctx: &Context<'_>) -> Result<ConnectionAlias> {
        let alias = ctx.request()?.load(self.row.alias_id).await?;
        alias.map(ConnectionAlias::from).ok_or_else(error::dangling)
    }

    /// State of the link.
    async fn state(&self, ctx: &Context<'_>) -> Result<DelegatedLinkState> {
        let now = ctx.request()?.now;
        Ok(match &self.row {
            row if row.used_at.is_some() => DelegatedLinkState::Used,
            row if row.revoked_at.is_some() => DelegatedLinkState::Revoked,
            row if row.is_open(now) => DelegatedLinkState::Open,
            _ => DelegatedLinkState::Expired,
        })
    }
}

/// State of a delegated link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum DelegatedLinkState {
    /// The link can be used.
    Open,
    /// The alias was authorised with the link. It cannot be used again.
    Used,
    /// The link was revoked.
    Revoked,
    /// The link has expired.
    Expired,
}
