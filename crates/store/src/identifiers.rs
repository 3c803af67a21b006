//! Unrecognized identifiers and their resolution.

use std::collections::HashMap;

use diesel::dsl::{Filter, count_star, exists};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{with_conn, with_tx};
use crate::listing::{Key, by_key, by_time};
use crate::schema::{accounts, license_pools, subscription_identifiers, subscriptions};
use crate::types::Bind;
use crate::visibility::Limited;
use crate::{
    Db, Direction, IdentifierId, IdentifierRow, ModelId, PageOf, PageRequest, ProfileId, Reader, ResolvedBy, Result,
};

#[diesel::dsl::auto_type]
fn used(profiles: Vec<ProfileId>) -> _ {
    let same: Vec<ProfileId> = profiles.clone();
    let held = subscriptions::table.filter(subscriptions::identifier_id.eq(subscription_identifiers::id));
    let bought = license_pools::table.filter(license_pools::identifier_id.eq(subscription_identifiers::id));
    let bought = exists(bought.filter(license_pools::profile_id.eq_any(same)));
    exists(held.filter(subscriptions::profile_id.eq_any(profiles))).or(bought)
}

/// The identifiers of the subscriptions and pools that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Filter<subscription_identifiers::table, Limited<used>> {
    subscription_identifiers::table.filter(db.limited(used))
}

/// Limits a boxed query to identifiers without a model that have current subscriptions.
macro_rules! unrecognized {
    ($query:ident, $db:expr) => {
        let held = crate::subscriptions::visible($db).inner_join(accounts::table);
        let live = held.filter(subscriptions::retired_at.is_null()).filter(accounts::retired_at.is_null());
        let live = live.filter(subscriptions::identifier_id.eq(subscription_identifiers::id));
        $query = $query.filter(subscription_identifiers::model_id.is_null()).filter(exists(live));
    };
}

/// Returns a page of the identifiers without a model that have current subscriptions, oldest first.
///
/// # Errors
/// `CursorMismatch` if a cursor belongs to another list.
pub async fn unrecognized(db: &Reader, request: &PageRequest) -> Result<PageOf<IdentifierRow>> {
    use subscription_identifiers::{first_seen_at, id};
    let plan = request.plan("unrecognized identifiers by FIRST_SEEN_AT", Direction::Asc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(IdentifierRow::as_select()).into_boxed::<Be>();
        unrecognized!(query, db);
        query = by_time!(query, plan, first_seen_at, id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |row: &IdentifierRow| (Key::At(Some(row.first_seen_at)), row.id.as_uuid())))
}

/// Counts the identifiers without a model that have current subscriptions.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count_unrecognized(db: &Reader) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        unrecognized!(query, db);
        Ok(query.get_result(c).await?)
    })
}

/// Finds identifiers.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[IdentifierId]) -> Result<HashMap<IdentifierId, IdentifierRow>> {
    let rows = with_conn!(db, read, |c| {
        let query = visible(db).select(IdentifierRow::as_select());
        Ok(query.filter(subscription_identifiers::id.eq_any(ids.to_vec())).load(c).await?)
    })?;
    Ok(by_key(rows, |row: &IdentifierRow| row.id))
}

/// Counts the current subscriptions per identifier. Identifiers without any are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn subscription_counts(db: &Reader, ids: &[IdentifierId]) -> Result<HashMap<IdentifierId, i64>> {
    use subscriptions::identifier_id;
    let rows: Vec<(IdentifierId, i64)> = with_conn!(db, read, |c| {
        let held = crate::subscriptions::visible(db).inner_join(accounts::table);
        let live = held.filter(subscriptions::retired_at.is_null()).filter(accounts::retired_at.is_null());
        let live = live.filter(identifier_id.eq_any(ids.to_vec()));
        Ok(live.group_by(identifier_id).select((identifier_id, count_star())).load(c).await?)
    })?;
    Ok(rows.into_iter().collect())
}

/// Maps identifiers to a model, on behalf of a user. Returns the number of current subscriptions whose model changed.
///
/// # Errors
/// `Conflict` if the model does not exist.
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
