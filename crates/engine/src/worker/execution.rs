//! One claim of one run, from the claim to its verdict.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use seatgraph_core::{Catalogue, Connector, Cursor, Finding, Manifest, Page, Process};
use seatgraph_store::{Claim, Profile, Stage, StageState, SyncRun, aliases, profiles};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::link::Link;
use crate::worker::disposition::{self, Disposition};
use crate::worker::verdict::Verdict;
use crate::worker::{heartbeat, settle};
use crate::{Engine, findings};

/// A run at work.
pub(super) struct Execution {
    pub(super) engine: Engine,
    pub(super) profile: Profile,
    pub(super) manifest: &'static Manifest,
    pub(super) catalogue: Catalogue,
    pub(super) link: Link,
    pub(super) run: SyncRun,
    pub(super) fence: i64,
    pub(super) stages: Vec<Stage>,
    /// Findings of processes that failed while the run went on.
    pub(super) degraded: Vec<Finding>,
    /// How many of the meter's calls are on the run already.
    pub(super) reported_calls: u64,
    pub(super) signals: Signals,
}

/// Who may ask a run to stop.
#[derive(Clone)]
pub(super) struct Signals {
    /// A person cancelled it.
    pub(super) cancelled: CancellationToken,
    /// The worker stops.
    pub(super) stopping: CancellationToken,
}

/// Executes a claimed run until it ends, waits, or is lost.
pub(super) async fn execute(engine: Engine, claim: Claim, asked: Instant, stopping: CancellationToken) {
    let (run, fence) = (claim.run.clone(), claim.fence);
    let signals = Signals { cancelled: CancellationToken::new(), stopping };
    let cancelled = signals.cancelled.clone();
    tracing::info!(sync.run = %run.id, profile.id = %run.profile_id, sync.attempt = run.attempt, "run is taken up");
    let work = AssertUnwindSafe(drive(engine.clone(), claim, signals)).catch_unwind();
    let verdict = tokio::select! {
        verdict = work => verdict.unwrap_or_else(|panic| {
            let finding = findings::of_panic(&findings::panic_message(&*panic), None);
            Verdict::Retry { at_least: None, finding: Box::new(finding) }
        }),
        () = heartbeat::keep(&engine, run.id, fence, asked, &cancelled) => Verdict::Lost,
    };
    settle::settle(&engine, &run, fence, verdict).await;
}

async fn drive(engine: Engine, claim: Claim, signals: Signals) -> Verdict {
    let worked = async {
        let mut execution = Execution::prepare(engine, claim, signals).await?;
        for at in 0..execution.stages.len() {
            let stage = &execution.stages[at];
            let settled = matches!(stage.state, StageState::Done | StageState::Skipped | StageState::Failed);
            match stage.process {
                Some(process) if !settled => execution.read(at, process).await?,
                _ => {}
            }
        }
        execution.finish().await
    };
    worked.await.unwrap_or_else(|verdict| verdict)
}

impl Execution {
    async fn prepare(engine: Engine, claim: Claim, signals: Signals) -> Result<Self, Verdict> {
        if claim.run.attempt > engine.settings().max_attempts {
            // Nobody was left to say why: the attempts ended with their processes.
            return Err(Verdict::failed(findings::spent(claim.run.attempt - 1)));
        }
        let profile = profiles::find(engine.db(), claim.run.profile_id).await?;
        let Some((profile, alias_id)) = profile.and_then(|profile| profile.alias_id.map(|alias| (profile, alias)))
        else {
            return Err(Verdict::Cancelled);
        };
        let connector = engine.stored_connector(&profile.connector).map_err(unknown)?;
        let alias = aliases::find(engine.db(), alias_id).await?.ok_or(Verdict::Cancelled)?;
        let parent = engine.parent(&alias).await?;
        let opened = engine.open(connector, &alias, parent.as_ref());
        let link = opened.map_err(|error| Verdict::failed(findings::of_error(&error, None)))?;
        let manifest = connector.manifest();
        let catalogue =
            Catalogue::parse(manifest.catalogue).map_err(|error| Verdict::failed(findings::of_error(&error, None)))?;
        same_organization(&engine, &profile, &link).await?;
        let Claim { run, stages, fence } = claim;
        let degraded = Vec::new();
        Ok(Self {
            engine,
            profile,
            manifest,
            catalogue,
            link,
            run,
            fence,
            stages,
            degraded,
            reported_calls: 0,
            signals,
        })
    }

