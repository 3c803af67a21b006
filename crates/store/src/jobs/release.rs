//! Releasing jobs, and reporting progress.

use chrono::{DateTime, Utc};

use crate::db::with_tx;
use crate::job_queue::{EventBody, Job, JobLocks, JobStatements, Progress, Status, Wait, held};
use crate::runs::RunStatements;
use crate::{Db, JobId, JobState, Result};

/// Ends a job.
///
/// # Errors
/// `LostLease` if the job is no longer held under `fence`.
pub async fn finish(db: &Db, job: JobId, fence: i64, status: Status) -> Result<Job> {
    let finished = with_tx!(db, Full, |c, now| {
        let mut job = held(c.lock_job(job).await?, fence)?;
        c.end_job(&mut job, status.clone(), now).await?;
        c.save_job(&job, fence).await?;
        Ok(job)
    })?;
    db.notify(finished.id);
    Ok(finished)
}

/// Moves the job to `WAITING`.
///
/// # Errors
/// `LostLease` if the job is no longer held under `fence`.
pub async fn wait(db: &Db, job: JobId, fence: i64, wait: Wait) -> Result<Job> {
    let status = Status::new(JobState::Waiting, Some(&wait.reason)).with_substate(wait.substate);
    release(db, job, fence, Release { status, available_at: wait.until, attempt_counts: false }).await
}

/// Requeues the job, to be tried again at `at`; the attempt counts.
///
/// # Errors
/// `LostLease` if the job is no longer held under `fence`.
pub async fn retry_later(db: &Db, job: JobId, fence: i64, at: DateTime<Utc>, reason: &str) -> Result<Job> {
    let status = Status::new(JobState::Queued, Some(reason));
    release(db, job, fence, Release { status, available_at: Some(at), attempt_counts: true }).await
}

#[derive(Debug, Clone)]
struct Release {
    status: Status,
    available_at: Option<DateTime<Utc>>,
    attempt_counts: bool,
}

async fn release(db: &Db, job: JobId, fence: i64, release: Release) -> Result<Job> {
    let released = with_tx!(db, Full, |c, now| {
        let mut job = held(c.lock_job(job).await?, fence)?;
        if job.is_cancelling() {
            // Cancellation takes precedence over waiting.
            c.end_job(&mut job, Status::new(JobState::Cancelled, None), now).await?;
        } else {
            job.available_at = release.available_at;
            job.attempt -= i32::from(!release.attempt_counts && job.attempt > 0);
            c.move_job(&mut job, release.status.clone(), now).await?;
        }
        c.save_job(&job, fence).await?;
        Ok(job)
    })?;
    db.notify(released.id);
    Ok(released)
}

/// Records progress in the event log. Progress is durable, so the attempts are counted from 1 again.
///
/// # Errors
/// `LostLease` if the job is no longer held under `fence`.
pub async fn report_progress(db: &Db, job: JobId, fence: i64, progress: Progress) -> Result<Job> {
    let reported = with_tx!(db, Page, |c, now| {
        let mut job = held(c.lock_job(job).await?, fence)?;
        job.attempt = 1;
        c.append(&mut job, now, vec![EventBody::Progress(progress.clone())]).await?;
        c.save_job(&job, fence).await?;
        Ok(job)
    })?;
    db.notify(reported.id);
    Ok(reported)
}
