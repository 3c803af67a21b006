//! Retiring records that are missing from a snapshot.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use seatgraph_core::RecordKind;
use uuid::Uuid;

use super::merge::Merge;
use crate::db::{with_conn, with_tx};
use crate::records::{KINDS, Kind};
use crate::runs::{RunLocks, RunStatements, held};
use crate::schema::sync_seen;
use crate::types::Bind;
use crate::types::sql::SqlUuid;
use crate::{Backend, Db, ProfileId, Result, RunId, StageState, SyncRun};

/// Records retired in one transaction.
const BATCH: i64 = 5_000;

/// Number of records of a kind that a run did not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The kind.
    pub kind: RecordKind,
    /// Records that would be retired.
    pub would_retire: i64,
    /// Live records, including these.
    pub live: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Keeps PostgreSQL from joining the two sets in a way that its lack of statistics on a first load makes quadratic.
fn keyed(db: &Db) -> &'static str {
    match db.backend() {
        Backend::Postgres => " OFFSET 0",
        Backend::Sqlite => "",
    }
}

/// The stored ones among `kinds`.
fn described(kinds: &[RecordKind]) -> impl Iterator<Item = &'static Kind> {
    KINDS.into_iter().filter(|kind| kinds.contains(&kind.kind))
}

/// Counts the records of `kinds` that a run has not seen, and those that are live.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn missing(db: &Db, run: RunId, profile: ProfileId, kinds: &[RecordKind]) -> Result<Vec<Missing>> {
    let mut missing = Vec::new();
    for kind in described(kinds) {
        let live = format!("SELECT count(*) AS count {}", kind.live());
        let unseen = format!("SELECT count(*) AS count {}", kind.unseen(keyed(db)));
        missing.push(with_conn!(db, read, |c| {
            let live: Count = diesel::sql_query(&live).bind::<SqlUuid, _>(profile).get_result(c).await?;
            let unseen = diesel::sql_query(&unseen).bind::<SqlUuid, _>(profile).bind::<SqlUuid, _>(run);
            let unseen: Count = unseen.get_result(c).await?;
            Ok(Missing { kind: kind.kind, would_retire: unseen.count, live: live.count })
        })?);
    }
    Ok(missing)
}

/// Retires the records of `kinds` that a run has not seen, completes the finishing stage and deletes the seen records.
///
/// After an interruption it starts again; retired records stay retired.
///
/// # Errors
/// `LostLease` if the run is no longer held under `fence`.
pub async fn retire(
    db: &Db,
    run: RunId,
    profile: ProfileId,
    fence: i64,
    ordinal: i32,
    kinds: &[RecordKind],
) -> Result<SyncRun> {
    for kind in described(kinds) {
        retire_kind(db, run, profile, fence, kind).await?;
    }
    let retired = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        let mut stage = c.stage(run.id, ordinal).await?;
        stage.state = StageState::Done;
        stage.started_at = stage.started_at.or(Some(now));
        stage.finished_at = Some(now);
        c.save_stage(run.id, &stage).await?;
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.notify(retired.job.id);
    forget(db, run).await?;
    Ok(retired)
}

/// Retires records of a kind in batches: transactions stay small, and the lease can be renewed between them.
async fn retire_kind(db: &Db, run: RunId, profile: ProfileId, fence: i64, kind: &'static Kind) -> Result<()> {
    let unseen = format!("SELECT t.id {} AND t.id > $3 ORDER BY t.id LIMIT {BATCH}", kind.unseen(keyed(db)));
    let mut after = Uuid::nil();
    loop {
        let found: Vec<Id> = with_conn!(db, read, |c| {
            let query = diesel::sql_query(&unseen).bind::<SqlUuid, _>(profile).bind::<SqlUuid, _>(run);
            Ok(query.bind::<SqlUuid, _>(after).load(c).await?)
        })?;
        let ids: Vec<Uuid> = found.into_iter().map(|found| found.id).collect();
        let Some(&last) = ids.last() else { return Ok(()) };
        with_tx!(db, Full, |c, now| {
            let mut run = held(c.lock_run(run).await?, fence)?;
            let retired = c.retire_rows(kind, ids.clone(), now).await?;
            if let Some(counts) = run.counts.of(kind.kind) {
                *counts.retired += retired;
            }
            c.save_run(&run, fence).await
        })?;
        after = last;
    }
}

/// Deletes the seen records of a run in batches; what a crash leaves is deleted when the run ends.
async fn forget(db: &Db, run: RunId) -> Result<()> {
    for kind in KINDS.map(|kind| kind.kind) {
        loop {
            let more = with_tx!(db, Page, |c, _now| {
                let seen = sync_seen::table.filter(sync_seen::run_id.eq(run)).filter(sync_seen::kind.eq(Bind(kind)));
                let ids = seen.select(sync_seen::record_id).order(sync_seen::record_id);
                let last: Option<Uuid> = ids.offset(BATCH - 1).first(c).await.optional()?;
                let some = seen.filter(sync_seen::record_id.le(Bind(last.unwrap_or(Uuid::max()))));
                diesel::delete(some).execute(c).await?;
                Ok(last.is_some())
            })?;
            if !more {
                break;
            }
        }
    }
    Ok(())
}
