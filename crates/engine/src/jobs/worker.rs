//! The worker: claims jobs, runs them, reclaims expired leases and keeps the schedules.
//!
//! Any number of workers in any number of processes may run; a job belongs to the one that holds its lease.

use std::collections::HashMap;
use std::sync::Arc;

use seatgraph_store::{Backend, Job, JobChanged, JobId, jobs};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::clock::BootInstant;
use super::context::{JobContext, Signals};
use super::execution::execute;
use super::kinds::{ErasedKind, Kinds};
use super::lease::Lease;
use crate::{Engine, Result};

/// A worker of an engine. It owns every task it starts: when [`Worker::run`] returns, none is left.
#[derive(Debug)]
pub struct Worker {
    engine: Engine,
    kinds: Kinds,
    /// Random for every start: two processes on one machine are two owners.
    owner: Uuid,
}

/// The jobs that one worker runs now.
#[derive(Default)]
struct InFlight {
    tasks: JoinSet<()>,
    jobs: HashMap<Id, (JobId, &'static str)>,
}

impl Worker {
    /// Makes a worker for every kind of this program. It does nothing until it runs.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self::with_kinds(engine, Kinds::builtin())
    }

    /// Makes a worker that knows these kinds only.
    #[must_use]
    pub fn with_kinds(engine: Engine, kinds: Kinds) -> Self {
        Self { engine, kinds, owner: Uuid::new_v4() }
    }

    /// Works until `cancel`; running jobs then stop at their next step and are requeued for another worker.
    pub async fn run(self, cancel: CancellationToken) {
        let settings = self.engine.settings();
        let mut changes = self.engine.db().notifier().subscribe();
        let mut poll = tokio::time::interval(settings.poll_every);
        let mut reclaim = tokio::time::interval(settings.sweep_every);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reclaim.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut in_flight = InFlight::default();
        log_error(self.requeue_leftovers().await, "requeue");
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                _ = reclaim.tick() => log_error(self.reclaim_expired_leases().await, "reclaim"),
                _ = poll.tick() => self.enqueue_due().await,
                () = wait_for_other_jobs(&mut changes, &in_flight.jobs) => {}
                Some(ended) = in_flight.tasks.join_next_with_id() => in_flight.remove(ended),
            }
            log_error(self.claim(&mut in_flight, &cancel).await, "claim");
        }
        while let Some(ended) = in_flight.tasks.join_next_with_id().await {
            in_flight.remove(ended);
        }
    }

    /// Claims jobs while there are any and their kinds have room.
    async fn claim(&self, in_flight: &mut InFlight, stopping: &CancellationToken) -> Result<()> {
        let settings = self.engine.settings();
        while !stopping.is_cancelled() && self.engine.quarantine().is_none() {
            let has_room = |kind: &&Arc<dyn ErasedKind>| in_flight.running(kind.name()) < kind.concurrency(settings);
            let kinds: Vec<_> = self.kinds.iter().filter(has_room).map(|kind| kind.claimable(settings)).collect();
            let asked = BootInstant::now();
            let Some(job) = jobs::claim(self.engine.db(), self.owner, &kinds).await? else { break };
            let Some(kind) = self.kinds.find(&job.kind) else { break };
            self.start(in_flight, kind, job, asked, stopping.clone());
        }
        Ok(())
    }

    fn start(
        &self,
        in_flight: &mut InFlight,
        kind: Arc<dyn ErasedKind>,
        job: Job,
        asked: BootInstant,
        stopping: CancellationToken,
    ) {
        let lease = Arc::new(Lease::new(kind.lease_class(), self.engine.settings(), asked));
        let signals = Signals { cancelled: CancellationToken::new(), stopping };
        let (id, name) = (job.id, kind.name());
        let job = JobContext { engine: self.engine.clone(), job, lease, signals };
        let task = in_flight.tasks.spawn(Box::pin(execute(kind, job)));
        in_flight.jobs.insert(task.id(), (id, name));
    }

    async fn enqueue_due(&self) {
        if self.engine.quarantine().is_some() {
            return;
        }
        for kind in self.kinds.iter() {
            log_error(kind.enqueue_due(&self.engine).await, "schedule");
        }
    }

    async fn reclaim_expired_leases(&self) -> Result<()> {
        for job in jobs::reclaim_expired_leases(self.engine.db(), self.engine.settings().max_attempts).await? {
            tracing::warn!(job.id = %job.id, job.kind = job.kind, job.state = job.state.as_str(), "lease expired");
        }
        Ok(())
    }

    /// A SQLite file has one process: jobs marked as running were left by a crashed one.
    async fn requeue_leftovers(&self) -> Result<()> {
        if self.engine.db().backend() == Backend::Sqlite {
            jobs::requeue_all(self.engine.db()).await?;
        }
        Ok(())
    }
}

impl InFlight {
    fn running(&self, kind: &str) -> usize {
        self.jobs.values().filter(|(_, name)| *name == kind).count()
    }

    fn remove(&mut self, ended: Result<(Id, ()), JoinError>) {
        let task = match ended {
            Ok((task, ())) => task,
            // A panic in a kind is caught closer to it; after this one the lease expires.
            Err(error) => {
                tracing::error!(error = %error, "job's task panicked");
                error.id()
            }
        };
        self.jobs.remove(&task);
    }
}

/// Waits until a job changes that this worker does not run: it may be waiting for a worker.
async fn wait_for_other_jobs(changes: &mut broadcast::Receiver<JobChanged>, own: &HashMap<Id, (JobId, &'static str)>) {
    loop {
        match changes.recv().await {
            Ok(JobChanged::Job(job)) if own.values().any(|&(id, _)| id == job) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => break,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The worker survives an unavailable database: a failed step is retried at the next interval.
fn log_error(done: Result<()>, step: &'static str) {
    if let Err(error) = done {
        tracing::warn!(error = %error, error.cause = ?error, worker.step = step, "step of the worker failed");
    }
}
