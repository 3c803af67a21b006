//! Delegated links: who may connect an alias without an account here, and until when.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use seatgraph_store as store;

use super::alias::ConnectionAlias;
use super::error::{self, Result};
use super::scalars::DateTime;
use super::scope::Scoped as _;

/// A link that lets somebody without an account here authorise one connection, once. The address itself was shown when
/// it was made, and is not kept.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct DelegatedLink {
    /// The application's public name at the vendor; null when it is the one that the alias has.
    client_id: Option<String>,
    /// When it was made.
    created_at: DateTime,
    /// Who made it.
    created_by: String,
    /// Until when it can be followed.
    expires_at: DateTime,
    /// The global id.
    pub(crate) id: ID,
    /// When it was revoked; null unless it was.
    revoked_at: Option<DateTime>,
    /// When the alias was connected with it; null before.
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
    /// The alias that it connects.
    async fn alias(&self, ctx: &Context<'_>) -> Result<ConnectionAlias> {
        let alias = ctx.scope()?.load(self.row.alias_id).await?;
        alias.map(ConnectionAlias::from).ok_or_else(error::dangling)
    }

    /// Whether it can be followed.
    async fn state(&self, ctx: &Context<'_>) -> Result<DelegatedLinkState> {
        let now = ctx.scope()?.now;
        Ok(match &self.row {
            row if row.used_at.is_some() => DelegatedLinkState::Used,
            row if row.revoked_at.is_some() => DelegatedLinkState::Revoked,
            row if row.is_open(now) => DelegatedLinkState::Open,
            _ => DelegatedLinkState::Expired,
        })
    }
}

/// Whether a delegated link can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum DelegatedLinkState {
    /// It can be followed.
    Open,
    /// The alias was connected with it, and it is worth nothing any more.
    Used,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
}
