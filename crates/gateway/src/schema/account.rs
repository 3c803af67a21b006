//! Accounts: the logins in an organisation.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, AccountId, ProfileId, accounts, subscriptions};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::filters::{self, DateTimeFilter, Direction, StringFilter};
use super::loaders::ActivitiesOf;
use super::paging::{Connection, Paged, Paging};
use super::profile::IntegrationProfile;
use super::scalars::DateTime;
use super::subscription_row::{self, SoftwareSubscription};

/// A login in an organisation.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Account {
    /// Whether the account can log in. An inactive account has no user licence.
    active: bool,
    /// Company, as recorded by the vendor. Null if not recorded.
    company: Option<String>,
    /// Cost centre, as recorded by the vendor. Null if not recorded.
    cost_center: Option<String>,
    /// Country, as recorded by the vendor. Null if not recorded.
    country: Option<String>,
    /// Time when the account was created at the vendor. Null if the vendor does not report it.
    created_at: Option<DateTime>,
    /// Department, as recorded by the vendor. Null if not recorded.
    department: Option<String>,
    /// Display name at the vendor. Null if there is none.
    display_name: Option<String>,
    /// E-mail address. Several accounts can share one. Null if there is none.
    email: Option<String>,
    /// ID assigned by the vendor. It never changes.
    external_id: String,
    /// Time when a sync first reported the account.
    first_seen_at: DateTime,
    /// Whether the account is frozen: it cannot log in but keeps its licences. Null if the vendor hides it.
    frozen: Option<bool>,
    /// Global ID.
    pub(crate) id: ID,
    /// Kind of the account.
    kind: AccountKind,
    /// Time of the newest activity of any kind. Null if there is none.
    last_activity_at: Option<DateTime>,
    /// Whether the account has no recorded activity.
    never_active: bool,
    /// Time when a sync found that the account no longer exists. Null while it exists.
    retired_at: Option<DateTime>,
    /// Job title, as recorded by the vendor. Null if not recorded.
    title: Option<String>,
    /// Login name.
    username: String,
    #[graphql(skip)]
    key: AccountId,
    #[graphql(skip)]
    profile_id: ProfileId,
}

impl From<store::Account> for Account {
    fn from(row: store::Account) -> Self {
        Self {
            active: row.active,
            company: row.company,
            cost_center: row.cost_center,
            country: row.country,
            created_at: row.vendor_created_at.map(DateTime),
            department: row.department,
            display_name: row.display_name,
            email: row.email,
            external_id: row.external_id,
            first_seen_at: row.first_seen_at.into(),
            frozen: row.frozen,
            id: row.id.to_string().into(),
            kind: row.kind.into(),
            last_activity_at: row.last_activity_at.map(DateTime),
            never_active: row.last_activity_at.is_none(),
            retired_at: row.retired_at.map(DateTime),
            title: row.title,
            username: row.username,
            key: row.id,
            profile_id: row.profile_id,
        }
    }
}

#[ComplexObject]
impl Account {
    /// Newest activity of each kind. At most four entries.
    async fn activity(&self, ctx: &Context<'_>) -> Result<Vec<ActivitySummary>> {
        let activities = ctx.request()?.load(ActivitiesOf(self.key)).await?.unwrap_or_default();
        Ok(activities.into_iter().map(ActivitySummary::from).collect())
    }

    /// Profile of the organisation that the account belongs to.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.request()?.load(self.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }

    /// Subscriptions of the account. Retired subscriptions are excluded.
    async fn subscriptions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<SoftwareSubscription>> {
        let filter = subscriptions::SubscriptionFilter { account_id: Some(self.key), ..Default::default() };
        subscription_row::page(ctx, filter, None, &Paging::forward(first, after)).await
    }
}

/// Kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::AccountKind")]
pub(crate) enum AccountKind {
    /// A person.
    Human,
    /// A system of the customer that uses the vendor's API.
    Integration,
    /// A system user that the vendor created, such as a guest user or an automated process.
    Automated,
    /// A kind that the connector does not know.
    Unknown,
}

/// The newest activity of one kind.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ActivitySummary {
    /// Kind of activity.
    kind: ActivityKind,
    /// Time of the activity.
    last_at: DateTime,
    /// Vendor field or object that the activity comes from, such as `User.LastLoginDate`.
    source: String,
}

impl From<store::ActivityRow> for ActivitySummary {
    fn from(row: store::ActivityRow) -> Self {
        Self { kind: row.kind.into(), last_at: row.last_at.into(), source: row.source }
    }
}

/// Kind of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::ActivityKind")]
pub(crate) enum ActivityKind {
    /// Login on the vendor's login page.
    Interactive,
    /// API access with a token or password.
    Api,
    /// Login through single sign-on.
    Sso,
    /// Activity of a kind that the vendor does not report.
    Other,
}

/// Filters accounts. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AccountFilter {
    /// Whether the account can log in.
    active: Option<bool>,
    /// Company.
    company: Option<StringFilter>,
    /// Department.
    department: Option<StringFilter>,
    /// E-mail address.
    email: Option<StringFilter>,
    /// Inactive for more than this number of days. For accounts without activity, days count from creation.
    inactive_days: Option<i32>,
    /// Only accounts of these kinds.
    kind: Option<Vec<AccountKind>>,
    /// Time of the newest activity.
    last_activity_at: Option<DateTimeFilter>,
    /// Whether the account has no recorded activity.
    never_active: Option<bool>,
    /// Only accounts of this profile.
    profile_id: Option<ID>,
    /// Whether the account is retired. If omitted, retired accounts are excluded.
    retired: Option<bool>,
    /// Case-insensitive text contained in the display name, username, e-mail address or employee number.
    search: Option<String>,
}

impl AccountFilter {
    pub(crate) fn read(self) -> Result<accounts::AccountFilter> {
        Ok(accounts::AccountFilter {
            profile_id: filters::id("filter.profileId", self.profile_id.as_ref())?,
            active: self.active,
            kind: filters::each(self.kind),
            email: self.email.map(Into::into),
            company: self.company.map(Into::into),
            department: self.department.map(Into::into),
            last_activity_at: self.last_activity_at.map(Into::into),
            inactive_days: filters::days("filter.inactiveDays", self.inactive_days)?,
            never_active: self.never_active,
            retired: self.retired,
            search: self.search,
        })
    }
}

/// Sort order of accounts. Accounts with equal values are ordered by ID.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct AccountOrder {
    /// Sort direction.
    direction: Direction,
    /// Sort field.
    field: AccountOrderField,
}

/// Fields by which accounts can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "accounts::AccountOrderField")]
pub(crate) enum AccountOrderField {
    /// Username.
    Username,
    /// Time of the newest activity. Accounts without activity sort as the earliest.
    LastActivityAt,
    /// Time when a sync first reported the account.
    FirstSeenAt,
}

impl Paged for Account {
    type Total = accounts::AccountFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        accounts::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Returns a page of accounts.
pub(crate) async fn page(
    ctx: &Context<'_>,
    filter: accounts::AccountFilter,
    order: Option<AccountOrder>,
    paging: &Paging,
) -> Result<Connection<Account>> {
    let order = order.unwrap_or(AccountOrder { direction: Direction::Asc, field: AccountOrderField::Username });
    let listing = format!("accounts by {:?} {:?}", order.field, order.direction);
    let rows = paging.read(&listing)?;
    let order = accounts::AccountOrder { field: order.field.into(), direction: order.direction.into() };
    let page = accounts::page(&ctx.request()?.db, &filter, &rows, order).await;
    let page = page.map_err(error::store)?;
    Ok(Connection::of(&listing, page, filter, Account::from))
}
