//! Accounts: the logins of an organisation.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, AccountId, ProfileId, accounts, subscriptions};

use super::error::{self, Result};
use super::filters::{self, DateTimeFilter, Direction, StringFilter};
use super::loaders::ActivitiesOf;
use super::paging::{Connection, Listed, Paging};
use super::profile::IntegrationProfile;
use super::scalars::DateTime;
use super::scope::{RequestScope, Scoped as _};
use super::subscription_row::{self, SoftwareSubscription};

/// A login in an organisation.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Account {
    /// Whether it may log in at all. An account that may not holds no user licence.
    active: bool,
    /// The cost centre, as the vendor has it.
    cost_center: Option<String>,
    /// The country, as written at the vendor.
    country: Option<String>,
    /// When the vendor created it.
    created_at: Option<DateTime>,
    /// The department, as the vendor has it.
    department: Option<String>,
    /// The name that the vendor shows.
    display_name: Option<String>,
    /// Its mail address, which need not be its own alone.
    email: Option<String>,
    /// The vendor's id, which never changes.
    external_id: String,
    /// When a sync first named it.
    first_seen_at: DateTime,
    /// Whether it is barred for now and keeps what it holds; null when the vendor does not let us see.
    frozen: Option<bool>,
    /// The global id.
    pub(crate) id: ID,
    /// Who or what logs in with it.
    kind: AccountKind,
    /// The newest evidence of use, of whatever kind; null when there is none.
    last_activity_at: Option<DateTime>,
    /// Whether there is no evidence at all that it was ever used.
    never_active: bool,
    /// When a sync found it gone; null while it exists.
    retired_at: Option<DateTime>,
    /// The job title, as the vendor has it.
    title: Option<String>,
    /// The name that it logs in with.
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
    /// The newest evidence of use of each kind: four entries at most.
    async fn activity(&self, ctx: &Context<'_>) -> Result<Vec<ActivitySummary>> {
        let activities = ctx.scope()?.load(ActivitiesOf(self.key)).await?.unwrap_or_default();
        Ok(activities.into_iter().map(ActivitySummary::from).collect())
    }

    /// The profile that sees it.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.scope()?.load(self.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }

    /// What it holds.
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

/// Who or what logs in with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::AccountKind")]
pub(crate) enum AccountKind {
    /// A person.
    Human,
    /// A system of the customer's that calls the vendor.
    Integration,
    /// A user that the vendor itself made: a guest, an automated process.
    Automated,
    /// The vendor says something that the connector does not know.
    Unknown,
}

/// The newest evidence of use of one kind.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ActivitySummary {
    /// What sort of use it was.
    kind: ActivityKind,
    /// When it happened.
    last_at: DateTime,
    /// Where the vendor says so, `User.LastLoginDate` for example.
    source: String,
}

impl From<store::ActivityRow> for ActivitySummary {
    fn from(row: store::ActivityRow) -> Self {
        Self { kind: row.kind.into(), last_at: row.last_at.into(), source: row.source }
    }
}

/// What sort of use an activity is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::ActivityKind")]
pub(crate) enum ActivityKind {
    /// A person at the vendor's own login page.
    Interactive,
    /// A program with a token or a password.
    Api,
    /// A person through single sign-on.
    Sso,
    /// Some use; the vendor does not say which.
    Other,
}

/// Leaves out the accounts that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AccountFilter {
    /// Whether the account may log in.
    active: Option<bool>,
    /// The department.
    department: Option<StringFilter>,
    /// The mail address.
    email: Option<StringFilter>,
    /// It was inactive for more than this many days; one never active counts from its creation.
    inactive_days: Option<i32>,
    /// Only accounts of these kinds.
    kind: Option<Vec<AccountKind>>,
    /// The newest evidence of use.
    last_activity_at: Option<DateTimeFilter>,
    /// Whether there is no evidence of use at all.
    never_active: Option<bool>,
    /// Only accounts of this profile.
    profile_id: Option<ID>,
    /// Whether the account is gone. Those that are gone are left out unless this is given.
    retired: Option<bool>,
    /// The shown name, the username, the mail address or the employee number holds this, whatever the case.
    search: Option<String>,
}

impl AccountFilter {
    pub(crate) fn read(self) -> Result<accounts::AccountFilter> {
        Ok(accounts::AccountFilter {
            profile_id: filters::id("filter.profileId", self.profile_id.as_ref())?,
            active: self.active,
            kind: filters::each(self.kind),
            email: self.email.map(Into::into),
            department: self.department.map(Into::into),
            last_activity_at: self.last_activity_at.map(Into::into),
            inactive_days: filters::days("filter.inactiveDays", self.inactive_days)?,
            never_active: self.never_active,
            retired: self.retired,
            search: self.search,
        })
    }
}

/// How a list of accounts is ordered; equal ones are told apart by their id.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct AccountOrder {
    /// Which way it runs.
    direction: Direction,
    /// What it goes by.
    field: AccountOrderField,
}

/// What a list of accounts can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "accounts::AccountOrderField")]
pub(crate) enum AccountOrderField {
    /// The username.
    Username,
    /// The newest evidence of use; accounts without any count as the earliest.
    LastActivityAt,
    /// When a sync first named the account.
    FirstSeenAt,
}

impl Listed for Account {
    type Total = accounts::AccountFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        accounts::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of accounts.
pub(crate) async fn page(
    ctx: &Context<'_>,
    filter: accounts::AccountFilter,
    order: Option<AccountOrder>,
    paging: &Paging,
) -> Result<Connection<Account>> {
    let order = order.unwrap_or(AccountOrder { direction: Direction::Asc, field: AccountOrderField::Username });
    let listing = format!("accounts by {:?} {:?}", order.field, order.direction);
    let request = paging.read(&listing)?;
    let order = accounts::AccountOrder { field: order.field.into(), direction: order.direction.into() };
    let page = accounts::page(&ctx.scope()?.db, &filter, &request, order).await;
    let page = page.map_err(|error| error::store(&error))?;
    Ok(Connection::of(&listing, page, filter, Account::from))
}
