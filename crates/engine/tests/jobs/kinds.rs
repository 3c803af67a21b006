//! Job kinds made for the tests.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use seatgraph_engine::EngineSettings;
use seatgraph_engine::jobs::{JobContext, JobKind, JobOutcome, LeaseClass, Recurrence};
use seatgraph_store::Progress;
use serde::{Deserialize, Serialize};

use crate::harness::READ;

/// What a job of kind `act` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    Succeed,
    Fail,
    Panic,
    /// Reports progress three times.
    Progress,
    /// Waits until it is to stop.
    WaitForStop,
    /// Makes progress, then waits until it is to stop.
    ProgressAndWait,
    /// Runs to its end although it is to stop.
    IgnoreStop,
}

/// Does what its payload says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acting {
    /// How many jobs were begun.
    pub(crate) begun: Arc<AtomicUsize>,
    /// How many jobs run now, and how many ran at the same time at most.
    pub(crate) running: Arc<AtomicUsize>,
    pub(crate) most: Arc<AtomicUsize>,
}

impl JobKind for Acting {
    const NAME: &'static str = "act";
    const LEASE: LeaseClass = READ;
    type Payload = Act;

    fn concurrency(&self, _: &EngineSettings) -> usize {
        2
    }

    async fn run(&self, job: &mut JobContext, act: Act) -> JobOutcome {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let outcome = perform(job, act).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}

async fn perform(job: &mut JobContext, act: Act) -> JobOutcome {
    match act {
        Act::Succeed => JobOutcome::Succeeded,
        Act::Fail => JobOutcome::Failed { reason: "as told".to_owned() },
        Act::Panic => panic!("as told"),
        Act::Progress => match progress(job, 3).await {
            Ok(()) => JobOutcome::Succeeded,
            Err(outcome) => outcome,
        },
        Act::WaitForStop => job.interrupted().await,
        Act::ProgressAndWait => match progress(job, 1).await {
            Ok(()) => job.interrupted().await,
            Err(outcome) => outcome,
        },
        Act::IgnoreStop => {
            job.interrupted().await;
            JobOutcome::Succeeded
        }
    }
}

async fn progress(job: &mut JobContext, times: i64) -> Result<(), JobOutcome> {
    for done in 1..=times {
        job.report_progress(Progress { done, total: Some(times), message: "acting".to_owned() }).await?;
    }
    Ok(())
}

/// A version of `act` that is to come: it reads payloads of version 2 as well.
#[derive(Debug)]
pub(crate) struct NewerActing;

impl JobKind for NewerActing {
    const NAME: &'static str = Acting::NAME;
    const VERSIONS: RangeInclusive<i32> = 1..=2;
    const LEASE: LeaseClass = READ;
    type Payload = serde_json::Value;

    async fn run(&self, _: &mut JobContext, _: serde_json::Value) -> JobOutcome {
        JobOutcome::Succeeded
    }
}

/// A kind that this version does not know unless it is told.
#[derive(Debug)]
pub(crate) struct Novel;

impl JobKind for Novel {
    const NAME: &'static str = "novel";
    const LEASE: LeaseClass = READ;
    type Payload = ();

    async fn run(&self, _: &mut JobContext, (): ()) -> JobOutcome {
        JobOutcome::Succeeded
    }
}

/// Runs every hour for the whole installation.
#[derive(Debug, Default)]
pub(crate) struct Hourly;

impl JobKind for Hourly {
    const NAME: &'static str = "hourly";
    const LEASE: LeaseClass = READ;
    type Payload = ();

    fn recurrence(&self, _: &EngineSettings) -> Option<Recurrence<()>> {
        Some(Recurrence { every: Duration::from_secs(3_600), payload: () })
    }

    async fn run(&self, _: &mut JobContext, (): ()) -> JobOutcome {
        JobOutcome::Succeeded
    }
}
