//! Syncs: download what a profile's read processes return.

mod error_action;
mod execution;
mod finish;
mod outcome;
mod quota;
mod record;
mod schedule;
mod stage;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use seatgraph_core::Process;
use seatgraph_store::runs;
use serde::{Deserialize, Serialize};

use super::{JobContext, JobKind, JobOutcome, LeaseClass};
use crate::{Engine, EngineSettings, Result, findings};
use outcome::RunOutcome;

/// The sync of one profile.
#[derive(Debug)]
pub(super) struct Sync;

/// The parameters of a sync; the profile is the job's.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Parameters {
    processes: Vec<Process>,
}

impl JobKind for Sync {
    const NAME: &'static str = runs::KIND;
    const VERSIONS: std::ops::RangeInclusive<i32> = 1..=runs::PAYLOAD_VERSION;
    /// Pages are committed under the fence, and the vendor is only read.
    const LEASE: LeaseClass = LeaseClass::Read;
    type Payload = Parameters;

    fn concurrency(&self, settings: &EngineSettings) -> usize {
        settings.concurrent_runs
    }

    async fn run(&self, job: &mut JobContext, _: Parameters) -> JobOutcome {
        let work = AssertUnwindSafe(execution::execute(job)).catch_unwind().await;
        let outcome = work.unwrap_or_else(|panic| {
            let finding = findings::of_panic(&findings::panic_message(&*panic), None);
            RunOutcome::Retry { at_least: None, finding: Box::new(finding) }
        });
        record::record_outcome(job, outcome).await.unwrap_or_else(JobOutcome::from)
    }

    async fn enqueue_due(&self, engine: &Engine) -> Result<()> {
        schedule::enqueue_due(engine).await
    }

    async fn exhausted(&self, job: &mut JobContext, _: String) -> JobOutcome {
        let outcome = RunOutcome::failed(findings::spent(job.job().attempt - 1));
        record::record_outcome(job, outcome).await.unwrap_or_else(JobOutcome::from)
    }
}
