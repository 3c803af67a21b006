//! Reading profiles.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Profile, ProfileProcess, ProfileRow};
use crate::db::with_conn;
use crate::schema::{integration_profiles, profile_processes};
use crate::types::Bind;
use crate::{AliasId, Db, ProfileId, ProfileState, Result};

/// Finds a profile, deleted ones too; `None` when there is none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find(db: &Db, id: ProfileId) -> Result<Option<Profile>> {
    let row: Option<ProfileRow> = with_conn!(db, read, |c| {
        let query = integration_profiles::table.select(ProfileRow::as_select());
        Ok(query.filter(integration_profiles::id.eq(id)).first(c).await.optional()?)
    })?;
    Ok(row.map(Profile::from).filter(|profile| db.scope().includes(profile.id)))
}

/// Finds the living profile of that name, compared exactly; `None` when there is none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find_by_name(db: &Db, name: &str) -> Result<Option<Profile>> {
    let row: Option<ProfileRow> = with_conn!(db, read, |c| {
        let query = integration_profiles::table.select(ProfileRow::as_select());
        let query = query.filter(integration_profiles::name.eq(name));
        Ok(query.filter(integration_profiles::deleted_at.is_null()).first(c).await.optional()?)
    })?;
    Ok(row.map(Profile::from).filter(|profile| db.scope().includes(profile.id)))
}

/// Finds several profiles at once, deleted ones too; unknown ones are missing from the answer.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find_many(db: &Db, ids: &[ProfileId]) -> Result<HashMap<ProfileId, Profile>> {
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let query = integration_profiles::table.select(ProfileRow::as_select());
        Ok(query.filter(integration_profiles::id.eq_any(ids)).load(c).await?)
    })?;
    let seen = rows.into_iter().map(Profile::from).filter(|profile| db.scope().includes(profile.id));
    Ok(seen.map(|profile| (profile.id, profile)).collect())
}

/// Finds the living profiles of several aliases, each list by age.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn by_alias(db: &Db, aliases: &[AliasId]) -> Result<HashMap<AliasId, Vec<Profile>>> {
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let query = integration_profiles::table.select(ProfileRow::as_select());
        let query = query.filter(integration_profiles::alias_id.eq_any(aliases));
        Ok(query.order((integration_profiles::created_at, integration_profiles::id)).load(c).await?)
    })?;
    let mut found: HashMap<AliasId, Vec<Profile>> = HashMap::new();
    let seen = rows.into_iter().map(Profile::from).filter(|profile| db.scope().includes(profile.id));
    for profile in seen {
        if let Some(alias) = profile.alias_id {
            found.entry(alias).or_default().push(profile);
        }
    }
    Ok(found)
}

/// Reads the processes of several profiles, each list in the order in which a sync runs them.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn processes(db: &Db, profiles: &[ProfileId]) -> Result<HashMap<ProfileId, Vec<ProfileProcess>>> {
    let rows: Vec<(ProfileId, ProfileProcess)> = with_conn!(db, read, |c| {
        let query = profile_processes::table.select((profile_processes::profile_id, ProfileProcess::as_select()));
        Ok(query.filter(profile_processes::profile_id.eq_any(profiles)).load(c).await?)
    })?;
    let mut found: HashMap<ProfileId, Vec<ProfileProcess>> = HashMap::new();
    for (profile, process) in rows {
        found.entry(profile).or_default().push(process);
    }
    for processes in found.values_mut() {
        processes.sort_unstable_by_key(|process| process.process);
    }
    Ok(found)
}

/// Finds published profiles whose slot has come, the longest due first.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn due(db: &Db, now: DateTime<Utc>, limit: u32) -> Result<Vec<Profile>> {
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let query = integration_profiles::table.select(ProfileRow::as_select());
        let query = query.filter(integration_profiles::state.eq(ProfileState::Published));
        let query = query.filter(integration_profiles::deleted_at.is_null());
        let query = query.filter(integration_profiles::next_run_at.le(Bind(Some(now))));
        Ok(query.order(integration_profiles::next_run_at).limit(limit.into()).load(c).await?)
    })?;
    Ok(rows.into_iter().map(Profile::from).collect())
}
