//! Licence pools: what an organisation says it bought.

use async_graphql::{ComplexObject, Context, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, IdentifierId, PoolId, ProfileId, pools};

use super::error::{self, Result};
use super::filters;
use super::loaders::{AssignedOf, ModelsOf};
use super::model::SoftwareModel;
use super::paging::{Connection, Listed, Paging};
use super::profile::IntegrationProfile;
use super::scalars::{Date, DateTime, int};
use super::scope::{RequestScope, Scoped as _};
use super::subscription_row::SubscriptionIdentifier;

/// How the list of pools is ordered, for its cursors.
const LISTING: &str = "licensePools by FIRST_SEEN_AT ASC";

/// What an organisation says it bought of one subscription identifier. One pool may serve several software models: Sales
/// Cloud and Service Cloud share a licence.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct LicensePool {
    /// Seats bought and not used, by the vendor's count; null when the vendor does not say.
    available: Option<i32>,
    /// The last day of the term; null when the vendor does not say.
    expires_at: Option<Date>,
    /// The global id.
    pub(crate) id: ID,
    /// The vendor's word for its state, `Active` for example.
    status: Option<String>,
    /// Seats bought; null when the vendor does not say.
    total: Option<i32>,
    /// When a sync last found it different.
    updated_at: DateTime,
    /// Seats that the vendor counts as used; null when it does not say.
    used: Option<i32>,
    #[graphql(skip)]
    key: PoolId,
    #[graphql(skip)]
    profile_id: ProfileId,
    #[graphql(skip)]
    identifier_id: IdentifierId,
}

impl From<store::PoolRow> for LicensePool {
    fn from(row: store::PoolRow) -> Self {
        let available = row.total.zip(row.used).map(|(total, used)| total.saturating_sub(used));
        Self {
            available: available.map(int),
            expires_at: row.expires_on.map(Date),
            id: row.id.to_string().into(),
            status: row.status,
            total: row.total.map(int),
            updated_at: row.updated_at.into(),
            used: row.used.map(int),
            key: row.id,
            profile_id: row.profile_id,
            identifier_id: row.identifier_id,
        }
    }
}

#[ComplexObject]
impl LicensePool {
    /// How many subscriptions take a seat from it, by the gateway's count. It differs from `used` where the vendor counts
    /// seats that nobody can be named for.
    async fn assigned(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.scope()?.load(AssignedOf(self.key)).await?.map_or(0, int))
    }

    /// What the pool is of.
    async fn identifier(&self, ctx: &Context<'_>) -> Result<SubscriptionIdentifier> {
        let found = ctx.scope()?.load(self.identifier_id).await?;
        found.map(SubscriptionIdentifier::from).ok_or_else(error::dangling)
    }

    /// The software models that its seats are used for. As many as the vendor lets share a licence.
    async fn models(&self, ctx: &Context<'_>) -> Result<Vec<SoftwareModel>> {
        let models = ctx.scope()?.load(ModelsOf(self.key)).await?.unwrap_or_default();
        Ok(models.into_iter().map(SoftwareModel::from).collect())
    }

    /// The profile that sees it.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.scope()?.load(self.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }
}

/// Leaves out the pools that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct LicensePoolFilter {
    /// Only pools of this profile.
    profile_id: Option<ID>,
}

impl LicensePoolFilter {
    pub(crate) fn read(&self) -> Result<pools::PoolFilter> {
        Ok(pools::PoolFilter { profile_id: filters::id("filter.profileId", self.profile_id.as_ref())? })
    }
}

impl Listed for LicensePool {
    type Total = pools::PoolFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        pools::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of pools.
pub(crate) async fn page(
    scope: &RequestScope,
    filter: pools::PoolFilter,
    paging: &Paging,
) -> Result<Connection<LicensePool>> {
    let request = paging.read(LISTING)?;
    let page = pools::page(&scope.db, &filter, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(LISTING, page, filter, LicensePool::from))
}
