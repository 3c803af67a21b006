//! The statements that change jobs, each inside a transaction that holds the job's row.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;

use super::{ClaimableKind, Enqueued, EventBody, Job, NewJob, Status};
use crate::db::{LiteConn, PgConn, on_both};
use crate::schema::{events, jobs};
use crate::types::{Bind, StreamKind};
use crate::{Error, JobId, JobState, Result};

/// Maximum number of retries after a race: the loser finds the winner's row on its second attempt.
pub(crate) const MAX_RACES: usize = 3;

/// Whether a write lost a race against another one with the same key.
pub(crate) fn is_race(error: &Error) -> bool {
    const KEYS: [&str; 3] = ["jobs_open", "jobs_idempotency", "jobs_idempotency_everywhere"];
    KEYS.iter().any(|key| error.is_conflict_with(key))
}

/// Row locks. SQLite's single writer holds every row anyway.
pub(crate) trait JobLocks {
    /// Locks a job.
    async fn lock_job(&mut self, id: JobId) -> Result<Option<Job>>;
    /// Locks the open job of a kind with that unique key.
    async fn lock_open_job(&mut self, kind: &str, unique_key: &str) -> Result<Option<Job>>;
    /// Locks the job of these kinds that is due first, past those that others hold.
    async fn lock_due_job(&mut self, kinds: &[ClaimableKind], now: DateTime<Utc>) -> Result<Option<Job>>;
    /// Locks jobs whose lease expired.
    async fn lock_expired_jobs(&mut self, now: DateTime<Utc>) -> Result<Vec<Job>>;
}

/// The same text as in the partial index, which it makes usable.
const DUE: &str = "state IN ('QUEUED', 'WAITING')";

macro_rules! job {
    ($id:expr) => {
        jobs::table.select(Job::as_select()).filter(jobs::id.eq($id))
    };
}

macro_rules! open_job {
    ($kind:expr, $key:expr) => {
        jobs::table
            .select(Job::as_select())
            .filter(jobs::kind.eq($kind))
            .filter(jobs::unique_key.eq($key))
            .filter(jobs::state.eq_any(JobState::OPEN))
    };
}

macro_rules! due_job {
    ($kinds:expr, $now:expr) => {
        jobs::table
            .select(Job::as_select())
            .filter(sql::<Bool>(DUE))
            .filter(jobs::available_at.le(Bind(Some($now))))
            .filter(sql::<Text>("kind || ' ' || payload_version").eq_any(versions_of($kinds)))
            .order((jobs::priority.desc(), jobs::available_at, jobs::id))
            .limit(1)
    };
}

macro_rules! expired_jobs {
    ($now:expr) => {
        jobs::table.select(Job::as_select()).filter(jobs::leased_until.lt(Bind(Some($now)))).order(jobs::id).limit(100)
    };
}

/// Every known kind with every known version of its payload.
fn versions_of(kinds: &[ClaimableKind]) -> Vec<String> {
    let versions = |kind: &ClaimableKind| {
        let name = kind.name;
        kind.versions.clone().map(move |version| format!("{name} {version}"))
    };
    kinds.iter().flat_map(versions).collect()
}

impl JobLocks for PgConn {
    async fn lock_job(&mut self, id: JobId) -> Result<Option<Job>> {
        Ok(job!(id).for_update().first(self).await.optional()?)
    }

    async fn lock_open_job(&mut self, kind: &str, unique_key: &str) -> Result<Option<Job>> {
        Ok(open_job!(kind, unique_key).for_update().first(self).await.optional()?)
    }

    async fn lock_due_job(&mut self, kinds: &[ClaimableKind], now: DateTime<Utc>) -> Result<Option<Job>> {
        Ok(due_job!(kinds, now).for_update().skip_locked().first(self).await.optional()?)
    }

    async fn lock_expired_jobs(&mut self, now: DateTime<Utc>) -> Result<Vec<Job>> {
        Ok(expired_jobs!(now).for_update().skip_locked().load(self).await?)
    }
}

impl JobLocks for LiteConn {
    async fn lock_job(&mut self, id: JobId) -> Result<Option<Job>> {
        Ok(job!(id).first(self).await.optional()?)
    }

    async fn lock_open_job(&mut self, kind: &str, unique_key: &str) -> Result<Option<Job>> {
        Ok(open_job!(kind, unique_key).first(self).await.optional()?)
    }

    async fn lock_due_job(&mut self, kinds: &[ClaimableKind], now: DateTime<Utc>) -> Result<Option<Job>> {
        Ok(due_job!(kinds, now).first(self).await.optional()?)
    }

    async fn lock_expired_jobs(&mut self, now: DateTime<Utc>) -> Result<Vec<Job>> {
        Ok(expired_jobs!(now).load(self).await?)
    }
}

