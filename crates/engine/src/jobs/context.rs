//! The context of a running job.

use std::marker::PhantomData;
use std::sync::Arc;

use seatgraph_store::{Job, JobId, Progress, jobs};
use tokio_util::sync::CancellationToken;

use super::JobOutcome;
use super::lease::Lease;
use crate::Engine;

/// A running job: the engine to work with, the lease, and the requests to stop.
#[derive(Debug)]
pub struct JobContext {
    pub(super) engine: Engine,
    pub(super) job: Job,
    pub(super) lease: Arc<Lease>,
    pub(super) signals: Signals,
}

/// Requests to stop.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Cancellation was requested.
    pub(super) cancelled: CancellationToken,
    /// The worker stops.
    pub(super) stopping: CancellationToken,
}

/// Permission for one effect outside the store, to be asked for immediately before it.
///
/// The lease is certainly held until a request that begins now has timed out, so no other worker can have taken the
/// job over by then.
#[derive(Debug)]
#[must_use = "a permit allows one effect"]
pub struct Permit<'a>(PhantomData<&'a JobContext>);

/// The lease may be lost: another worker may have the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease of the job can no longer be trusted")]
pub struct LeaseLost;

impl From<LeaseLost> for JobOutcome {
    fn from(LeaseLost: LeaseLost) -> Self {
        Self::Lost
    }
}

impl JobContext {
    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The job, as it was claimed.
    #[must_use]
    pub const fn job(&self) -> &Job {
        &self.job
    }

    /// Identifier of the job.
    #[must_use]
    pub const fn id(&self) -> JobId {
        self.job.id
    }

    /// The fence of this claim; every write to the store carries it.
    #[must_use]
    pub const fn fence(&self) -> i64 {
        self.job.fence
    }

    /// Checks that the lease is held for long enough for one effect outside the store.
    ///
    /// # Errors
    /// `LeaseLost` when it is not: do nothing and return [`JobOutcome::Lost`].
    pub fn ensure_trusted(&self) -> Result<Permit<'_>, LeaseLost> {
        let effect = self.engine.settings().request_timeout;
        if self.lease.is_trusted_for(effect) { Ok(Permit(PhantomData)) } else { Err(LeaseLost) }
    }

    /// Stops between two steps when it was asked for.
    ///
    /// # Errors
    /// The outcome to return: `Cancelled`, or `Requeued` when the worker stops.
    pub fn check_cancelled(&self) -> Result<(), JobOutcome> {
        if self.signals.cancelled.is_cancelled() || self.job.is_cancelling() {
            return Err(JobOutcome::Cancelled);
        }
        if self.signals.stopping.is_cancelled() { Err(JobOutcome::Requeued) } else { Ok(()) }
    }

    /// Waits until the job is to stop, and returns the outcome to return: `Cancelled`, or `Requeued` when the worker
    /// stops.
    pub async fn interrupted(&self) -> JobOutcome {
        tokio::select! {
            biased;
            () = self.signals.cancelled.cancelled() => JobOutcome::Cancelled,
            () = self.signals.stopping.cancelled() => JobOutcome::Requeued,
        }
    }

    /// Records progress in the event log. Attempts before it no longer count.
    ///
    /// # Errors
    /// The outcome to return: `Lost`, or `Retry` when the database is away.
    pub async fn report_progress(&mut self, progress: Progress) -> Result<(), JobOutcome> {
        jobs::report_progress(self.engine.db(), self.id(), self.fence(), progress).await?;
        Ok(())
    }
}
