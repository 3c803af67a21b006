//! Licence pools: the purchased seats that an organisation reports.

use async_graphql::{ComplexObject, Context, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, IdentifierId, PoolId, ProfileId, pools};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::filters;
use super::loaders::{AssignedOf, ModelsOf};
use super::model::SoftwareModel;
use super::paging::{Connection, Paged, Paging};
use super::profile::IntegrationProfile;
use super::scalars::{Date, DateTime, int};
use super::subscription_row::SubscriptionIdentifier;

/// Name and order of this list, part of its cursors.
const LISTING: &str = "licensePools by FIRST_SEEN_AT ASC";

/// The seats of one subscription identifier that an organisation has purchased. A pool can serve several software
/// models; for example, Sales Cloud and Service Cloud share one licence.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct LicensePool {
    /// Number of unused seats, as counted by the vendor. Null if the vendor does not report it.
    available: Option<i32>,
    /// Last day of the term. Null if the vendor does not report it.
    expires_at: Option<Date>,
    /// Global ID.
    pub(crate) id: ID,
    /// Status as reported by the vendor, such as `Active`. Null if the vendor does not report it.
    status: Option<String>,
    /// Number of purchased seats. Null if the vendor does not report it.
    total: Option<i32>,
    /// Time when a sync last found a change.
    updated_at: DateTime,
    /// Number of used seats, as counted by the vendor. Null if the vendor does not report it.
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
    /// Number of current subscriptions that use a seat of this pool. It differs from `used` if the vendor counts seats
    /// that belong to no account.
    async fn assigned(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.request()?.load(AssignedOf(self.key)).await?.map_or(0, int))
    }

    /// Subscription identifier of the pool.
    async fn identifier(&self, ctx: &Context<'_>) -> Result<SubscriptionIdentifier> {
        let found = ctx.request()?.load(self.identifier_id).await?;
        found.map(SubscriptionIdentifier::from).ok_or_else(error::dangling)
    }

    /// Software models of the pool. The list is bounded by the products that share the licence.
    async fn models(&self, ctx: &Context<'_>) -> Result<Vec<SoftwareModel>> {
        let models = ctx.request()?.load(ModelsOf(self.key)).await?.unwrap_or_default();
        Ok(models.into_iter().map(SoftwareModel::from).collect())
    }

    /// Profile of the organisation that the pool belongs to.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.request()?.load(self.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }
}

/// Filters licence pools. All given conditions must match.
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

impl Paged for LicensePool {
    type Total = pools::PoolFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        pools::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Returns a page of pools.
pub(crate) async fn page(
    request: &RequestContext,
    filter: pools::PoolFilter,
    paging: &Paging,
) -> Result<Connection<LicensePool>> {
    let rows = paging.read(LISTING)?;
    let page = pools::page(&request.db, &filter, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, filter, LicensePool::from))
}
