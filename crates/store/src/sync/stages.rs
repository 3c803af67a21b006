//! Starting, restarting and failing stages.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Finding, RecordKind};

use crate::db::with_tx;
use crate::findings::FindingStatements;
use crate::runs::{RunLocks, RunStatements, held};
use crate::schema::sync_seen;
use crate::types::Bind;
use crate::{Db, Result, RunId, Stage, StageState};

/// Starts a stage.
///
/// # Errors
/// `LostLease` if the run is no longer held under `fence`.
pub async fn begin_stage(db: &Db, run: RunId, fence: i64, ordinal: i32) -> Result<Stage> {
    let stage = with_tx!(db, Page, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        let mut stage = c.stage(run.id, ordinal).await?;
        begin(&mut stage, now);
        c.save_stage(run.id, &stage).await?;
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, fence).await?;
        Ok(stage)
    })?;
    db.notify(run.into());
    Ok(stage)
}

/// Restarts a stage, such as after an expired cursor: clears its cursor, its progress, and the seen records of the kinds
/// that it is a snapshot of.
///
/// # Errors
/// `LostLease` if the run is no longer held under `fence`.
pub async fn restart_stage(db: &Db, run: RunId, fence: i64, ordinal: i32, snapshot_of: &[RecordKind]) -> Result<Stage> {
    let kinds = snapshot_of.to_vec();
    let stage = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        let mut stage = c.stage(run.id, ordinal).await?;
        begin(&mut stage, now);
        stage.cursor = None;
        stage.done = 0;
        stage.total = None;
        c.save_stage(run.id, &stage).await?;
        for &kind in &kinds {
            let seen = sync_seen::table.filter(sync_seen::run_id.eq(run.id)).filter(sync_seen::kind.eq(Bind(kind)));
            diesel::delete(seen).execute(c).await?;
            if let Some(counts) = run.counts.of(kind) {
                *counts.seen = 0;
            }
        }
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, fence).await?;
        Ok(stage)
    })?;
    db.notify(run.into());
    Ok(stage)
}

/// Marks a stage as failed with a finding; the run continues without it.
///
/// # Errors
/// `LostLease` if the run is no longer held under `fence`.
pub async fn fail_stage(db: &Db, run: RunId, fence: i64, ordinal: i32, finding: &Finding) -> Result<Stage> {
    let finding = finding.clone();
    let stage = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        let mut stage = c.stage(run.id, ordinal).await?;
        stage.state = StageState::Failed;
        stage.finished_at = Some(now);
        c.save_stage(run.id, &stage).await?;
        c.add_findings(&mut run.job, now, vec![finding.clone()]).await?;
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, fence).await?;
        Ok(stage)
    })?;
    db.notify(run.into());
    Ok(stage)
}

fn begin(stage: &mut Stage, now: DateTime<Utc>) {
    stage.state = StageState::Running;
    stage.started_at = stage.started_at.or(Some(now));
    stage.finished_at = None;
}
