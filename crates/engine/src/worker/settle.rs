//! Carries a verdict out: writes how the claim of a run ended.

use chrono::TimeDelta;
use seatgraph_core::Finding;
use seatgraph_store::{self as store, Ending, ProfileState, RunState, SyncRun, findings, profiles, runs};

use crate::Engine;
use crate::worker::disposition::backoff;
use crate::worker::finish::taints;
use crate::worker::verdict::Verdict;

/// Writes the verdict. When the database does not take it, the lease runs out and the run goes on elsewhere.
pub(super) async fn settle(engine: &Engine, run: &SyncRun, fence: i64, verdict: Verdict) {
    let word = word(&verdict);
    match carry_out(engine, run, fence, verdict).await {
        Ok(()) => tracing::info!(sync.run = %run.id, sync.verdict = word, "run was put down"),
        Err(store::Error::LostLease) => {
            tracing::warn!(sync.run = %run.id, "lease was lost before the run was put down")
        }
        Err(error) => {
            tracing::warn!(error = %error, error.cause = ?error, sync.run = %run.id, "run was not put down");
        }
    }
}

async fn carry_out(engine: &Engine, run: &SyncRun, fence: i64, verdict: Verdict) -> store::Result<()> {
    let db = engine.db();
    match verdict {
        Verdict::Lost => Err(store::Error::LostLease),
        Verdict::Succeeded { findings: added, bookmarks } => {
            let state = success(engine, run, &added).await?;
            let ending = Ending { state, reason: None, findings: added, bookmarks };
            runs::finish(db, run.id, fence, ending).await.map(drop)
        }
        Verdict::Failed { findings, reauthenticate } => fail(engine, run, fence, findings, reauthenticate).await,
        Verdict::Cancelled => {
            let reason = Some("cancelled between two pages".to_owned());
            let ending = Ending { state: RunState::Cancelled, reason, findings: Vec::new(), bookmarks: Vec::new() };
            runs::finish(db, run.id, fence, ending).await.map(drop)
        }
        Verdict::Paused { until, reason } => {
            let now = db.now().await?;
            let pause = TimeDelta::from_std(engine.settings().quota_pause).unwrap_or(TimeDelta::hours(1));
            let until = until.filter(|&until| until > now).unwrap_or(now + pause);
            runs::pause(db, run.id, fence, until, &reason).await.map(drop)
        }
        Verdict::Suspect { reason } => runs::suspect(db, run.id, fence, &reason).await.map(drop),
        Verdict::HandedBack => {
            let now = db.now().await?;
            runs::retry_later(db, run.id, fence, now, "the worker stopped; another goes on").await.map(drop)
        }
        Verdict::Retry { at_least, finding } => {
            let current = runs::find(db, run.id).await?.ok_or(store::Error::LostLease)?;
            let settings = engine.settings();
            if current.attempt >= settings.max_attempts {
                return fail(engine, run, fence, vec![*finding], false).await;
            }
            let wait = backoff(settings.backoff, settings.backoff_limit, current.attempt, rand::random());
            let wait = wait.max(at_least.unwrap_or_default());
            let at = db.now().await? + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1));
            runs::retry_later(db, run.id, fence, at, &finding.message).await.map(drop)
        }
    }
}

async fn fail(
    engine: &Engine,
    run: &SyncRun,
    fence: i64,
    findings: Vec<Finding>,
    reauthenticate: bool,
) -> store::Result<()> {
    // The profile first: whoever sees the run fail sees the profile wait already.
    let profile = if reauthenticate { profiles::find(engine.db(), run.profile_id).await? } else { None };
    if profile.is_some_and(|profile| profile.state == ProfileState::Published) {
        profiles::set_state(engine.db(), run.profile_id, ProfileState::ReauthRequired, None).await?;
    }
    let reason = findings.first().map(|finding| finding.message.clone());
    let ending = Ending { state: RunState::Failed, reason, findings, bookmarks: Vec::new() };
    runs::finish(engine.db(), run.id, fence, ending).await.map(drop)
}

/// A run to which nothing was missing succeeded; what pages of earlier claims found counts too.
async fn success(engine: &Engine, run: &SyncRun, added: &[Finding]) -> store::Result<RunState> {
    let recorded = findings::of_runs(engine.db(), &[run.id]).await?;
    let recorded = recorded.values().flatten().map(|stored| &stored.finding);
    let tainted = taints(recorded.chain(added));
    Ok(if tainted { RunState::SucceededWithFindings } else { RunState::Succeeded })
}

const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Succeeded { .. } => "succeeded",
        Verdict::Failed { .. } => "failed",
        Verdict::Cancelled => "cancelled",
        Verdict::Paused { .. } => "paused",
        Verdict::Suspect { .. } => "suspect",
        Verdict::Retry { .. } => "retry",
        Verdict::HandedBack => "handed back",
        Verdict::Lost => "lost",
    }
}
