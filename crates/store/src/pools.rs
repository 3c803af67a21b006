//! Reading licence pools.

use std::collections::HashMap;

use diesel::dsl::{Filter, count_star};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::with_conn;
use crate::listing::{Key, by_key, by_time, grouped};
use crate::schema::{accounts, license_pools, software_models, subscription_identifiers, subscriptions};
use crate::visibility::{InProfiles, Limited};
use crate::{Direction, Model, PageOf, PageRequest, PoolId, PoolRow, ProfileId, Reader, Result};

/// Filters pools. Retired pools are always omitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolFilter {
    /// Belongs to this profile.
    pub profile_id: Option<ProfileId>,
}

/// The pools that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Filter<license_pools::table, Limited<InProfiles<license_pools::profile_id>>> {
    license_pools::table.filter(db.limited(|profiles| license_pools::profile_id.eq_any(profiles)))
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        $query = $query.filter(license_pools::retired_at.is_null());
        if let Some(profile) = $filter.profile_id {
            $query = $query.filter(license_pools::profile_id.eq(profile));
        }
    };
}

/// Lists a page of pools ordered by the time when a sync first reported them.
///
/// # Errors
/// `CursorMismatch` for a key of another list.
pub async fn page(db: &Reader, filter: &PoolFilter, request: &PageRequest) -> Result<PageOf<PoolRow>> {
    let plan = request.plan("pools by FIRST_SEEN_AT", Direction::Asc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(PoolRow::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        query = by_time!(query, plan, license_pools::first_seen_at, license_pools::id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |pool: &PoolRow| (Key::At(Some(pool.first_seen_at)), pool.id.as_uuid())))
}

/// Counts the matching pools.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &PoolFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}

/// Finds pools, including retired ones.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[PoolId]) -> Result<HashMap<PoolId, PoolRow>> {
    let rows = with_conn!(db, read, |c| {
        let query = visible(db).filter(license_pools::id.eq_any(ids.to_vec()));
        Ok(query.select(PoolRow::as_select()).load(c).await?)
    })?;
    Ok(by_key(rows, |pool: &PoolRow| pool.id))
}

/// Counts the live subscriptions that take a seat from each pool; pools without any are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn assigned(db: &Reader, ids: &[PoolId]) -> Result<HashMap<PoolId, i64>> {
    let rows: Vec<(Option<PoolId>, i64)> = with_conn!(db, read, |c| {
        let held = crate::subscriptions::visible(db).inner_join(accounts::table);
        let live = held.filter(subscriptions::retired_at.is_null());
        let live = live.filter(accounts::retired_at.is_null()).filter(subscriptions::pool_id.eq_any(ids.to_vec()));
        let counted = live.group_by(subscriptions::pool_id).select((subscriptions::pool_id, count_star()));
        Ok(counted.load(c).await?)
    })?;
    Ok(rows.into_iter().filter_map(|(pool, count)| Some((pool?, count))).collect())
}

/// Finds the models that live subscriptions use each pool's seats for, by publisher, product and edition.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn models(db: &Reader, ids: &[PoolId]) -> Result<HashMap<PoolId, Vec<Model>>> {
    let rows: Vec<(Option<PoolId>, Model)> = with_conn!(db, read, |c| {
        let held = crate::subscriptions::visible(db).inner_join(accounts::table);
        let held = held.inner_join(subscription_identifiers::table.inner_join(software_models::table));
        let live = held.filter(subscriptions::retired_at.is_null()).filter(accounts::retired_at.is_null());
        let live = live.filter(subscriptions::pool_id.eq_any(ids.to_vec()));
        let by_product = (software_models::publisher, software_models::product, software_models::edition);
        Ok(live.select((subscriptions::pool_id, Model::as_select())).distinct().order(by_product).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().filter_map(|(pool, model)| Some((pool?, model)))))
}
