//! Reading runs.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Stage, SyncRun};
use crate::db::with_conn;
use crate::schema::{sync_runs, sync_stages};
use crate::{Db, ProfileId, Result, RunId, RunState};

/// Finds a run; `None` when there is none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find(db: &Db, run: RunId) -> Result<Option<SyncRun>> {
    let found: Option<SyncRun> = with_conn!(db, read, |c| {
        let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::id.eq(run));
        Ok(query.first(c).await.optional()?)
    })?;
    Ok(found.filter(|run| db.scope().includes(run.profile_id)))
}

/// Finds several runs at once; unknown ones are missing from the answer.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find_many(db: &Db, runs: &[RunId]) -> Result<HashMap<RunId, SyncRun>> {
    let found: Vec<SyncRun> = with_conn!(db, read, |c| {
        let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::id.eq_any(runs));
        Ok(query.load(c).await?)
    })?;
    let seen = found.into_iter().filter(|run| db.scope().includes(run.profile_id));
    Ok(seen.map(|run| (run.id, run)).collect())
}

/// Finds the newest run of each profile.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn last_of(db: &Db, profiles: &[ProfileId]) -> Result<HashMap<ProfileId, SyncRun>> {
    let found: Vec<SyncRun> = with_conn!(db, read, |c| {
        let newer = diesel::alias!(sync_runs as newer);
        let later = newer.field(sync_runs::queued_at).gt(sync_runs::queued_at).or(newer
            .field(sync_runs::queued_at)
            .eq(sync_runs::queued_at)
            .and(newer.field(sync_runs::id).gt(sync_runs::id)));
        let of_same = newer.filter(newer.field(sync_runs::profile_id).eq(sync_runs::profile_id)).filter(later);
        let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::profile_id.eq_any(profiles));
        Ok(query.filter(diesel::dsl::not(diesel::dsl::exists(of_same))).load(c).await?)
    })?;
    let seen = found.into_iter().filter(|run| db.scope().includes(run.profile_id));
    Ok(seen.map(|run| (run.profile_id, run)).collect())
}

/// Finds the open run of a profile; `None` when it has none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn open_of(db: &Db, profile: ProfileId) -> Result<Option<SyncRun>> {
    let found: Option<SyncRun> = with_conn!(db, read, |c| {
        let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::profile_id.eq(profile));
        Ok(query.filter(sync_runs::state.eq_any(RunState::OPEN)).first(c).await.optional()?)
    })?;
    Ok(found.filter(|run| db.scope().includes(run.profile_id)))
}

/// Reads the stages of several runs, each in order.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn stages(db: &Db, runs: &[RunId]) -> Result<HashMap<RunId, Vec<Stage>>> {
    let found: Vec<(RunId, Stage)> = with_conn!(db, read, |c| {
        let query = sync_stages::table.select((sync_stages::run_id, Stage::as_select()));
        let query = query.filter(sync_stages::run_id.eq_any(runs));
        Ok(query.order((sync_stages::run_id, sync_stages::ordinal)).load(c).await?)
    })?;
    let mut stages: HashMap<RunId, Vec<Stage>> = HashMap::new();
    for (run, stage) in found {
        stages.entry(run).or_default().push(stage);
    }
    Ok(stages)
}
