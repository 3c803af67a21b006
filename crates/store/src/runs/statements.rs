//! The statements that runs are moved with, each inside a transaction that holds the run's row.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{NewStage, Stage, StageRow, SyncRun};
use crate::db::{LiteConn, PgConn, on_both};
use crate::schema::{events, sync_runs, sync_seen, sync_stages};
use crate::types::{Bind, StreamKind};
use crate::{Error, EventBody, ProfileId, Result, RunId, RunState, StageState};

/// Rows that nobody else may change until the transaction ends. SQLite's one writer holds everything anyway.
pub(crate) trait Locks {
    /// Holds a run.
    async fn lock_run(&mut self, id: RunId) -> Result<Option<SyncRun>>;
    /// Holds the open run of a profile.
    async fn lock_open_run(&mut self, profile: ProfileId) -> Result<Option<SyncRun>>;
    /// Holds the run that has waited longest and may begin, past those that others hold.
    async fn lock_due_run(&mut self, now: DateTime<Utc>) -> Result<Option<SyncRun>>;
    /// Holds the runs whose lease ran out.
    async fn lock_expired_runs(&mut self, now: DateTime<Utc>) -> Result<Vec<SyncRun>>;
}

/// Spelled out, so that the partial index of the same words serves it.
const DUE: &str = "state IN ('QUEUED', 'PAUSED_QUOTA')";

macro_rules! open_run {
    ($profile:expr) => {
        sync_runs::table
            .select(SyncRun::as_select())
            .filter(sync_runs::profile_id.eq($profile))
            .filter(sync_runs::state.eq_any(RunState::OPEN))
    };
}

macro_rules! due_run {
    ($now:expr) => {
        sync_runs::table
            .select(SyncRun::as_select())
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(DUE))
            .filter(sync_runs::available_at.le(Bind($now)))
            .order((sync_runs::available_at, sync_runs::id))
            .limit(1)
    };
}

macro_rules! expired_runs {
    ($now:expr) => {
        sync_runs::table
            .select(SyncRun::as_select())
            .filter(sync_runs::leased_until.lt(Bind(Some($now))))
            .order(sync_runs::id)
            .limit(100)
    };
}

impl Locks for PgConn {
    async fn lock_run(&mut self, id: RunId) -> Result<Option<SyncRun>> {
        let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::id.eq(id)).for_update();
        Ok(query.first(self).await.optional()?)
    }

    async fn lock_open_run(&mut self, profile: ProfileId) -> Result<Option<SyncRun>> {
        Ok(open_run!(profile).for_update().first(self).await.optional()?)
    }

    async fn lock_due_run(&mut self, now: DateTime<Utc>) -> Result<Option<SyncRun>> {
        Ok(due_run!(now).for_update().skip_locked().first(self).await.optional()?)
    }

    async fn lock_expired_runs(&mut self, now: DateTime<Utc>) -> Result<Vec<SyncRun>> {
        Ok(expired_runs!(now).for_update().skip_locked().load(self).await?)
    }
}

impl Locks for LiteConn {
    async fn lock_run(&mut self, id: RunId) -> Result<Option<SyncRun>> {
        let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::id.eq(id));
        Ok(query.first(self).await.optional()?)
    }

    async fn lock_open_run(&mut self, profile: ProfileId) -> Result<Option<SyncRun>> {
        Ok(open_run!(profile).first(self).await.optional()?)
    }

    async fn lock_due_run(&mut self, now: DateTime<Utc>) -> Result<Option<SyncRun>> {
        Ok(due_run!(now).first(self).await.optional()?)
    }

    async fn lock_expired_runs(&mut self, now: DateTime<Utc>) -> Result<Vec<SyncRun>> {
        Ok(expired_runs!(now).load(self).await?)
    }
}

