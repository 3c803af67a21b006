//! Creating and cancelling jobs.

use super::lease::cancelling;
use crate::db::with_tx;
use crate::job_queue::{Enqueued, JobLocks, JobStatements, MAX_RACES, NewJob, Status, is_race};
use crate::runs::RunStatements;
use crate::{Db, Error, Job, JobId, JobState, Result};

/// Creates a job; it and its first event appear together.
///
/// # Errors
/// `Conflict` with `jobs_idempotency` when the key was used for other parameters.
pub async fn enqueue(db: &Db, new: &NewJob) -> Result<Enqueued> {
    let mut races = 0;
    loop {
        let new = new.clone();
        match with_tx!(db, Full, |c, now| c.enqueue_job(&new, now).await) {
            Err(error) if is_race(&error) && races < MAX_RACES => races += 1,
            outcome => {
                if let Ok(Enqueued::Created(job)) = &outcome {
                    db.notify(job.id);
                }
                return outcome;
            }
        }
    }
}

/// Cancels a job: at once if no worker holds it; otherwise the worker is asked to cancel. A job in a final state is not
/// changed. Returns the job.
///
/// # Errors
/// `NotFound` when there is no such job.
pub async fn cancel(db: &Db, job: JobId) -> Result<Job> {
    let (job, changed) = with_tx!(db, Full, |c, now| {
        let mut job = c.lock_job(job).await?.ok_or(Error::NotFound { what: "job" })?;
        let fence = job.fence;
        match job.state {
            JobState::Queued | JobState::Waiting => {
                c.end_job(&mut job, Status::new(JobState::Cancelled, None), now).await?;
            }
            JobState::Running if job.cancel_requested_at.is_none() => {
                job.cancel_requested_at = Some(now);
                c.move_job(&mut job, cancelling(), now).await?;
            }
            _ => return Ok((job, false)),
        }
        c.save_job(&job, fence).await?;
        Ok((job, true))
    })?;
    if changed {
        db.notify(job.id);
    }
    Ok(job)
}