    /// Asks for a page in a task of its own, so that it comes while another one is being written, and so that a
    /// panic in it is an answer.
    pub(super) fn fetch(&self, process: Process, from: Option<Cursor>) -> Fetch {
        let connector: Arc<dyn Connector> = Arc::clone(&self.link.connector);
        let task = tokio::spawn(async move { connector.pull(process, from.as_ref()).await });
        Fetch(AbortOnDropHandle::new(task))
    }

    /// Says what follows from a connector's error, as a verdict on the run or a failure of the process alone.
    pub(super) fn judge(&self, error: &seatgraph_core::Error, process: Process) -> Judgement {
        let finding = findings::of_error(error, Some(process));
        let spent = self.run.attempt >= self.engine.settings().max_attempts;
        match disposition::of(error.kind()) {
            Disposition::StartOver => Judgement::StartOver,
            Disposition::Pause(until) => Judgement::Run(Verdict::Paused { until, reason: finding.message }),
            Disposition::Retry(at_least) if !spent => {
                Judgement::Run(Verdict::Retry { at_least, finding: Box::new(finding) })
            }
            Disposition::FailRun { reauthenticate } => {
                Judgement::Run(Verdict::Failed { findings: vec![finding], reauthenticate })
            }
            Disposition::Retry(_) | Disposition::FailProcess => self.give_up(process, finding),
        }
    }

    /// A process that the profile can do without degrades; a mandatory one takes the run with it.
    pub(super) fn give_up(&self, process: Process, finding: Finding) -> Judgement {
        let mandatory = self.manifest.process(process).is_none_or(|spec| spec.mandatory);
        let alone = self.run.processes.len() == 1;
        if mandatory || alone { Judgement::Run(Verdict::failed(finding)) } else { Judgement::Process(finding) }
    }
}

/// Makes sure that a connection that was changed since it was last looked at still leads to the profile's organisation:
/// another one's records would mix with those it has.
async fn same_organization(engine: &Engine, profile: &Profile, link: &Link) -> Result<(), Verdict> {
    let Some(tracked) = &profile.organization else { return Ok(()) };
    if profile.organization_checked_at.is_some() {
        return Ok(());
    }
    let diagnosis = engine.check(link).await;
    // Whatever keeps it from being told is met again by the first page, which knows what follows from it.
    let Some(now) = diagnosis.organization else { return Ok(()) };
    match findings::other_organization(tracked, &now) {
        Some(other) => Err(Verdict::failed(other)),
        None => Ok(profiles::note_organization_checked(engine.db(), profile.id).await?),
    }
}

/// What follows from an error.
#[derive(Debug)]
pub(super) enum Judgement {
    /// The process begins again.
    StartOver,
    /// The process failed for good; the run goes on without it.
    Process(Finding),
    /// The run stops here.
    Run(Verdict),
}

/// A page on its way. Dropping it takes the question back.
pub(super) struct Fetch(AbortOnDropHandle<seatgraph_core::Result<Page>>);

impl Fetch {
    pub(super) async fn page(self) -> seatgraph_core::Result<Page> {
        match self.0.await {
            Ok(page) => page,
            Err(ended) => Err(panicked(ended)),
        }
    }
}

fn panicked(ended: tokio::task::JoinError) -> seatgraph_core::Error {
    let message = match ended.try_into_panic() {
        Ok(panic) => findings::panic_message(&*panic),
        Err(ended) => ended.to_string(),
    };
    seatgraph_core::Error::new(seatgraph_core::ErrorKind::Unexpected, format!("connector panicked: {message}"))
}

fn unknown(error: crate::Error) -> Verdict {
    let remedy = "Start a gateway that has the connector, or delete the profile.";
    let severity = seatgraph_core::Severity::Error;
    Verdict::failed(Finding::new("UNSUPPORTED", severity, format!("The {error}."), remedy))
}
