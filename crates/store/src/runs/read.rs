//! Reading runs.

use std::collections::HashMap;

use diesel::dsl::{EqAny, Filter, Select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Claim, KIND, Stage, SyncRun};
use crate::db::with_conn;
use crate::listing::{by_key, grouped};
use crate::schema::{jobs, sync_runs, sync_stages};
use crate::visibility::{InProfiles, Limited};
use crate::{Error, Job, JobState, ProfileId, Reader, Result, RunId};

pub(crate) type Visible = Filter<sync_runs::table, Limited<InProfiles<sync_runs::profile_id>>>;

/// The runs of the profiles that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Visible {
    sync_runs::table.filter(db.limited(|profiles| sync_runs::profile_id.eq_any(profiles)))
}

type OfVisible = EqAny<sync_stages::run_id, Select<Visible, sync_runs::id>>;

/// The stages of the runs that the reader sees.
fn visible_stages(db: &Reader) -> Filter<sync_stages::table, Limited<OfVisible>> {
    sync_stages::table.filter(db.limited(|_| sync_stages::run_id.eq_any(visible(db).select(sync_runs::id))))
}

/// The runs that the reader sees, with their jobs.
macro_rules! runs {
    ($db:expr) => {
        visible($db).inner_join(jobs::table).select(SyncRun::as_select())
    };
}

/// Finds a run; `None` if there is none.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find(db: &Reader, run: RunId) -> Result<Option<SyncRun>> {
    with_conn!(db, read, |c| Ok(runs!(db).filter(sync_runs::id.eq(run)).first(c).await.optional()?))
}

/// Reads the run and the stages of a job that a worker claimed.
///
/// # Errors
/// `NotFound` when the job is not a sync.
pub async fn claimed(db: &Reader, job: &Job) -> Result<Claim> {
    let id = RunId::from(job.id);
    let run = find(db, id).await?.ok_or(Error::NotFound { what: "run" })?;
    let stages = stages(db, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Claim { run: SyncRun { job: job.clone(), ..run }, stages, fence: job.fence })
}

/// Finds several runs at once; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, runs: &[RunId]) -> Result<HashMap<RunId, SyncRun>> {
    let found: Vec<SyncRun> =
        with_conn!(db, read, |c| Ok(runs!(db).filter(sync_runs::id.eq_any(runs)).load(c).await?))?;
    Ok(by_key(found, |run| run.id))
}

/// Finds the newest run of each profile.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn last_of(db: &Reader, profiles: &[ProfileId]) -> Result<HashMap<ProfileId, SyncRun>> {
    let found: Vec<SyncRun> = with_conn!(db, read, |c| {
        let newer = diesel::alias!(jobs as newer);
        let same_time = newer.field(jobs::queued_at).eq(jobs::queued_at).and(newer.field(jobs::id).gt(jobs::id));
        let later = newer.field(jobs::queued_at).gt(jobs::queued_at).or(same_time);
        let of_same = newer.filter(newer.field(jobs::profile_id).eq(jobs::profile_id));
        let of_same = of_same.filter(newer.field(jobs::kind).eq(KIND)).filter(later);
        let query = runs!(db).filter(sync_runs::profile_id.eq_any(profiles));
        Ok(query.filter(diesel::dsl::not(diesel::dsl::exists(of_same))).load(c).await?)
    })?;
    Ok(by_key(found, |run| run.profile_id))
}

/// Finds the open run of a profile; `None` when it has none.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn open_of(db: &Reader, profile: ProfileId) -> Result<Option<SyncRun>> {
    with_conn!(db, read, |c| {
        let query = runs!(db).filter(sync_runs::profile_id.eq(profile));
        Ok(query.filter(jobs::state.eq_any(JobState::OPEN)).first(c).await.optional()?)
    })
}

/// Reads the stages of several runs, each in order.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn stages(db: &Reader, runs: &[RunId]) -> Result<HashMap<RunId, Vec<Stage>>> {
    let found: Vec<(RunId, Stage)> = with_conn!(db, read, |c| {
        let query = visible_stages(db).select((sync_stages::run_id, Stage::as_select()));
        let query = query.filter(sync_stages::run_id.eq_any(runs));
        Ok(query.order((sync_stages::run_id, sync_stages::ordinal)).load(c).await?)
    })?;
    Ok(grouped(found))
}
