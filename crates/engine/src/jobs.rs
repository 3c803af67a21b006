//! Durable jobs: what a kind of job is, and the worker that runs jobs of every kind.
//!
//! A job is a row in the store: its parameters, its state, and the lease of the worker that has it. The worker owns
//! claiming, heartbeat, fence, backoff, attempt limit, expired leases, cancellation, schedules and shutdown; a
//! [`JobKind`] owns its work. Adding a kind takes one file with its `impl` and one line in [`Kinds::builtin`].
//!
//! A job may be interrupted between any two statements, by a crash or a lost lease, and then runs again from its
//! last durable progress. What a kind writes to the store therefore carries [`JobContext::fence`], and what it does
//! elsewhere needs a [`Permit`].

mod clock;
mod context;
mod execution;
mod kinds;
mod lease;
mod prune;
mod schedule;
mod sync;
mod worker;

use std::ops::RangeInclusive;
use std::time::Duration;

use seatgraph_store::{self as store, NewJob, Wait};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use context::{JobContext, LeaseLost, Permit};
pub use kinds::Kinds;
pub use worker::Worker;

use crate::{Engine, EngineSettings, Result};

/// A kind of durable work.
///
/// ```
/// use seatgraph_engine::jobs::{JobContext, JobKind, JobOutcome, LeaseClass};
///
/// struct Greet;
///
/// impl JobKind for Greet {
///     const NAME: &'static str = "greet";
///     const LEASE: LeaseClass = LeaseClass::Read;
///     type Payload = String;
///
///     async fn run(&self, _job: &mut JobContext, name: String) -> JobOutcome {
///         tracing::info!("hello {name}");
///         JobOutcome::Succeeded
///     }
/// }
///
/// assert_eq!(Greet::job(&"Ada".to_owned()).kind, "greet");
/// ```
pub trait JobKind: Send + Sync + 'static {
    /// Name in the table of jobs. Never reused for other work.
    const NAME: &'static str;
    /// The payload versions that [`JobKind::run`] reads. New jobs are written in the last one; jobs of versions that
    /// no running binary knows wait for one that does.
    const VERSIONS: RangeInclusive<i32> = 1..=1;
    /// How soon another worker may take over.
    const LEASE: LeaseClass;
    /// The parameters of a job.
    type Payload: Serialize + DeserializeOwned + Send;

    /// Does the work, from the job's last durable progress on. The future may be dropped at any await.
    fn run(&self, job: &mut JobContext, payload: Self::Payload) -> impl Future<Output = JobOutcome> + Send;

    /// Returns how many jobs of the kind one worker runs at the same time.
    fn concurrency(&self, _settings: &EngineSettings) -> usize {
        1
    }

    /// Returns how often a job of the kind runs for the whole installation, and with which parameters; `None` for a
    /// kind without such a schedule.
    fn recurrence(&self, _settings: &EngineSettings) -> Option<Recurrence<Self::Payload>> {
        None
    }

    /// Creates the jobs that are due now. Every worker calls it at every poll interval.
    fn enqueue_due(&self, engine: &Engine) -> impl Future<Output = Result<()>> + Send {
        async { schedule::enqueue_due(self, engine).await }
    }

    /// Decides how a job ends whose attempts are used up; `reason` is that of the last attempt.
    fn exhausted(&self, _job: &mut JobContext, reason: String) -> impl Future<Output = JobOutcome> + Send {
        async { JobOutcome::Failed { reason } }
    }

    /// Returns a new job of the kind for the whole installation, without keys.
    ///
    /// # Panics
    /// When the payload cannot be written as JSON.
    fn job(payload: &Self::Payload) -> NewJob {
        let payload = serde_json::to_value(payload).expect("payloads are plain data");
        NewJob::new(Self::NAME, *Self::VERSIONS.end(), payload)
    }
}

/// How soon another worker may take over a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseClass {
    /// Work that is safe to repeat, and whose writes to the store all carry the fence: a short lease.
    Read,
    /// Work with effects that no fence can stop: a long lease, and a [`Permit`] before each effect.
    Write,
}

/// A schedule of the whole installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence<P> {
    /// The time from one slot to the next.
    pub every: Duration,
    /// The parameters of each job.
    pub payload: P,
}

/// Outcome of one execution of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    /// Succeeded.
    Succeeded,
    /// Failed: a user must act first.
    Failed {
        /// Reason, as a sentence.
        reason: String,
    },
    /// Stopped because cancellation was requested.
    Cancelled,
    /// Waits for something other than a worker; the attempt does not count.
    Waiting(Wait),
    /// Tried again after a backoff, unless the attempts are used up.
    Retry {
        /// Minimum wait that the vendor asked for.
        at_least: Option<Duration>,
        /// Reason, as a sentence.
        reason: String,
    },
    /// Stopped because the worker stops; another one continues at once.
    Requeued,
    /// The kind wrote the end of the job itself, in one transaction with what belongs to it.
    Recorded,
    /// Another worker may have the job; nothing may be written.
    Lost,
}

/// A lost lease is final; other errors of the store may be transient.
impl From<store::Error> for JobOutcome {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::LostLease => Self::Lost,
            other => {
                tracing::warn!(error = %other, error.cause = ?other, "job failed with a database error");
                Self::Retry { at_least: None, reason: "the gateway's database did not answer as it should".to_owned() }
            }
        }
    }
}
