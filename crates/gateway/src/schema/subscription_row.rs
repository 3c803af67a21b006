//! Subscriptions. The most frequent list; one joined statement reads it.

use std::borrow::Cow;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Lookahead, SimpleObject};
use chrono::Utc;
use seatgraph_store::{self as store, ModelId, PoolId, ProfileId, SubscriptionRow, subscriptions};

use super::account::Account;
use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::filters::{self, DateTimeFilter, Direction, StringFilter};
use super::model::SoftwareModel;
use super::paging::{Connection, Paged, Paging};
use super::pool::LicensePool;
use super::profile::IntegrationProfile;
use super::scalars::{DateTime, int};

/// One account that holds one subscription identifier. (The GraphQL type `Subscription` is the root of streams.)
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SoftwareSubscription {
    /// Time when the subscription was assigned. Null if the vendor does not report it.
    assigned_at: Option<DateTime>,
    /// Full days since the account was last active, or since its creation if it never was. Vendors report activity per
    /// account, not per subscription.
    days_inactive: i32,
    /// Time when a sync first reported the subscription.
    first_seen_at: DateTime,
    /// Global ID.
    pub(crate) id: ID,
    /// Subscription identifier that the account holds.
    identifier: SubscriptionIdentifier,
    /// Time of the account's newest activity. Null if there is none.
    last_activity_at: Option<DateTime>,
    /// Time when a sync found that the subscription is no longer assigned. Null while it is assigned.
    retired_at: Option<DateTime>,
    /// State of the subscription.
    state: SubscriptionState,
    #[graphql(skip)]
    profile_id: ProfileId,
    #[graphql(skip)]
    account: Account,
    #[graphql(skip)]
    model_id: Option<ModelId>,
    /// Set only if the request selects it.
    #[graphql(skip)]
    model: Option<SoftwareModel>,
    #[graphql(skip)]
    pool_id: Option<PoolId>,
    /// Set only if the request selects it.
    #[graphql(skip)]
    pool: Option<LicensePool>,
}

impl SoftwareSubscription {
    pub(crate) fn of(row: SubscriptionRow, now: chrono::DateTime<Utc>) -> Self {
        let SubscriptionRow { subscription, account, identifier, model, pool } = row;
        Self {
            assigned_at: subscription.assigned_at.map(DateTime),
            days_inactive: int((now - account.idle_since).num_days().max(0)),
            first_seen_at: subscription.first_seen_at.into(),
            id: subscription.id.to_string().into(),
            last_activity_at: account.last_activity_at.map(DateTime),
            retired_at: subscription.retired_at.or(account.retired_at).map(DateTime),
            state: subscriptions::SubscriptionState::of(&subscription, &account).into(),
            profile_id: subscription.profile_id,
            model_id: identifier.model_id,
            model: model.map(SoftwareModel::from),
            pool_id: subscription.pool_id,
            pool: pool.map(LicensePool::from),
            identifier: identifier.into(),
            account: account.into(),
        }
    }
}

#[ComplexObject]
impl SoftwareSubscription {
    /// The account that holds the subscription.
    async fn account(&self) -> &Account {
        &self.account
    }

