//! Subscriptions: who holds what, and when it was last used. The hottest list, read by one joined statement.

use std::borrow::Cow;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Lookahead, SimpleObject};
use chrono::Utc;
use seatgraph_store::{self as store, ModelId, PoolId, ProfileId, SubscriptionRow, subscriptions};

use super::account::Account;
use super::error::{self, Result};
use super::filters::{self, DateTimeFilter, Direction, StringFilter};
use super::model::SoftwareModel;
use super::paging::{Connection, Listed, Paging};
use super::pool::LicensePool;
use super::profile::IntegrationProfile;
use super::scalars::{DateTime, int};
use super::scope::{RequestScope, Scoped as _};

/// One account holding one subscription identifier. (GraphQL's own word Subscription is the root of streams.)
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SoftwareSubscription {
    /// When it was assigned; null when the vendor does not say.
    assigned_at: Option<DateTime>,
    /// Whole days since the account was last active, or else since it was created. An account may have been active
    /// without this subscription; the vendor does not tell them apart.
    days_inactive: i32,
    /// When a sync first named it.
    first_seen_at: DateTime,
    /// The global id.
    pub(crate) id: ID,
    /// What the vendor calls the thing that is held.
    identifier: SubscriptionIdentifier,
    /// The newest evidence that the account was used; null when there is none.
    last_activity_at: Option<DateTime>,
    /// When a sync found that nobody holds it any more; null while it is held.
    retired_at: Option<DateTime>,
    /// How it stands.
    state: SubscriptionState,
    #[graphql(skip)]
    profile_id: ProfileId,
    #[graphql(skip)]
    account: Account,
    #[graphql(skip)]
    model_id: Option<ModelId>,
    /// Joined where the request goes on to ask for it.
    #[graphql(skip)]
    model: Option<SoftwareModel>,
    #[graphql(skip)]
    pool_id: Option<PoolId>,
    /// Joined where the request goes on to ask for it.
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
    /// Who holds it.
    async fn account(&self) -> &Account {
        &self.account
    }

    /// The software model that the identifier stands for; null while the identifier is unrecognized.
    async fn model(&self, ctx: &Context<'_>) -> Result<Option<Cow<'_, SoftwareModel>>> {
        match (&self.model, self.model_id) {
            (Some(model), _) => Ok(Some(Cow::Borrowed(model))),
            (None, Some(id)) => Ok(ctx.scope()?.load(id).await?.map(|model| Cow::Owned(model.into()))),
            (None, None) => Ok(None),
        }
    }

    /// The licence pool that the seat is taken from; null when there is none.
    async fn pool(&self, ctx: &Context<'_>) -> Result<Option<Cow<'_, LicensePool>>> {
        match (&self.pool, self.pool_id) {
            (Some(pool), _) => Ok(Some(Cow::Borrowed(pool))),
            (None, Some(id)) => Ok(ctx.scope()?.load(id).await?.map(|pool| Cow::Owned(pool.into()))),
            (None, None) => Ok(None),
        }
    }

    /// The profile that sees it.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.scope()?.load(self.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }
}

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "subscriptions::SubscriptionState")]
pub(crate) enum SubscriptionState {
    /// It is held by an account that may log in.
    Assigned,
    /// It is held by an account that is barred for now.
    Frozen,
    /// It is not held any more, or the account that held it is gone.
    Retired,
}

/// What a vendor calls a thing that is held.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct SubscriptionIdentifier {
    /// The vendor's key within the kind, `SFDC` for example.
    pub(crate) key: String,
    /// The vendor's kind of licence, `USER_LICENSE` for example.
    kind: String,
    /// The name that the vendor shows, as last seen.
    pub(crate) name: String,
}

impl From<store::IdentifierRow> for SubscriptionIdentifier {
    fn from(row: store::IdentifierRow) -> Self {
        Self { key: row.key, kind: row.kind, name: row.name }
    }
}

/// Leaves out the subscriptions that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct SubscriptionFilter {
    /// Only what this account holds.
    account_id: Option<ID>,
    /// The holder's department.
    department: Option<StringFilter>,
    /// The vendor's key of what is held.
    identifier_key: Option<StringFilter>,
    /// The holder was inactive for more than this many days; one never active counts from its creation.
    inactive_days: Option<i32>,
    /// The newest evidence that the holder was active.
    last_activity_at: Option<DateTimeFilter>,
    /// Only subscriptions of this software model.
    model_id: Option<ID>,
    /// Whether there is no evidence at all that the holder was ever active.
    never_active: Option<bool>,
    /// Only subscriptions of this profile.
    profile_id: Option<ID>,
    /// The holder's shown name, username, mail address or employee number holds this, whatever the case.
    search: Option<String>,
    /// Only subscriptions in one of these states. Retired ones are left out unless this is given.
    state: Option<Vec<SubscriptionState>>,
    /// Whether what is held is still unrecognized.
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

/// How a list of subscriptions is ordered; equal ones are told apart by their id.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct SubscriptionOrder {
    /// Which way it runs.
    direction: Direction,
    /// What it goes by.
    field: SubscriptionOrderField,
}

/// What a list of subscriptions can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "subscriptions::SubscriptionOrderField")]
#[expect(clippy::enum_variant_names, reason = "the names are those of the fields they order by")]
pub(crate) enum SubscriptionOrderField {
    /// The newest evidence that the holder was active; none counts as the earliest.
    LastActivityAt,
    /// When the subscription was assigned; an unknown moment counts as the earliest.
    AssignedAt,
    /// When a sync first named the subscription.
    FirstSeenAt,
}

impl Listed for SoftwareSubscription {
    type Total = subscriptions::SubscriptionFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        subscriptions::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of subscriptions by one statement, joining what the request goes on to ask for.
pub(crate) async fn page(
    ctx: &Context<'_>,
    filter: subscriptions::SubscriptionFilter,
    order: Option<SubscriptionOrder>,
    paging: &Paging,
) -> Result<Connection<SoftwareSubscription>> {
    let order =
        order.unwrap_or(SubscriptionOrder { direction: Direction::Asc, field: SubscriptionOrderField::FirstSeenAt });
    let listing = format!("subscriptions by {:?} {:?}", order.field, order.direction);
    let request = paging.read(&listing)?;
    let order = subscriptions::SubscriptionOrder { field: order.field.into(), direction: order.direction.into() };
    let (scope, joins) = (ctx.scope()?, joins(&ctx.look_ahead()));
    let page = subscriptions::page(&scope.db, &filter, &request, order, joins).await;
    let page = page.map_err(|error| error::store(&error))?;
    Ok(Connection::of(&listing, page, filter, |row| SoftwareSubscription::of(row, scope.now)))
}

/// Finds what a page of subscriptions is asked for beyond the holders.
fn joins(connection: &Lookahead<'_>) -> subscriptions::Joins {
    let asked = |relation| {
        let by_nodes = connection.field("nodes").field(relation).exists();
        by_nodes || connection.field("edges").field("node").field(relation).exists()
    };
    subscriptions::Joins { model: asked("model"), pool: asked("pool") }
}
