//! Subscriptions: how they are stored, and how people read who holds what, by one joined statement.

mod activity;
mod filter;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::Filter;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Batch, Identifier, IdentifierKey};

pub use filter::{SubscriptionFilter, SubscriptionState};

use crate::db::with_conn;
use crate::listing::{Key, by_key, by_optional_time, by_time};
use crate::records::{Record, record};
use crate::schema::{accounts, license_pools, software_models, subscription_identifiers};
use crate::visibility::{InProfiles, Limited};
use crate::{
    Account, AccountId, Direction, IdentifierId, IdentifierRow, Model, PageOf, PageRequest, PoolId, PoolRow, Reader,
    Result, SubscriptionId,
};
use activity::by_activity;
use filter::narrow;

record! {
    /// One account holding one subscription identifier.
    pub struct Subscription(SubscriptionId) in subscriptions(account_id, identifier_id);
    Subscription from |subscription: seatgraph_core::Subscription, references|
    columns {
        /// The holder.
        account_id: AccountId as SqlUuid = references.account(&subscription.account),
        /// What is held.
        identifier_id: IdentifierId as SqlUuid = references.identifier(&subscription.identifier.id),
        /// The pool the seat is taken from.
        pool_id: Option<PoolId> as Nullable<SqlUuid> = references.pool(subscription.pool.as_ref()),
        /// When it was assigned.
        assigned_at: Option<DateTime<Utc>> as Nullable<SqlTimestamp> = subscription.assigned_at,
    }
}

impl Record for seatgraph_core::Subscription {
    fn all(batch: &Batch) -> &[Self] {
        &batch.subscriptions
    }

    fn account(&self) -> Option<&str> {
        Some(&self.account)
    }

    fn identifier(&self) -> Option<&Identifier> {
        Some(&self.identifier)
    }

    fn pool(&self) -> Option<&IdentifierKey> {
        self.pool.as_ref()
    }
}

/// A subscription with what it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionRow {
    /// Itself.
    pub subscription: Subscription,
    /// The holder.
    pub account: Account,
    /// What is held.
    pub identifier: IdentifierRow,
    /// What the identifier stands for; `None` while nobody knows, or when not asked for.
    pub model: Option<Model>,
    /// The pool the seat is taken from; `None` where there is none, or when not asked for.
    pub pool: Option<PoolRow>,
}

/// What is joined beyond the holder and the identifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Joins {
    /// What the identifier stands for.
    pub model: bool,
    /// The pool the seat is taken from.
    pub pool: bool,
}

/// What a list of subscriptions goes by, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionOrder {
    /// What it goes by.
    pub field: SubscriptionOrderField,
    /// Which way.
    pub direction: Direction,
}

/// What a list of subscriptions can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionOrderField {
    /// The newest evidence that the holder was active; none counts as the earliest.
    LastActivityAt,
    /// When it was assigned; an unknown moment counts as the earliest.
    AssignedAt,
    /// When a sync first named it.
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

/// The joined tables. A join that is not asked for has a constant false in its condition, which both databases settle
/// before they look at the table; so one statement, compiled once, serves all four cases.
macro_rules! seats {
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

/// What [`seats!`] gives for each row.
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
/// `CursorMismatch` for a place of another list or order.
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
        let mut query = seats!(db, joins).select(columns!()).into_boxed::<Be>();
        narrow!(query, filter, db);
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

/// Counts the subscriptions that fit.
///
/// # Errors
/// As every read.
pub async fn count(db: &Reader, filter: &SubscriptionFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let held = visible(db).inner_join(accounts::table).inner_join(subscription_identifiers::table);
        let mut query = held.count().into_boxed::<Be>();
        narrow!(query, filter, db);
        Ok(query.get_result(c).await?)
    })
}

/// Finds subscriptions with everything they hang on, those that are gone too.
///
/// # Errors
/// As every read.
pub async fn find_many(db: &Reader, ids: &[SubscriptionId]) -> Result<HashMap<SubscriptionId, SubscriptionRow>> {
    let rows: Vec<Columns> = with_conn!(db, read, |c| {
        let query = seats!(db, Joins { model: true, pool: true }).select(columns!());
        Ok(query.filter(subscriptions::id.eq_any(ids.to_vec())).load(c).await?)
    })?;
    Ok(by_key(rows.into_iter().map(SubscriptionRow::from), |row| row.subscription.id))
}
