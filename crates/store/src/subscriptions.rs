//! Reading subscriptions with their account, identifier, model and pool, in one joined statement.

mod activity;
mod filter;

use std::collections::HashMap;

use diesel::dsl::Filter;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

pub use filter::{SubscriptionFilter, SubscriptionState};

use crate::db::with_conn;
use crate::listing::{Key, by_key, by_optional_time, by_time};
use crate::schema::{accounts, license_pools, software_models, subscription_identifiers, subscriptions};
use crate::visibility::{InProfiles, Limited};
use crate::{
    Account, Direction, IdentifierRow, Model, PageOf, PageRequest, PoolRow, Reader, Result, Subscription,
    SubscriptionId,
};
use activity::by_activity;
use filter::apply_filter;

/// A subscription with its related rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionRow {
    /// The subscription.
    pub subscription: Subscription,
    /// The holder.
    pub account: Account,
    /// The identifier.
    pub identifier: IdentifierRow,
    /// The model of the identifier; `None` if unresolved or not requested.
    pub model: Option<Model>,
    /// The licence pool; `None` if there is none or not requested.
    pub pool: Option<PoolRow>,
}

/// The optional joins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Joins {
    /// The model of the identifier.
    pub model: bool,
    /// The licence pool.
    pub pool: bool,
}

/// Order of a list of subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionOrder {
    /// Sort key.
    pub field: SubscriptionOrderField,
    /// Direction.
    pub direction: Direction,
}

/// Sort keys of a list of subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionOrderField {
    /// The newest evidence that the holder was active; none counts as the earliest.
    LastActivityAt,
    /// Time of the assignment; unknown times count as the earliest.
    AssignedAt,
    /// Time when a sync first reported it.
    FirstSeenAt,
}

impl SubscriptionOrderField {
    const fn name(self) -> &'static str {
        match self {
            Self::LastActivityAt => "subscriptions by LAST_ACTIVITY_AT",
            Self::AssignedAt => "subscriptions by ASSIGNED_AT",
            Self::FirstSeenAt => "subscriptions by FIRST_SEEN_AT",
        }
    }

    fn key(self, row: &SubscriptionRow) -> Key {
        match self {
            Self::LastActivityAt => Key::Activity(row.account.last_activity_at, row.account.id.as_uuid()),
            Self::AssignedAt => Key::At(row.subscription.assigned_at),
            Self::FirstSeenAt => Key::At(Some(row.subscription.first_seen_at)),
        }
    }
}

/// The subscriptions that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Filter<subscriptions::table, Limited<InProfiles<subscriptions::profile_id>>> {
    subscriptions::table.filter(db.limited(|profiles| subscriptions::profile_id.eq_any(profiles)))
}

/// The joined tables. An unwanted join has a constant false in its condition, so that both databases skip the table: one
/// statement serves all four cases.
macro_rules! joined {
    ($db:expr, $joins:expr) => {{
        let joins: Joins = $joins;
        let model = software_models::id.nullable().eq(subscription_identifiers::model_id);
        let pool = license_pools::id.nullable().eq(subscriptions::pool_id);
        visible($db)
            .inner_join(accounts::table)
            .inner_join(subscription_identifiers::table)
            .left_join(software_models::table.on(model.and(joins.model.into_sql::<Bool>())))
            .left_join(license_pools::table.on(pool.and(joins.pool.into_sql::<Bool>())))
    }};
}

/// The columns selected from [`joined!`].
macro_rules! columns {
    () => {
        (
            Subscription::as_select(),
            Account::as_select(),
            IdentifierRow::as_select(),
            Option::<Model>::as_select(),
            Option::<PoolRow>::as_select(),
        )
    };
}

type Columns = (Subscription, Account, IdentifierRow, Option<Model>, Option<PoolRow>);

impl From<Columns> for SubscriptionRow {
    fn from((subscription, account, identifier, model, pool): Columns) -> Self {
        Self { subscription, account, identifier, model, pool }
    }
}

/// Lists a page of subscriptions by one statement.
///
/// # Errors
/// `CursorMismatch` for a key of another list or order.
pub async fn page(
    db: &Reader,
    filter: &SubscriptionFilter,
    request: &PageRequest,
    order: SubscriptionOrder,
    joins: Joins,
) -> Result<PageOf<SubscriptionRow>> {
    use SubscriptionOrderField::{AssignedAt, FirstSeenAt, LastActivityAt};
    let plan = request.plan(order.field.name(), order.direction)?;
    let rows: Vec<Columns> = with_conn!(db, read, |c| {
        let mut query = joined!(db, joins).select(columns!()).into_boxed::<Be>();
        apply_filter!(query, filter, db);
        query = match order.field {
            LastActivityAt => by_activity!(query, plan),
            AssignedAt => by_optional_time!(query, plan, subscriptions::assigned_at, subscriptions::id),
            FirstSeenAt => by_time!(query, plan, subscriptions::first_seen_at, subscriptions::id),
        };
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    let rows = rows.into_iter().map(SubscriptionRow::from).collect();
    Ok(plan.page(rows, |row: &SubscriptionRow| (order.field.key(row), row.subscription.id.as_uuid())))
}

/// Counts the matching subscriptions.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &SubscriptionFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let held = visible(db).inner_join(accounts::table).inner_join(subscription_identifiers::table);
        let mut query = held.count().into_boxed::<Be>();
        apply_filter!(query, filter, db);
        Ok(query.get_result(c).await?)
    })
}

/// Finds subscriptions with their related rows, including retired ones.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[SubscriptionId]) -> Result<HashMap<SubscriptionId, SubscriptionRow>> {
    let rows: Vec<Columns> = with_conn!(db, read, |c| {
        let query = joined!(db, Joins { model: true, pool: true }).select(columns!());
        Ok(query.filter(subscriptions::id.eq_any(ids.to_vec())).load(c).await?)
    })?;
    Ok(by_key(rows.into_iter().map(SubscriptionRow::from), |row| row.subscription.id))
}
