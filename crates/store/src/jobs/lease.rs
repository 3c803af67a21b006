//! Claims, leases, and what happens when a lease expires.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::{Backoff, Finding, Severity};
use uuid::Uuid;

use crate::db::with_tx;
use crate::deadline::until;
use crate::findings::FindingStatements;
use crate::job_queue::{CANCELLING, ClaimableKind, HeartbeatReply, Job, JobLocks, JobStatements, Status, held};
use crate::runs::{self, RunStatements};
use crate::{Db, JobId, JobState, Result};

/// The wait after an expired lease; the first one is claimed again at once.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), limit: Duration::from_secs(30) };

/// Claims the job of these kinds that is due first; `None` if there is none.
///
/// The attempt counts here and not at a failure, so a job that kills its process reaches the limit too.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn claim(db: &Db, owner: Uuid, kinds: &[ClaimableKind]) -> Result<Option<Job>> {
    if kinds.is_empty() {
        return Ok(None);
    }
    let kinds = kinds.to_vec();
    let claimed = with_tx!(db, Full, |c, now| {
        let Some(mut job) = c.lock_due_job(&kinds, now).await? else { return Ok(None) };
        let lease = kinds.iter().find(|kind| kind.name == job.kind).map_or(Duration::ZERO, |kind| kind.lease);
        let fence = job.fence;
        job.fence += 1;
        job.attempt += 1;
        job.lease_owner = Some(owner);
        job.leased_until = Some(until(now, lease));
        job.started_at = job.started_at.or(Some(now));
        c.move_job(&mut job, Status::new(JobState::Running, None), now).await?;
        c.save_job(&job, fence).await?;
        Ok(Some(job))
    })?;
    if let Some(job) = &claimed {
        db.notify(job.id);
    }
    Ok(claimed)
}

/// Renews the lease. The reply says whether to continue.
///
/// # Errors
/// `LostLease` if the job is no longer held under `fence`.
pub async fn heartbeat(db: &Db, job: JobId, fence: i64, lease: Duration) -> Result<HeartbeatReply> {
    with_tx!(db, Page, |c, now| {
        let mut job = held(c.lock_job(job).await?, fence)?;
        job.leased_until = Some(until(now, lease));
        c.save_job(&job, fence).await?;
        Ok(if job.is_cancelling() { HeartbeatReply::Cancel } else { HeartbeatReply::Continue })
    })
}

/// Requeues jobs whose lease expired, or fails them after `max_attempts` claims without durable progress. Any replica may
/// call it at any time.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn reclaim_expired_leases(db: &Db, max_attempts: i32) -> Result<Vec<Job>> {
    let reclaimed = with_tx!(db, Full, |c, now| {
        let mut reclaimed = Vec::new();
        for mut job in c.lock_expired_jobs(now).await? {
            let fence = job.fence;
            if job.is_cancelling() {
                c.end_job(&mut job, Status::new(JobState::Cancelled, None), now).await?;
            } else if job.attempt >= max_attempts {
                let finding = lease_lost(job.attempt);
                let status = Status::new(JobState::Failed, Some(&finding.message));
                if job.kind == runs::KIND {
                    c.add_findings(&mut job, now, vec![finding]).await?;
                }
                c.end_job(&mut job, status, now).await?;
            } else {
                job.available_at = Some(until(now, wait_after(job.attempt)));
                let reason = "the worker stopped responding; another one continues";
                c.move_job(&mut job, Status::new(JobState::Queued, Some(reason)), now).await?;
            }
            c.save_job(&job, fence).await?;
            reclaimed.push(job);
        }
        Ok(reclaimed)
    })?;
    reclaimed.iter().for_each(|job| db.notify(job.id));
    Ok(reclaimed)
}

fn wait_after(attempt: i32) -> Duration {
    match u32::try_from(attempt) {
        Ok(attempt) if attempt > 1 => BACKOFF.after(attempt - 1),
        _ => Duration::ZERO,
    }
}

fn lease_lost(attempts: i32) -> Finding {
    Finding::new(
        "LEASE_LOST",
        Severity::Error,
        "the worker stopped responding too often without making progress",
        "Look at the gateway's log around the time of the run, then start the sync again.",
    )
    .with_seen(format!("{attempts} attempts"))
}

/// Requeues every held job at once, at the start of a process that alone serves its database. The fences increase, so that
/// no write of an earlier process is accepted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn requeue_all(db: &Db) -> Result<Vec<JobId>> {
    let mut requeued = Vec::new();
    loop {
        let some: Vec<JobId> = with_tx!(db, Full, |c, now| {
            let mut some = Vec::new();
            for mut job in c.lock_expired_jobs(DateTime::<Utc>::MAX_UTC).await? {
                let fence = job.fence;
                job.fence += 1;
                job.available_at = Some(now);
                if job.is_cancelling() {
                    c.end_job(&mut job, Status::new(JobState::Cancelled, None), now).await?;
                } else {
                    let reason = "the gateway was restarted";
                    c.move_job(&mut job, Status::new(JobState::Queued, Some(reason)), now).await?;
                }
                c.save_job(&job, fence).await?;
                some.push(job.id);
            }
            Ok(some)
        })?;
        if some.is_empty() {
            return Ok(requeued);
        }
        some.iter().for_each(|job| db.notify(*job));
        requeued.extend(some);
    }
}

/// The status of a running job whose cancellation was requested.
pub(super) fn cancelling() -> Status {
    Status::new(JobState::Running, None).with_substate(CANCELLING)
}
