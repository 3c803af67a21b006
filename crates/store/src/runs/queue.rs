//! Creating runs, and confirming suspect ones.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{KIND, NewRun, PAYLOAD_VERSION, RunLocks, RunStatements, SyncRun};
use crate::db::{on_both, with_tx};
use crate::job_queue::{Enqueued, JobStatements, MAX_RACES, NewJob, ScheduledSlot, Status, is_race, slot_key};
use crate::schema::integration_profiles;
use crate::types::Bind;
use crate::{Db, Error, Job, JobState, ProfileId, ProfileState, Result, RunId, RunState};

/// A profile has at most one open run.
pub(crate) fn unique_key(profile: ProfileId) -> String {
    profile.to_string()
}

impl NewRun {
    fn job(&self) -> NewJob {
        let mut processes = self.processes.clone();
        processes.sort_unstable();
        NewJob {
            profile_id: Some(self.profile_id),
            idempotency_key: self.idempotency_key.clone(),
            unique_key: Some(unique_key(self.profile_id)),
            ..NewJob::new(KIND, PAYLOAD_VERSION, json!({ "processes": processes }))
        }
    }
}

/// Creates a run. The run, its stages and its first event appear together.
///
/// # Errors
/// `Conflict` with `jobs_idempotency` when the key was used for other processes.
pub async fn enqueue(db: &Db, new: NewRun) -> Result<Enqueued<SyncRun>> {
    let mut races = 0;
    loop {
        match try_enqueue(db, new.clone()).await {
            Err(error) if is_race(&error) && races < MAX_RACES => races += 1,
            outcome => {
                if let Ok(Enqueued::Created(run)) = &outcome {
                    db.notify(run.job.id);
                }
                return outcome;
            }
        }
    }
}

async fn try_enqueue(db: &Db, new: NewRun) -> Result<Enqueued<SyncRun>> {
    with_tx!(db, Full, |c, now| {
        Ok(match c.enqueue_job(&new.job(), now).await? {
            Enqueued::Created(job) => Enqueued::Created(c.insert_run(job, &new).await?),
            Enqueued::SameKey(job) => Enqueued::SameKey(c.run_of(&job).await?),
            Enqueued::Open(job) => Enqueued::Open(c.run_of(&job).await?),
        })
    })
}

/// Creates the run of a scheduled slot, and moves the profile on to its next slot.
///
/// The slot is taken by replacing `next_run_at`, so of several replicas one creates the run. An open `SUSPECT` run is
/// superseded; behind any other open run the slot is skipped.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn enqueue_slot(
    db: &Db,
    profile: ProfileId,
    slot: DateTime<Utc>,
    new: NewRun,
    next_run_at: Option<DateTime<Utc>>,
) -> Result<ScheduledSlot<SyncRun>> {
    let new = NewRun { idempotency_key: Some(slot_key(slot)), ..new };
    let (outcome, superseded) = with_tx!(db, Full, |c, now| {
        let job = new.job();
        if !c.take_slot(profile, slot, next_run_at).await? || c.job_of_key(&job).await?.is_some() {
            return Ok((ScheduledSlot::Taken, None));
        }
        let mut superseded = None;
        if let Some(mut open) = c.lock_open_run(profile).await? {
            if !is_suspect(&open) {
                return Ok((ScheduledSlot::Skipped(c.run_of(&open).await?), None));
            }
            let fence = open.fence;
            let status = Status::new(JobState::Cancelled, Some("superseded by the next scheduled run"));
            c.end_job(&mut open, status, now).await?;
            c.save_job(&open, fence).await?;
            superseded = Some(open.id);
        }
        let job = c.insert_job(&job, now).await?;
        Ok((ScheduledSlot::Created(c.insert_run(job, &new).await?), superseded))
    })?;
    if let ScheduledSlot::Created(run) = &outcome {
        db.notify(run.job.id);
    }
    if let Some(job) = superseded {
        db.notify(job);
    }
    Ok(outcome)
}

fn is_suspect(job: &Job) -> bool {
    RunState::from_job(job.state, job.substate.as_deref()) == RunState::Suspect
}

/// Queues a `SUSPECT` run again: a person confirmed that the records it missed are really gone.
///
/// # Errors
/// `NotFound` when there is no such run; `Conflict` with `not_suspect` when it is in another state.
pub async fn confirm(db: &Db, run: RunId) -> Result<SyncRun> {
    let confirmed = with_tx!(db, Full, |c, now| {
        let mut run = c.lock_run(run).await?.ok_or(Error::NotFound { what: "run" })?;
        if run.state() != RunState::Suspect {
            return Err(Error::conflict("not_suspect"));
        }
        run.suspect_confirmed = true;
        run.job.available_at = Some(now);
        run.job.attempt = 0;
        let fence = run.job.fence;
        c.move_job(&mut run.job, Status::new(JobState::Queued, Some("confirmed")), now).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.notify(confirmed.job.id);
    Ok(confirmed)
}

trait QueueStatements {
    async fn run_of(&mut self, job: &Job) -> Result<SyncRun>;
    async fn take_slot(&mut self, profile: ProfileId, slot: DateTime<Utc>, next: Option<DateTime<Utc>>)
    -> Result<bool>;
}

on_both! {
    impl QueueStatements {
        async fn run_of(&mut self, job: &Job) -> Result<SyncRun> {
            self.lock_run(job.id.into()).await?.ok_or(Error::NotFound { what: "run" })
        }

        async fn take_slot(
            &mut self,
            profile: ProfileId,
            slot: DateTime<Utc>,
            next: Option<DateTime<Utc>>,
        ) -> Result<bool> {
            let taken = diesel::update(integration_profiles::table)
                .filter(integration_profiles::id.eq(profile))
                .filter(integration_profiles::next_run_at.eq(Bind(Some(slot))))
                .filter(integration_profiles::state.eq(ProfileState::Published))
                .filter(integration_profiles::deleted_at.is_null())
                .set(integration_profiles::next_run_at.eq(Bind(next)))
                .execute(self)
                .await?;
            Ok(taken == 1)
        }
    }
}
