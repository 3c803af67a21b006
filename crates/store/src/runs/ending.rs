//! Finishing and suspending runs.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Cursor, Process, Severity};

use super::{RunLocks, RunResult, RunStatements, SyncRun, held};
use crate::db::{on_both, with_tx};
use crate::findings::FindingStatements;
use crate::job_queue::Wait;
use crate::schema::{findings, profile_processes};
use crate::types::Bind;
use crate::{Db, Health, Result, RunId, RunState};

/// Ends a run: its findings, its bookmarks and the health of its processes are written with the final event.
///
/// # Errors
/// `LostLease` if the run is no longer held under `fence`.
pub async fn finish(db: &Db, run: RunId, fence: i64, result: RunResult) -> Result<SyncRun> {
    let finished = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        c.add_findings(&mut run.job, now, result.findings.clone()).await?;
        let worst = c.worst_findings(run.id).await?;
        for (process, bookmark) in &result.bookmarks {
            c.record_success(&run, *process, bookmark.clone(), health(&worst, *process), now).await?;
        }
        for process in run.processes.clone() {
            let is_broken = health(&worst, process) == Health::Broken;
            if is_broken && !result.bookmarks.iter().any(|(done, _)| *done == process) {
                c.record_failure(&run, process).await?;
            }
        }
        c.end_job(&mut run.job, result.state.status(result.reason.as_deref()), now).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.notify(finished.job.id);
    Ok(finished)
}

/// Health of a process after a run's findings; a finding without a process concerns every process.
fn health(worst: &[(Option<Process>, Severity)], process: Process) -> Health {
    let about = worst.iter().filter(|(concerned, _)| concerned.is_none_or(|concerned| concerned == process));
    match about.map(|(_, severity)| *severity).max() {
        Some(Severity::Error) => Health::Broken,
        Some(Severity::Warning) => Health::Degraded,
        Some(Severity::Info) | None => Health::Healthy,
    }
}

/// A wait for the vendor's API limit.
#[must_use]
pub fn pause(until: DateTime<Utc>, reason: String) -> Wait {
    Wait { until: Some(until), substate: RunState::PausedQuota.as_str(), reason }
}

/// A wait for a user to confirm that many records are really gone.
#[must_use]
pub fn suspect(reason: String) -> Wait {
    Wait { until: None, substate: RunState::Suspect.as_str(), reason }
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
