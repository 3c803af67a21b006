//! Reading runs.

use std::collections::HashMap;

use diesel::dsl::{EqAny, Filter, Select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Stage, SyncRun};
use crate::db::with_conn;
use crate::listing::{by_key, grouped};
use crate::schema::{sync_runs, sync_stages};
use crate::visibility::{InProfiles, Limited};
use crate::{ProfileId, Reader, Result, RunId, RunState};

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

/// Finds a run; `None` when there is none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find(db: &Reader, run: RunId) -> Result<Option<SyncRun>> {
    with_conn!(db, read, |c| {
        let query = visible(db).select(SyncRun::as_select()).filter(sync_runs::id.eq(run));
        Ok(query.first(c).await.optional()?)
    })
}

/// Finds several runs at once; unknown ones are missing from the answer.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find_many(db: &Reader, runs: &[RunId]) -> Result<HashMap<RunId, SyncRun>> {
    let found: Vec<SyncRun> = with_conn!(db, read, |c| {
        let query = visible(db).select(SyncRun::as_select()).filter(sync_runs::id.eq_any(runs));
        Ok(query.load(c).await?)
    })?;
    Ok(by_key(found, |run| run.id))
}

/// Finds the newest run of each profile.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn last_of(db: &Reader, profiles: &[ProfileId]) -> Result<HashMap<ProfileId, SyncRun>> {
    let found: Vec<SyncRun> = with_conn!(db, read, |c| {
        let newer = diesel::alias!(sync_runs as newer);
        let later = newer.field(sync_runs::queued_at).gt(sync_runs::queued_at).or(newer
            .field(sync_runs::queued_at)
            .eq(sync_runs::queued_at)
            .and(newer.field(sync_runs::id).gt(sync_runs::id)));
        let of_same = newer.filter(newer.field(sync_runs::profile_id).eq(sync_runs::profile_id)).filter(later);
        let query = visible(db).select(SyncRun::as_select()).filter(sync_runs::profile_id.eq_any(profiles));
        Ok(query.filter(diesel::dsl::not(diesel::dsl::exists(of_same))).load(c).await?)
    })?;
    Ok(by_key(found, |run| run.profile_id))
}

/// Finds the open run of a profile; `None` when it has none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn open_of(db: &Reader, profile: ProfileId) -> Result<Option<SyncRun>> {
    with_conn!(db, read, |c| {
        let query = visible(db).select(SyncRun::as_select()).filter(sync_runs::profile_id.eq(profile));
        Ok(query.filter(sync_runs::state.eq_any(RunState::OPEN)).first(c).await.optional()?)
    })
}

/// Reads the stages of several runs, each in order.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn stages(db: &Reader, runs: &[RunId]) -> Result<HashMap<RunId, Vec<Stage>>> {
    let found: Vec<(RunId, Stage)> = with_conn!(db, read, |c| {
        let query = visible_stages(db).select((sync_stages::run_id, Stage::as_select()));
        let query = query.filter(sync_stages::run_id.eq_any(runs));
        Ok(query.order((sync_stages::run_id, sync_stages::ordinal)).load(c).await?)
    })?;
    Ok(grouped(found))
}
