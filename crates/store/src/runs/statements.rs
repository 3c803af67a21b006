//! The statements that change runs, each inside a transaction that holds the job's row.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{NewRun, StageRow, SyncRun, unique_key};
use crate::db::{LiteConn, PgConn, on_both};
use crate::job_queue::{EventBody, JobLocks, JobStatements, RunCounts, Stage, Status};
use crate::schema::{jobs, sync_runs, sync_seen, sync_stages};
use crate::types::Bind;
use crate::{Error, Job, JobState, ProfileId, Result, RunId, StageState};

/// Row locks on runs.
pub(crate) trait RunLocks {
    /// Locks a run and its job.
    async fn lock_run(&mut self, id: RunId) -> Result<Option<SyncRun>>;
}

macro_rules! run {
    ($id:expr) => {
        sync_runs::table.inner_join(jobs::table).select(SyncRun::as_select()).filter(sync_runs::id.eq($id))
    };
}

impl RunLocks for PgConn {
    async fn lock_run(&mut self, id: RunId) -> Result<Option<SyncRun>> {
        Ok(run!(id).for_update().first(self).await.optional()?)
    }
}

impl RunLocks for LiteConn {
    async fn lock_run(&mut self, id: RunId) -> Result<Option<SyncRun>> {
        Ok(run!(id).first(self).await.optional()?)
    }
}

/// The writes to a run whose row is locked.
pub(crate) trait RunStatements {
    /// Writes the run and its job back; `held` is the fence under which they were read.
    async fn save_run(&mut self, run: &SyncRun, held: i64) -> Result<()>;
    /// Locks the job of the profile's open run.
    async fn lock_open_run(&mut self, profile: ProfileId) -> Result<Option<Job>>;
    /// Records the progress of a stage.
    async fn progress(&mut self, run: &mut SyncRun, now: DateTime<Utc>, stage: &Stage) -> Result<()>;
    /// Inserts the run and the stages of a new job.
    async fn insert_run(&mut self, job: Job, new: &NewRun) -> Result<SyncRun>;
    /// Reads one stage.
    async fn stage(&mut self, run: RunId, ordinal: i32) -> Result<Stage>;
    /// Writes a stage back.
    async fn save_stage(&mut self, run: RunId, stage: &Stage) -> Result<()>;
    /// Moves a job of any kind into a final state; with the job of a run, its stages end too.
    async fn end_job(&mut self, job: &mut Job, status: Status, now: DateTime<Utc>) -> Result<()>;
    /// Ends the stages of a run and deletes its seen records.
    async fn close_stages(&mut self, run: RunId, state: JobState, now: DateTime<Utc>) -> Result<()>;
}

on_both! {
    impl RunStatements {
        async fn save_run(&mut self, run: &SyncRun, held: i64) -> Result<()> {
            self.save_job(&run.job, held).await?;
            let own = (
                sync_runs::suspect_confirmed.eq(run.suspect_confirmed),
                sync_runs::api_calls.eq(run.api_calls),
                run.counts,
            );
            diesel::update(sync_runs::table.filter(sync_runs::id.eq(run.id))).set(own).execute(self).await?;
            Ok(())
        }

        async fn lock_open_run(&mut self, profile: ProfileId) -> Result<Option<Job>> {
            self.lock_open_job(super::KIND, &unique_key(profile)).await
        }

        async fn progress(&mut self, run: &mut SyncRun, now: DateTime<Utc>, stage: &Stage) -> Result<()> {
            let body = EventBody::Stage { stage: stage.clone(), counts: run.counts };
            self.append(&mut run.job, now, vec![body]).await
        }

        async fn insert_run(&mut self, job: Job, new: &NewRun) -> Result<SyncRun> {
            let run = SyncRun {
                id: job.id.into(),
                profile_id: new.profile_id,
                trigger: new.trigger,
                processes: new.processes.clone(),
                suspect_confirmed: false,
                api_calls: 0,
                counts: RunCounts::default(),
                job,
            };
            let own = (
                sync_runs::id.eq(run.id),
                sync_runs::profile_id.eq(run.profile_id),
                sync_runs::trigger.eq(run.trigger),
                sync_runs::processes.eq(Bind(run.processes.clone())),
                sync_runs::suspect_confirmed.eq(run.suspect_confirmed),
                sync_runs::api_calls.eq(run.api_calls),
                run.counts,
            );
            diesel::insert_into(sync_runs::table).values(own).execute(self).await?;
            for stage in StageRow::all(run.id, &new.stages) {
                diesel::insert_into(sync_stages::table).values(stage).execute(self).await?;
            }
            Ok(run)
        }

        async fn stage(&mut self, run: RunId, ordinal: i32) -> Result<Stage> {
            let query = sync_stages::table.select(Stage::as_select()).filter(sync_stages::run_id.eq(run));
            let found = query.filter(sync_stages::ordinal.eq(ordinal)).first(self).await.optional()?;
            found.ok_or(Error::NotFound { what: "stage" })
        }

        async fn save_stage(&mut self, run: RunId, stage: &Stage) -> Result<()> {
            diesel::update(sync_stages::table)
                .filter(sync_stages::run_id.eq(run))
                .filter(sync_stages::ordinal.eq(stage.ordinal))
                .set((
                    sync_stages::state.eq(stage.state),
                    sync_stages::done.eq(stage.done),
                    sync_stages::total.eq(stage.total),
                    sync_stages::cursor.eq(Bind(stage.cursor.clone())),
                    sync_stages::bookmark.eq(Bind(stage.bookmark.clone())),
                    sync_stages::started_at.eq(Bind(stage.started_at)),
                    sync_stages::finished_at.eq(Bind(stage.finished_at)),
                ))
                .execute(self)
                .await?;
            Ok(())
        }

        async fn end_job(&mut self, job: &mut Job, status: Status, now: DateTime<Utc>) -> Result<()> {
            if job.kind == super::KIND {
                self.close_stages(job.id.into(), status.state, now).await?;
            }
            self.finish_job(job, status, now).await
        }

        async fn close_stages(&mut self, run: RunId, state: JobState, now: DateTime<Utc>) -> Result<()> {
            let broken = if state == JobState::Failed { StageState::Failed } else { StageState::Skipped };
            for (from, to) in [(StageState::Running, broken), (StageState::Waiting, StageState::Skipped)] {
                diesel::update(sync_stages::table)
                    .filter(sync_stages::run_id.eq(run))
                    .filter(sync_stages::state.eq(from))
                    .set((sync_stages::state.eq(to), sync_stages::finished_at.eq(Bind(Some(now)))))
                    .execute(self)
                    .await?;
            }
            diesel::delete(sync_seen::table.filter(sync_seen::run_id.eq(run))).execute(self).await?;
            Ok(())
        }
    }
}

/// Checks that the run is still held under `fence`.
pub(crate) fn held(run: Option<SyncRun>, fence: i64) -> Result<SyncRun> {
    run.filter(|run| run.job.fence == fence && run.job.state == JobState::Running).ok_or(Error::LostLease)
}
