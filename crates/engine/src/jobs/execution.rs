//! One claim of one job, from the claim to its recorded outcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt;
use seatgraph_core::Backoff;
use seatgraph_store::{self as store, JobState, Status, jobs};

use super::context::JobContext;
use super::kinds::ErasedKind;
use super::{JobOutcome, LeaseLost};
use crate::findings;

/// Runs a claimed job until it ends, waits, or is lost.
pub(super) async fn execute(kind: Arc<dyn ErasedKind>, mut job: JobContext) {
    let (engine, claimed, lease) = (job.engine.clone(), job.job.clone(), Arc::clone(&job.lease));
    let cancelled = job.signals.cancelled.clone();
    tracing::info!(job.id = %claimed.id, job.kind = claimed.kind, job.attempt = claimed.attempt, "job claimed");
    let work = AssertUnwindSafe(run(&*kind, &mut job)).catch_unwind();
    let outcome = tokio::select! {
        outcome = work => outcome.unwrap_or_else(|panic| {
            let reason = format!("the job panicked: {}", findings::panic_message(&*panic));
            JobOutcome::Retry { at_least: None, reason }
        }),
        () = lease.keep(&engine, &claimed, &cancelled) => LeaseLost.into(),
    };
    record_outcome(&*kind, &mut job, outcome).await;
}

async fn run(kind: &dyn ErasedKind, job: &mut JobContext) -> JobOutcome {
    if job.job.attempt > job.engine.settings().max_attempts {
        // The attempts ended with their processes: none was left to give a reason.
        let reason = "the job was started too often without making progress".to_owned();
        return kind.exhausted(job, reason).await;
    }
    kind.run(job).await
}

/// Writes the outcome. When the database does not accept it, the lease expires and another worker continues.
async fn record_outcome(kind: &dyn ErasedKind, job: &mut JobContext, outcome: JobOutcome) {
    let (id, name) = (job.id(), outcome.name());
    match write_outcome(kind, job, outcome).await {
        Ok(()) => tracing::info!(job.id = %id, job.kind = kind.name(), job.outcome = name, "job released"),
        Err(store::Error::LostLease) => {
            tracing::warn!(job.id = %id, job.kind = kind.name(), "lease was lost before the outcome was recorded");
        }
        Err(error) => {
            tracing::warn!(error = %error, error.cause = ?error, job.id = %id, "outcome of the job was not recorded");
        }
    }
}

async fn write_outcome(kind: &dyn ErasedKind, job: &mut JobContext, outcome: JobOutcome) -> store::Result<()> {
    let outcome = match outcome {
        JobOutcome::Retry { at_least, reason } => {
            let attempt = current_attempt(job).await?;
            if attempt < job.engine.settings().max_attempts {
                return retry(job, attempt, at_least, &reason).await;
            }
            kind.exhausted(job, reason).await
        }
        other => other,
    };
    let (db, id, fence) = (job.engine.db(), job.id(), job.fence());
    let finish = |state, reason: Option<String>| jobs::finish(db, id, fence, Status::new(state, reason.as_deref()));
    match outcome {
        JobOutcome::Succeeded => finish(JobState::Succeeded, None).await?,
        JobOutcome::Failed { reason } | JobOutcome::Retry { reason, .. } => {
            finish(JobState::Failed, Some(reason)).await?
        }
        JobOutcome::Cancelled => finish(JobState::Cancelled, None).await?,
        JobOutcome::Waiting(wait) => jobs::wait(db, id, fence, wait).await?,
        JobOutcome::Requeued => {
            let now = db.now().await?;
            jobs::retry_later(db, id, fence, now, "the worker stopped; another one continues").await?
        }
        JobOutcome::Recorded => return Ok(()),
        JobOutcome::Lost => return Err(store::Error::LostLease),
    };
    Ok(())
}

async fn retry(job: &JobContext, attempt: i32, at_least: Option<Duration>, reason: &str) -> store::Result<()> {
    let (db, settings) = (job.engine.db(), job.engine.settings());
    let backoff = Backoff { first: settings.backoff, limit: settings.backoff_limit };
    let wait = backoff.after(u32::try_from(attempt).unwrap_or(1)).max(at_least.unwrap_or_default());
    let at = db.now().await? + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1));
    jobs::retry_later(db, job.id(), job.fence(), at, reason).await?;
    Ok(())
}

/// Progress resets the attempts, so the claim's own number may be too high.
async fn current_attempt(job: &JobContext) -> store::Result<i32> {
    Ok(jobs::find(job.engine.db(), job.id()).await?.ok_or(store::Error::LostLease)?.attempt)
}

impl JobOutcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Waiting(_) => "waiting",
            Self::Retry { .. } => "retry",
            Self::Requeued => "requeued",
            Self::Recorded => "recorded",
            Self::Lost => "lost",
        }
    }
}
