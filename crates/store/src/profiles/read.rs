//! Reading profiles.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::Filter;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Profile, ProfileProcess, ProfileRow};
use crate::db::with_conn;
use crate::findings::{self, FindingRow, StoredFinding};
use crate::listing::{by_key, grouped};
use crate::schema::{findings as findings_table, integration_profiles, profile_processes};
use crate::types::Bind;
use crate::visibility::{InProfiles, Limited};
use crate::{AliasId, Db, ProfileId, ProfileState, Reader, Result, RunId, runs};

/// The profiles that the reader sees; every read of the table starts here.
pub(crate) fn visible(
    db: &Reader,
) -> Filter<integration_profiles::table, Limited<InProfiles<integration_profiles::id>>> {
    integration_profiles::table.filter(db.limited(|profiles| integration_profiles::id.eq_any(profiles)))
}

/// The processes of the profiles that the reader sees.
fn visible_processes(
    db: &Reader,
) -> Filter<profile_processes::table, Limited<InProfiles<profile_processes::profile_id>>> {
    profile_processes::table.filter(db.limited(|profiles| profile_processes::profile_id.eq_any(profiles)))
}

/// Finds a profile, deleted ones too; `None` if it does not exist.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find(db: &Reader, id: ProfileId) -> Result<Option<Profile>> {
    let row: Option<ProfileRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(ProfileRow::as_select());
        Ok(query.filter(integration_profiles::id.eq(id)).first(c).await.optional()?)
    })?;
    Ok(row.map(Profile::from))
}

/// Finds the living profile of that name, compared exactly; `None` if it does not exist.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_by_name(db: &Reader, name: &str) -> Result<Option<Profile>> {
    let row: Option<ProfileRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(ProfileRow::as_select());
        let query = query.filter(integration_profiles::name.eq(name));
        Ok(query.filter(integration_profiles::deleted_at.is_null()).first(c).await.optional()?)
    })?;
    Ok(row.map(Profile::from))
}

/// Finds several profiles at once, deleted ones too; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[ProfileId]) -> Result<HashMap<ProfileId, Profile>> {
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(ProfileRow::as_select());
        Ok(query.filter(integration_profiles::id.eq_any(ids)).load(c).await?)
    })?;
    Ok(by_key(rows.into_iter().map(Profile::from), |profile| profile.id))
}

/// Finds the living profiles of several aliases, each list by age.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn by_alias(db: &Reader, aliases: &[AliasId]) -> Result<HashMap<AliasId, Vec<Profile>>> {
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(ProfileRow::as_select());
        let query = query.filter(integration_profiles::alias_id.eq_any(aliases));
        Ok(query.order((integration_profiles::created_at, integration_profiles::id)).load(c).await?)
    })?;
    let profiles = rows.into_iter().map(Profile::from);
    Ok(grouped(profiles.filter_map(|profile| Some((profile.alias_id?, profile)))))
}

/// Reads the processes of several profiles, each list in the order in which a sync runs them.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn processes(db: &Reader, profiles: &[ProfileId]) -> Result<HashMap<ProfileId, Vec<ProfileProcess>>> {
    let rows: Vec<(ProfileId, ProfileProcess)> = with_conn!(db, read, |c| {
        let query = visible_processes(db).select((profile_processes::profile_id, ProfileProcess::as_select()));
        Ok(query.filter(profile_processes::profile_id.eq_any(profiles)).load(c).await?)
    })?;
    let mut found = grouped(rows);
    for processes in found.values_mut() {
        processes.sort_unstable_by_key(|process| process.process);
    }
    Ok(found)
}

/// Finds published profiles whose slot has come, the longest due first.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn due(db: &Db, now: DateTime<Utc>, limit: u32) -> Result<Vec<Profile>> {
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(ProfileRow::as_select());
        let query = query.filter(integration_profiles::state.eq(ProfileState::Published));
        let query = query.filter(integration_profiles::deleted_at.is_null());
        let query = query.filter(integration_profiles::next_run_at.le(Bind(Some(now))));
        Ok(query.order(integration_profiles::next_run_at).limit(limit.into()).load(c).await?)
    })?;
    Ok(rows.into_iter().map(Profile::from).collect())
}

/// Reads the findings of the last validation and the last run of each profile, oldest first.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn findings(db: &Reader, profiles: &[ProfileId]) -> Result<HashMap<ProfileId, Vec<StoredFinding>>> {
    let last: Vec<RunId> = runs::last_of(db, profiles).await?.into_values().map(|run| run.id).collect();
    let rows: Vec<FindingRow> = with_conn!(db, read, |c| {
        let query =
            findings::visible(db).select(FindingRow::as_select()).filter(findings_table::profile_id.eq_any(profiles));
        let current = findings_table::run_id.is_null().or(findings_table::run_id.eq_any(&last));
        // Never NULL: the first half is true wherever the second would be.
        Ok(query.filter(current.assume_not_null()).order(findings_table::id).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().map(|row| (row.profile_id, row.into()))))
}