    /// Software model of the identifier. Null if the identifier is unrecognized.
    async fn model(&self, ctx: &Context<'_>) -> Result<Option<Cow<'_, SoftwareModel>>> {
        match (&self.model, self.model_id) {
            (Some(model), _) => Ok(Some(Cow::Borrowed(model))),
            (None, Some(id)) => Ok(ctx.request()?.load(id).await?.map(|model| Cow::Owned(model.into()))),
            (None, None) => Ok(None),
        }
    }

    /// Licence pool whose seat the subscription uses. Null if there is none.
    async fn pool(&self, ctx: &Context<'_>) -> Result<Option<Cow<'_, LicensePool>>> {
        match (&self.pool, self.pool_id) {
            (Some(pool), _) => Ok(Some(Cow::Borrowed(pool))),
            (None, Some(id)) => Ok(ctx.request()?.load(id).await?.map(|pool| Cow::Owned(pool.into()))),
            (None, None) => Ok(None),
        }
    }

    /// Profile of the organisation that the subscription belongs to.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.request()?.load(self.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }
}

/// State of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "subscriptions::SubscriptionState")]
pub(crate) enum SubscriptionState {
    /// Assigned to an account that can log in.
    Assigned,
    /// Assigned to a frozen account.
    Frozen,
    /// No longer assigned, or the account no longer exists.
    Retired,
}

/// The vendor's identifier of a kind of subscription.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct SubscriptionIdentifier {
    /// Key assigned by the vendor, unique within `kind`, such as `SFDC`.
    pub(crate) key: String,
    /// Kind of licence at the vendor, such as `USER_LICENSE`.
    kind: String,
    /// Display name at the vendor, as last reported.
    pub(crate) name: String,
}

impl From<store::IdentifierRow> for SubscriptionIdentifier {
    fn from(row: store::IdentifierRow) -> Self {
        Self { key: row.key, kind: row.kind, name: row.name }
    }
}

/// Filters subscriptions. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct SubscriptionFilter {
    /// Only subscriptions of this account.
    account_id: Option<ID>,
    /// Department of the account.
    department: Option<StringFilter>,
    /// Key of the subscription identifier.
    identifier_key: Option<StringFilter>,
    /// Account inactive for more than this number of days. For accounts without activity, days count from creation.
    inactive_days: Option<i32>,
    /// Time of the account's newest activity.
    last_activity_at: Option<DateTimeFilter>,
    /// Only subscriptions of this software model.
    model_id: Option<ID>,
    /// Whether the account has no recorded activity.
    never_active: Option<bool>,
    /// Only subscriptions of this profile.
    profile_id: Option<ID>,
    /// Case-insensitive text contained in the account's display name, username, e-mail address or employee number.
    search: Option<String>,
    /// Only subscriptions in one of these states. If omitted, retired subscriptions are excluded.
    state: Option<Vec<SubscriptionState>>,
    /// Whether the identifier is unrecognized.
    unrecognized: Option<bool>,
}

impl SubscriptionFilter {
    pub(crate) fn read(self) -> Result<subscriptions::SubscriptionFilter> {
        Ok(subscriptions::SubscriptionFilter {
            profile_id: filters::id("filter.profileId", self.profile_id.as_ref())?,
            model_id: filters::id("filter.modelId", self.model_id.as_ref())?,
            account_id: filters::id("filter.accountId", self.account_id.as_ref())?,
            identifier_key: self.identifier_key.map(Into::into),
            state: filters::each(self.state),
            last_activity_at: self.last_activity_at.map(Into::into),
            inactive_days: filters::days("filter.inactiveDays", self.inactive_days)?,
            never_active: self.never_active,
            department: self.department.map(Into::into),
            unrecognized: self.unrecognized,
            search: self.search,
        })
    }
}

/// Sort order of subscriptions. Subscriptions with equal values are ordered by ID.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct SubscriptionOrder {
    /// Sort direction.
    direction: Direction,
    /// Sort field.
    field: SubscriptionOrderField,
}

/// Fields by which subscriptions can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "subscriptions::SubscriptionOrderField")]
#[expect(clippy::enum_variant_names, reason = "the names are those of the fields they order by")]
pub(crate) enum SubscriptionOrderField {
    /// Time of the account's newest activity. Accounts without activity sort as the earliest.
    LastActivityAt,
    /// Time when the subscription was assigned. Unknown times sort as the earliest.
    AssignedAt,
    /// Time when a sync first reported the subscription.
    FirstSeenAt,
}

impl Paged for SoftwareSubscription {
    type Total = subscriptions::SubscriptionFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        subscriptions::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Returns a page of subscriptions with one statement. It joins what the request selects.
pub(crate) async fn page(
    ctx: &Context<'_>,
    filter: subscriptions::SubscriptionFilter,
    order: Option<SubscriptionOrder>,
    paging: &Paging,
) -> Result<Connection<SoftwareSubscription>> {
    let order =
        order.unwrap_or(SubscriptionOrder { direction: Direction::Asc, field: SubscriptionOrderField::FirstSeenAt });
    let listing = format!("subscriptions by {:?} {:?}", order.field, order.direction);
    let rows = paging.read(&listing)?;
    let order = subscriptions::SubscriptionOrder { field: order.field.into(), direction: order.direction.into() };
    let (request, joins) = (ctx.request()?, joins(&ctx.look_ahead()));
    let page = subscriptions::page(&request.db, &filter, &rows, order, joins).await;
    let page = page.map_err(error::store)?;
    Ok(Connection::of(&listing, page, filter, |row| SoftwareSubscription::of(row, request.now)))
}

/// Determines which joins the request needs besides the accounts.
fn joins(connection: &Lookahead<'_>) -> subscriptions::Joins {
    let asked = |relation| {
        let by_nodes = connection.field("nodes").field(relation).exists();
        by_nodes || connection.field("edges").field("node").field(relation).exists()
    };
    subscriptions::Joins { model: asked("model"), pool: asked("pool") }
}
