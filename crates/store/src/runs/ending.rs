//! How a worker lets go of a run.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Cursor, Process, Severity};

use super::statements::{Locks, RunStatements, held};
use super::{Ending, SyncRun};
use crate::db::{on_both, with_tx};
use crate::findings::FindingStatements;
use crate::schema::{findings, profile_processes};
use crate::types::Bind;
use crate::{Db, Health, Result, RunId, RunState};

/// Ends a run: its findings, its bookmarks and the health of its processes are written with the final event.
///
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn finish(db: &Db, run: RunId, fence: i64, ending: Ending) -> Result<SyncRun> {
    debug_assert!(!ending.state.is_open(), "a run ends in a final state");
    let finished = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        c.add_findings(&mut run, now, ending.findings.clone()).await?;
        let worst = c.worst_findings(run.id).await?;
        for (process, bookmark) in &ending.bookmarks {
            c.record_success(&run, *process, bookmark.clone(), health(&worst, *process), now).await?;
        }
        for process in run.processes.clone() {
            let is_broken = health(&worst, process) == Health::Broken;
            if is_broken && !ending.bookmarks.iter().any(|(done, _)| *done == process) {
                c.record_failure(&run, process).await?;
            }
        }
        c.end_run(&mut run, ending.state, ending.reason.clone(), now).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.stir(finished.id);
    Ok(finished)
}

/// What a run's findings say of a process; one about the connection as a whole is about every process.
fn health(worst: &[(Option<Process>, Severity)], process: Process) -> Health {
    let about = worst.iter().filter(|(concerned, _)| concerned.is_none_or(|concerned| concerned == process));
    match about.map(|(_, severity)| *severity).max() {
        Some(Severity::Error) => Health::Broken,
        Some(Severity::Warning) => Health::Degraded,
        Some(Severity::Info) | None => Health::Healthy,
    }
}

/// Lets the run wait for the vendor's allowance; the attempt does not count.
///
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn pause(db: &Db, run: RunId, fence: i64, until: DateTime<Utc>, reason: &str) -> Result<SyncRun> {
    let parting = Parting { state: RunState::PausedQuota, available_at: Some(until), counted: false };
    part(db, run, fence, parting, reason).await
}

/// Gives the run back to the queue, to be tried again at `at`; the attempt counts.
///
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn retry_later(db: &Db, run: RunId, fence: i64, at: DateTime<Utc>, reason: &str) -> Result<SyncRun> {
    let parting = Parting { state: RunState::Queued, available_at: Some(at), counted: true };
    part(db, run, fence, parting, reason).await
}

/// Stops the run until a person says that so many records really vanished. What it has seen is kept.
///
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn suspect(db: &Db, run: RunId, fence: i64, reason: &str) -> Result<SyncRun> {
    let parting = Parting { state: RunState::Suspect, available_at: None, counted: false };
    part(db, run, fence, parting, reason).await
}

#[derive(Clone, Copy)]
struct Parting {
    state: RunState,
    available_at: Option<DateTime<Utc>>,
    counted: bool,
}

async fn part(db: &Db, run: RunId, fence: i64, parting: Parting, reason: &str) -> Result<SyncRun> {
    let reason = reason.to_owned();
    let parted = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        if run.state == RunState::Cancelling {
            // A person's word to stop outranks any reason to wait.
            c.end_run(&mut run, RunState::Cancelled, None, now).await?;
        } else {
            run.available_at = parting.available_at.unwrap_or(run.available_at);
            run.attempt -= i32::from(!parting.counted && run.attempt > 0);
            c.move_run(&mut run, parting.state, Some(reason.clone()), now).await?;
        }
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.stir(parted.id);
    Ok(parted)
}

trait EndingStatements {
    async fn worst_findings(&mut self, run: RunId) -> Result<Vec<(Option<Process>, Severity)>>;
    async fn record_success(
        &mut self,
        run: &SyncRun,
        process: Process,
        bookmark: Option<Cursor>,
        health: Health,
        now: DateTime<Utc>,
    ) -> Result<()>;
    async fn record_failure(&mut self, run: &SyncRun, process: Process) -> Result<()>;
}

on_both! {
    impl EndingStatements {
        async fn worst_findings(&mut self, run: RunId) -> Result<Vec<(Option<Process>, Severity)>> {
            let query = findings::table.filter(findings::run_id.eq(run));
            Ok(query.select((findings::process, findings::severity)).distinct().load(self).await?)
        }

        async fn record_success(
            &mut self,
            run: &SyncRun,
            process: Process,
            bookmark: Option<Cursor>,
            health: Health,
            now: DateTime<Utc>,
        ) -> Result<()> {
            let row = profile_processes::table.filter(profile_processes::profile_id.eq(run.profile_id));
            diesel::update(row.filter(profile_processes::process.eq(Bind(process))))
                .set((
                    profile_processes::health.eq(health),
                    profile_processes::last_succeeded_at.eq(Bind(Some(now))),
                ))
                .execute(self)
                .await?;
            if bookmark.is_some() {
                diesel::update(row.filter(profile_processes::process.eq(Bind(process))))
                    .set(profile_processes::bookmark.eq(Bind(bookmark)))
                    .execute(self)
                    .await?;
            }
            Ok(())
        }

        async fn record_failure(&mut self, run: &SyncRun, process: Process) -> Result<()> {
            let row = profile_processes::table.filter(profile_processes::profile_id.eq(run.profile_id));
            diesel::update(row.filter(profile_processes::process.eq(Bind(process))))
                .set(profile_processes::health.eq(Health::Broken))
                .execute(self)
                .await?;
            Ok(())
        }
    }
}