/// The writes to a job whose row is locked.
pub(crate) trait JobStatements {
    /// Writes the job back; `held` is the fence under which it was read.
    async fn save_job(&mut self, job: &Job, held: i64) -> Result<()>;
    /// Numbers events under the lock of the job's row, so that no number is missing, and writes them.
    async fn append(&mut self, job: &mut Job, now: DateTime<Utc>, bodies: Vec<EventBody>) -> Result<()>;
    /// Changes the state and appends the event. A job that no worker holds any more loses its lease.
    async fn move_job(&mut self, job: &mut Job, status: Status, now: DateTime<Utc>) -> Result<()>;
    /// Moves the job into a final state. Rows of its kind are not changed.
    async fn finish_job(&mut self, job: &mut Job, status: Status, now: DateTime<Utc>) -> Result<()>;
    /// Creates a job with its first event, unless a job with its keys exists.
    async fn enqueue_job(&mut self, new: &NewJob, now: DateTime<Utc>) -> Result<Enqueued>;
    /// Creates a job with its first event.
    async fn insert_job(&mut self, new: &NewJob, now: DateTime<Utc>) -> Result<Job>;
    /// Finds the job of an idempotency key.
    async fn job_of_key(&mut self, new: &NewJob) -> Result<Option<Job>>;
}

on_both! {
    impl JobStatements {
        async fn save_job(&mut self, job: &Job, held: i64) -> Result<()> {
            let row = jobs::table.filter(jobs::id.eq(job.id)).filter(jobs::fence.eq(held));
            let saved = diesel::update(row).set(job.clone()).execute(self).await?;
            if saved == 1 { Ok(()) } else { Err(Error::LostLease) }
        }

        async fn append(&mut self, job: &mut Job, now: DateTime<Utc>, bodies: Vec<EventBody>) -> Result<()> {
            for body in bodies {
                job.last_sequence += 1;
                let event = (
                    events::stream_kind.eq(StreamKind::Job),
                    events::stream_id.eq(job.id),
                    events::sequence.eq(job.last_sequence),
                    events::at.eq(Bind(now)),
                    events::body.eq(body),
                );
                diesel::insert_into(events::table).values(event).execute(self).await?;
            }
            Ok(())
        }

        async fn move_job(&mut self, job: &mut Job, status: Status, now: DateTime<Utc>) -> Result<()> {
            if status.state != JobState::Running {
                job.lease_owner = None;
                job.leased_until = None;
                job.cancel_requested_at = None;
            }
            job.state = status.state;
            job.substate.clone_from(&status.substate);
            job.reason.clone_from(&status.reason);
            self.append(job, now, vec![EventBody::State(status)]).await
        }

        async fn finish_job(&mut self, job: &mut Job, status: Status, now: DateTime<Utc>) -> Result<()> {
            debug_assert!(!status.state.is_open(), "a job ends in a final state");
            job.finished_at = Some(now);
            self.move_job(job, status, now).await
        }

        async fn enqueue_job(&mut self, new: &NewJob, now: DateTime<Utc>) -> Result<Enqueued> {
            if let Some(job) = self.job_of_key(new).await? {
                return same_key(new, job);
            }
            if let Some(key) = &new.unique_key
                && let Some(open) = self.lock_open_job(new.kind, key).await?
            {
                // The same caller may have created it since its key was looked up.
                let is_same = new.idempotency_key.is_some() && open.idempotency_key == new.idempotency_key;
                return if is_same { same_key(new, open) } else { Ok(Enqueued::Open(open)) };
            }
            Ok(Enqueued::Created(self.insert_job(new, now).await?))
        }

        async fn insert_job(&mut self, new: &NewJob, now: DateTime<Utc>) -> Result<Job> {
            let mut job = new.queued(now);
            let queued = EventBody::State(job.status());
            self.append(&mut job, now, vec![queued]).await?;
            diesel::insert_into(jobs::table).values(job.clone()).execute(self).await?;
            Ok(job)
        }

        async fn job_of_key(&mut self, new: &NewJob) -> Result<Option<Job>> {
            let Some(key) = &new.idempotency_key else { return Ok(None) };
            let of_kind = jobs::table.select(Job::as_select()).filter(jobs::kind.eq(new.kind));
            let query = of_kind.filter(jobs::idempotency_key.eq(key));
            let found = match new.profile_id {
                Some(profile) => query.filter(jobs::profile_id.eq(profile)).first(self).await,
                None => query.filter(jobs::profile_id.is_null()).first(self).await,
            };
            Ok(found.optional()?)
        }
    }
}

fn same_key(new: &NewJob, job: Job) -> Result<Enqueued> {
    if new.has_parameters_of(&job) { Ok(Enqueued::SameKey(job)) } else { Err(Error::conflict("jobs_idempotency")) }
}

/// Checks that the job is still held under `fence`.
pub(crate) fn held(job: Option<Job>, fence: i64) -> Result<Job> {
    job.filter(|job| job.fence == fence && job.state == JobState::Running).ok_or(Error::LostLease)
}
