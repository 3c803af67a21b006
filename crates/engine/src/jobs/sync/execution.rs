//! One claim of one run, from the claim to its outcome.

use std::sync::Arc;

use seatgraph_core::{Catalogue, Connector, Cursor, Finding, Manifest, Page, Process};
use seatgraph_store::{Profile, Stage, StageState, SyncRun, aliases, profiles, runs};
use tokio_util::task::AbortOnDropHandle;

use crate::connection::Connection;
use crate::jobs::JobContext;
use crate::jobs::context::Signals;
use crate::jobs::sync::error_action::{self, ErrorAction};
use crate::jobs::sync::outcome::RunOutcome;
use crate::{Engine, findings};

/// A run in execution.
pub(super) struct Execution {
    pub(super) engine: Engine,
    pub(super) profile: Profile,
    pub(super) manifest: &'static Manifest,
    pub(super) catalogue: Catalogue,
    pub(super) connection: Connection,
    pub(super) run: SyncRun,
    pub(super) fence: i64,
    pub(super) stages: Vec<Stage>,
    /// Findings of processes that failed while the run continued.
    pub(super) degraded: Vec<Finding>,
    /// Number of API calls already added to the run.
    pub(super) reported_calls: u64,
    pub(super) signals: Signals,
}

/// Executes a claimed run until it ends, waits, or is lost.
pub(super) async fn execute(job: &JobContext) -> RunOutcome {
    let worked = async {
        let mut execution = Execution::prepare(job).await?;
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
    worked.await.unwrap_or_else(|outcome| outcome)
}

impl Execution {
    async fn prepare(job: &JobContext) -> Result<Self, RunOutcome> {
        let engine = job.engine().clone();
        let claim = runs::claimed(engine.db(), job.job()).await?;
        let profile = profiles::find(engine.db(), claim.run.profile_id).await?;
        let Some((profile, alias_id)) = profile.and_then(|profile| profile.alias_id.map(|alias| (profile, alias)))
        else {
            return Err(RunOutcome::Cancelled);
        };
        let connector = engine.stored_connector(&profile.connector).map_err(unknown)?;
        let alias = aliases::find(engine.db(), alias_id).await?.ok_or(RunOutcome::Cancelled)?;
        let parent = engine.parent(&alias).await?;
        let opened = engine.open(connector, &alias, parent.as_ref());
        let connection = opened.map_err(|error| RunOutcome::failed(findings::of_error(&error, None)))?;
        let manifest = connector.manifest();
        let catalogue = Catalogue::parse(manifest.catalogue)
            .map_err(|error| RunOutcome::failed(findings::of_error(&error, None)))?;
        same_organization(&engine, &profile, &connection).await?;
        Ok(Self {
            engine,
            profile,
            manifest,
            catalogue,
            connection,
            run: claim.run,
            fence: claim.fence,
            stages: claim.stages,
            degraded: Vec::new(),
            reported_calls: 0,
            signals: job.signals.clone(),
        })
    }

    /// Requests a page in a task of its own, so that it is read while another one is written, and a panic becomes an error.
    pub(super) fn fetch(&self, process: Process, from: Option<Cursor>) -> Fetch {
        let connector: Arc<dyn Connector> = Arc::clone(&self.connection.connector);
        let task = tokio::spawn(async move { connector.pull(process, from.as_ref()).await });
        Fetch(AbortOnDropHandle::new(task))
    }

    /// Returns the consequence of a connector's error, for the run or the process only.
    pub(super) fn judge(&self, error: &seatgraph_core::Error, process: Process) -> FailureScope {
        let finding = findings::of_error(error, Some(process));
        let spent = self.run.job.attempt >= self.engine.settings().max_attempts;
        match error_action::of(error.kind()) {
            ErrorAction::StartOver => FailureScope::StartOver,
            ErrorAction::Pause(until) => FailureScope::Run(RunOutcome::Paused { until, reason: finding.message }),
            ErrorAction::Retry(at_least) if !spent => {
                FailureScope::Run(RunOutcome::Retry { at_least, finding: Box::new(finding) })
            }
            ErrorAction::FailRun { reauthenticate } => {
                FailureScope::Run(RunOutcome::Failed { findings: vec![finding], reauthenticate })
            }
            ErrorAction::Retry(_) | ErrorAction::FailProcess => self.fail_stage(process, finding),
        }
    }

    /// An optional process fails alone; a mandatory one fails the run.
    pub(super) fn fail_stage(&self, process: Process, finding: Finding) -> FailureScope {
        let mandatory = self.manifest.process(process).is_none_or(|spec| spec.mandatory);
        let alone = self.run.processes.len() == 1;
        if mandatory || alone { FailureScope::Run(RunOutcome::failed(finding)) } else { FailureScope::Process(finding) }
    }
}

/// Checks that a connection changed since the last check still leads to the profile's organisation: otherwise the records
/// of two organisations would be mixed.
async fn same_organization(engine: &Engine, profile: &Profile, connection: &Connection) -> Result<(), RunOutcome> {
    let Some(tracked) = &profile.organization else { return Ok(()) };
    if profile.organization_checked_at.is_some() {
        return Ok(());
    }
    let diagnosis = engine.check(connection).await;
    // If the check fails, the first page fails in the same way, and its error is handled.
    let Some(now) = diagnosis.organization else { return Ok(()) };
    match findings::other_organization(tracked, &now) {
        Some(other) => Err(RunOutcome::failed(other)),
        None => Ok(profiles::note_organization_checked(engine.db(), profile.id).await?),
    }
}

/// Consequence of an error.
#[derive(Debug)]
pub(super) enum FailureScope {
    /// The process is restarted.
    StartOver,
    /// The process failed; the run continues without it.
    Process(Finding),
    /// The run stops here.
    Run(RunOutcome),
}

/// A page being read. Dropping it aborts the request.
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

fn unknown(error: crate::Error) -> RunOutcome {
    let remedy = "Start a gateway that has the connector, or delete the profile.";
    let severity = seatgraph_core::Severity::Error;
    RunOutcome::failed(Finding::new("UNSUPPORTED", severity, format!("The {error}."), remedy))
}
