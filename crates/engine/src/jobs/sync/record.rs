//! Records the outcome of a claim.

use chrono::TimeDelta;
use seatgraph_core::Finding;
use seatgraph_store::{self as store, ProfileState, RunResult, RunState, findings, jobs, profiles, runs};

use crate::jobs::sync::finish::has_warnings;
use crate::jobs::sync::outcome::RunOutcome;
use crate::jobs::{JobContext, JobOutcome};

/// Writes the result of a finished run, or returns the job's outcome for the worker.
pub(super) async fn record_outcome(job: &JobContext, outcome: RunOutcome) -> store::Result<JobOutcome> {
    let engine = job.engine();
    Ok(match outcome {
        RunOutcome::Lost => JobOutcome::Lost,
        RunOutcome::Requeued => JobOutcome::Requeued,
        RunOutcome::Suspect { reason } => JobOutcome::Waiting(runs::suspect(reason)),
        RunOutcome::Paused { until, reason } => {
            let now = engine.db().now().await?;
            let pause = TimeDelta::from_std(engine.settings().quota_pause).unwrap_or(TimeDelta::hours(1));
            let until = until.filter(|&until| until > now).unwrap_or(now + pause);
            JobOutcome::Waiting(runs::pause(until, reason))
        }
        RunOutcome::Retry { at_least, finding } => {
            let current = jobs::find(engine.db(), job.id()).await?.ok_or(store::Error::LostLease)?;
            if current.attempt >= engine.settings().max_attempts {
                fail(job, vec![*finding], false).await?
            } else {
                JobOutcome::Retry { at_least, reason: finding.message }
            }
        }
        RunOutcome::Succeeded { findings: added, bookmarks } => {
            let state = success(job, &added).await?;
            finish(job, RunResult { state, reason: None, findings: added, bookmarks }).await?
        }
        RunOutcome::Failed { findings, reauthenticate } => fail(job, findings, reauthenticate).await?,
        RunOutcome::Cancelled => {
            let reason = Some("cancelled between two pages".to_owned());
            let (findings, bookmarks) = (Vec::new(), Vec::new());
            finish(job, RunResult { state: RunState::Cancelled, reason, findings, bookmarks }).await?
        }
    })
}

async fn finish(job: &JobContext, result: RunResult) -> store::Result<JobOutcome> {
    let state = result.state.as_str();
    runs::finish(job.engine().db(), job.id().into(), job.fence(), result).await?;
    tracing::info!(job.id = %job.id(), sync.state = state, "sync run finished");
    Ok(JobOutcome::Recorded)
}

async fn fail(job: &JobContext, findings: Vec<Finding>, reauthenticate: bool) -> store::Result<JobOutcome> {
    let db = job.engine().db();
    // The profile first, so that a reader who sees the failed run sees the state of the profile too.
    if let (true, Some(id)) = (reauthenticate, job.job().profile_id) {
        let profile = profiles::find(db, id).await?;
        if profile.is_some_and(|profile| profile.state == ProfileState::Published) {
            profiles::set_state(db, id, ProfileState::ReauthRequired, None).await?;
        }
    }
    let reason = findings.first().map(|finding| finding.message.clone());
    finish(job, RunResult { state: RunState::Failed, reason, findings, bookmarks: Vec::new() }).await
}

/// A run without warnings succeeded; the findings of pages of earlier claims count too.
async fn success(job: &JobContext, added: &[Finding]) -> store::Result<RunState> {
    let recorded = findings::of_runs(job.engine().db(), &[job.id().into()]).await?;
    let recorded = recorded.values().flatten().map(|stored| &stored.finding);
    let warned = has_warnings(recorded.chain(added));
    Ok(if warned { RunState::SucceededWithFindings } else { RunState::Succeeded })
}