/// What is written of a run whose row is held.
pub(crate) trait RunStatements {
    /// Writes the run back; `held` is the fence under which it was read.
    async fn save_run(&mut self, run: &SyncRun, held: i64) -> Result<()>;
    /// Numbers events under the run's row lock, so that no number is ever missing, and writes them.
    async fn append(&mut self, run: &mut SyncRun, now: DateTime<Utc>, bodies: Vec<EventBody>) -> Result<()>;
    /// Tells where a stage is.
    async fn progress(&mut self, run: &mut SyncRun, now: DateTime<Utc>, stage: &Stage) -> Result<()>;
    /// Makes a run with its stages and its first event.
    async fn insert_run(&mut self, run: &mut SyncRun, stages: &[NewStage]) -> Result<()>;
    /// Reads the run's stages, in order.
    async fn stages_of(&mut self, run: RunId) -> Result<Vec<Stage>>;
    /// Reads one stage.
    async fn stage(&mut self, run: RunId, ordinal: i32) -> Result<Stage>;
    /// Writes a stage back.
    async fn save_stage(&mut self, run: RunId, stage: &Stage) -> Result<()>;
    /// Moves the run into `state`, with the event that says so, and gives the lease back unless it is still held.
    async fn move_run(
        &mut self,
        run: &mut SyncRun,
        state: RunState,
        reason: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<()>;
    /// Moves the run into a final state; what it had seen and not yet begun is over.
    async fn end_run(
        &mut self,
        run: &mut SyncRun,
        state: RunState,
        reason: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<()>;
}

on_both! {
    impl RunStatements {
        async fn save_run(&mut self, run: &SyncRun, held: i64) -> Result<()> {
            let saved = diesel::update(sync_runs::table)
                .filter(sync_runs::id.eq(run.id))
                .filter(sync_runs::fence.eq(held))
                .set(run.clone())
                .execute(self)
                .await?;
            if saved == 1 { Ok(()) } else { Err(Error::LostLease) }
        }

        async fn append(&mut self, run: &mut SyncRun, now: DateTime<Utc>, bodies: Vec<EventBody>) -> Result<()> {
            for body in bodies {
                run.last_sequence += 1;
                let event = (
                    events::stream_kind.eq(StreamKind::SyncRun),
                    events::stream_id.eq(run.id),
                    events::sequence.eq(run.last_sequence),
                    events::at.eq(Bind(now)),
                    events::body.eq(body),
                );
                diesel::insert_into(events::table).values(event).execute(self).await?;
            }
            Ok(())
        }

        async fn progress(&mut self, run: &mut SyncRun, now: DateTime<Utc>, stage: &Stage) -> Result<()> {
            let body = EventBody::Stage { stage: stage.clone(), counts: run.counts };
            self.append(run, now, vec![body]).await
        }

        async fn insert_run(&mut self, run: &mut SyncRun, stages: &[NewStage]) -> Result<()> {
            run.last_sequence = 0;
            diesel::insert_into(sync_runs::table).values(run.clone()).execute(self).await?;
            for stage in StageRow::all(run.id, stages) {
                diesel::insert_into(sync_stages::table).values(stage).execute(self).await?;
            }
            let queued = EventBody::RunState { state: run.state, reason: run.reason.clone() };
            self.append(run, run.queued_at, vec![queued]).await?;
            self.save_run(run, run.fence).await
        }

        async fn stages_of(&mut self, run: RunId) -> Result<Vec<Stage>> {
            let query = sync_stages::table.select(Stage::as_select()).filter(sync_stages::run_id.eq(run));
            Ok(query.order(sync_stages::ordinal).load(self).await?)
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

        async fn move_run(
            &mut self,
            run: &mut SyncRun,
            state: RunState,
            reason: Option<String>,
            now: DateTime<Utc>,
        ) -> Result<()> {
            if !matches!(state, RunState::Running | RunState::Cancelling) {
                run.lease_owner = None;
                run.leased_until = None;
            }
            run.state = state;
            run.reason = reason.clone();
            self.append(run, now, vec![EventBody::RunState { state, reason }]).await
        }

        async fn end_run(
            &mut self,
            run: &mut SyncRun,
            state: RunState,
            reason: Option<String>,
            now: DateTime<Utc>,
        ) -> Result<()> {
            run.finished_at = Some(now);
            let broken = if state == RunState::Failed { StageState::Failed } else { StageState::Skipped };
            for (from, to) in [(StageState::Running, broken), (StageState::Waiting, StageState::Skipped)] {
                diesel::update(sync_stages::table)
                    .filter(sync_stages::run_id.eq(run.id))
                    .filter(sync_stages::state.eq(from))
                    .set((sync_stages::state.eq(to), sync_stages::finished_at.eq(Bind(Some(now)))))
                    .execute(self)
                    .await?;
            }
            diesel::delete(sync_seen::table.filter(sync_seen::run_id.eq(run.id))).execute(self).await?;
            self.move_run(run, state, reason, now).await
        }
    }
}

/// Makes sure that the run is held under `fence` by a worker that may still write.
pub(crate) fn held(run: Option<SyncRun>, fence: i64) -> Result<SyncRun> {
    run.filter(|run| run.fence == fence && matches!(run.state, RunState::Running | RunState::Cancelling))
        .ok_or(Error::LostLease)
}
