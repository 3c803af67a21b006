//! Subscription identifiers: the queue of those that nobody knows, and the word of a person about them.

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use crate::db::{with_conn, with_tx};
use crate::listing::{Key, by_key, by_time};
use crate::schema::{accounts, subscription_identifiers, subscriptions};
use crate::scope::visible;
use crate::types::Bind;
use crate::{Db, Direction, IdentifierId, IdentifierRow, ModelId, PageOf, PageRequest, ResolvedBy, Result};

/// The condition that the reader may see a subscription; for queries that look outwards and cannot be boxed.
macro_rules! seen {
    ($db:expr) => {{
        let limit = $db.scope().limit();
        let inside = subscriptions::profile_id.eq_any(limit.unwrap_or_default().to_vec());
        inside.or(limit.is_none().into_sql::<Bool>())
    }};
}

/// Narrows a boxed query of identifiers to those that the reader meets in what it may see.
macro_rules! met {
    ($query:ident, $db:expr) => {
        if let Some(profiles) = $db.scope().limit() {
            use $crate::schema::{license_pools, subscription_identifiers, subscriptions};
            let held = subscriptions::table.filter(subscriptions::identifier_id.eq(subscription_identifiers::id));
            let held = held.filter(subscriptions::profile_id.eq_any(profiles.to_vec()));
            let bought = license_pools::table.filter(license_pools::identifier_id.eq(subscription_identifiers::id));
            let bought = bought.filter(license_pools::profile_id.eq_any(profiles.to_vec()));
            $query = $query.filter(diesel::dsl::exists(held).or(diesel::dsl::exists(bought)));
        }
    };
}

pub(crate) use met;

/// Narrows a boxed query to what is held and nobody knows.
macro_rules! unrecognized {
    ($query:ident, $db:expr) => {
        let live = subscriptions::table.inner_join(accounts::table).filter(subscriptions::retired_at.is_null());
        let live = live.filter(accounts::retired_at.is_null());
        let live = live.filter(subscriptions::identifier_id.eq(subscription_identifiers::id));
        let live = live.filter(seen!($db));
        $query = $query.filter(subscription_identifiers::model_id.is_null()).filter(exists(live));
    };
}

/// Lists a page of the identifiers that stand for nothing yet and are held by somebody, the oldest first.
///
/// # Errors
/// `ForeignKeyset` for a place of another list.
pub async fn unrecognized(db: &Db, request: &PageRequest) -> Result<PageOf<IdentifierRow>> {
    use subscription_identifiers::{first_seen_at, id, table};
    let plan = request.plan("unrecognized identifiers by FIRST_SEEN_AT", Direction::Asc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = table.select(IdentifierRow::as_select()).into_boxed::<Be>();
        unrecognized!(query, db);
        query = by_time!(query, plan, first_seen_at, id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |row: &IdentifierRow| (Key::At(Some(row.first_seen_at)), row.id.as_uuid())))
}

/// Counts the identifiers that stand for nothing yet and are held by somebody.
///
/// # Errors
/// As every read.
pub async fn count_unrecognized(db: &Db) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = subscription_identifiers::table.count().into_boxed::<Be>();
        unrecognized!(query, db);
        Ok(query.get_result(c).await?)
    })
}

/// Finds identifiers.
///
/// # Errors
/// As every read.
pub async fn find_many(db: &Db, ids: &[IdentifierId]) -> Result<HashMap<IdentifierId, IdentifierRow>> {
    let rows = with_conn!(db, read, |c| {
        let query = subscription_identifiers::table.select(IdentifierRow::as_select());
        let mut query = query.filter(subscription_identifiers::id.eq_any(ids.to_vec())).into_boxed::<Be>();
        met!(query, db);
        Ok(query.load(c).await?)
    })?;
    Ok(by_key(rows, |row: &IdentifierRow| row.id))
}

/// Counts the live subscriptions of each identifier; one without any is left out.
///
/// # Errors
/// As every read.
pub async fn subscription_counts(db: &Db, ids: &[IdentifierId]) -> Result<HashMap<IdentifierId, i64>> {
    use subscriptions::identifier_id;
    let rows: Vec<(IdentifierId, i64)> = with_conn!(db, read, |c| {
        let live = subscriptions::table.inner_join(accounts::table).filter(subscriptions::retired_at.is_null());
        let live = live.filter(accounts::retired_at.is_null()).filter(identifier_id.eq_any(ids.to_vec()));
        let counted = live.group_by(identifier_id).select((identifier_id, count_star()));
        let mut counted = counted.into_boxed::<Be>();
        visible!(counted, db, subscriptions::profile_id);
        Ok(counted.load(c).await?)
    })?;
    Ok(rows.into_iter().collect())
}

/// Lets identifiers stand for a model, on a person's word; returns how many live subscriptions changed their model.
///
/// # Errors
/// `Conflict` when there is no such model.
pub async fn resolve(db: &Db, ids: &[IdentifierId], model: ModelId) -> Result<i64> {
    use subscription_identifiers::{model_id, resolved_by, table, updated_at};
    let ids = ids.to_vec();
    with_tx!(db, Full, |c, now| {
        let other = table.filter(subscription_identifiers::id.eq_any(ids.clone()));
        let other = other.filter(model_id.is_null().or(model_id.ne(model))).select(subscription_identifiers::id);
        let changed: Vec<IdentifierId> = other.load(c).await?;
        let values = (model_id.eq(model), resolved_by.eq(ResolvedBy::Manual), updated_at.eq(Bind(now)));
        let meant = table.filter(subscription_identifiers::id.eq_any(ids.clone()));
        diesel::update(meant).set(values).execute(c).await?;
        let live = subscriptions::table.inner_join(accounts::table).filter(subscriptions::retired_at.is_null());
        let live = live.filter(accounts::retired_at.is_null());
        let remapped = live.filter(subscriptions::identifier_id.eq_any(changed)).count();
        Ok(remapped.get_result(c).await?)
    })
}
