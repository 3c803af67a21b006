//! Claims, leases and what happens when one runs out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::{Finding, Severity};
use uuid::Uuid;

use super::statements::{Locks, RunStatements, held};
use super::{Claim, Directive};
use crate::db::with_tx;
use crate::findings::FindingStatements;
use crate::{Db, Result, RunId, RunState};

/// Adds a lease to a time; one too long for the calendar never ends.
pub(crate) fn until(now: DateTime<Utc>, lease: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(lease).ok().and_then(|lease| now.checked_add_signed(lease)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Takes the run that has waited longest and may begin; `None` when there is none.
///
/// The attempt counts here, not when something fails: a run that kills the process is given up too.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn claim(db: &Db, owner: Uuid, lease: Duration) -> Result<Option<Claim>> {
    let claimed = with_tx!(db, Full, |c, now| {
        let Some(mut run) = c.lock_due_run(now).await? else { return Ok(None) };
        let fence = run.fence;
        run.fence += 1;
        run.attempt += 1;
        run.lease_owner = Some(owner);
        run.leased_until = Some(until(now, lease));
        run.started_at = run.started_at.or(Some(now));
        c.move_run(&mut run, RunState::Running, None, now).await?;
        c.save_run(&run, fence).await?;
        let stages = c.stages_of(run.id).await?;
        Ok(Some(Claim { fence: run.fence, run, stages }))
    })?;
    if let Some(claim) = &claimed {
        db.stir(claim.run.id);
    }
    Ok(claimed)
}

/// Renews the lease, and learns whether to go on.
///
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn heartbeat(db: &Db, run: RunId, fence: i64, lease: Duration) -> Result<Directive> {
    with_tx!(db, Page, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        run.leased_until = Some(until(now, lease));
        c.save_run(&run, fence).await?;
        Ok(if run.state == RunState::Cancelling { Directive::Cancel } else { Directive::Continue })
    })
}

/// Takes runs back whose worker fell silent: into the queue, or to their end when they were tried `max_attempts`
/// times without getting a page further. Any replica may ask, at any time.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn sweep(db: &Db, max_attempts: i32) -> Result<Vec<(RunId, RunState)>> {
    let swept = with_tx!(db, Full, |c, now| {
        let mut swept = Vec::new();
        for mut run in c.lock_expired_runs(now).await? {
            let fence = run.fence;
            if run.state == RunState::Cancelling {
                c.end_run(&mut run, RunState::Cancelled, None, now).await?;
            } else if run.attempt >= max_attempts {
                let finding = lease_lost(run.attempt);
                let reason = Some(finding.message.clone());
                c.add_findings(&mut run, now, vec![finding]).await?;
                c.end_run(&mut run, RunState::Failed, reason, now).await?;
            } else {
                run.available_at = now + pause_after(run.attempt);
                let reason = Some("the worker fell silent; another goes on".to_owned());
                c.move_run(&mut run, RunState::Queued, reason, now).await?;
            }
            c.save_run(&run, fence).await?;
            swept.push((run.id, run.state));
        }
        Ok(swept)
    })?;
    for (run, _) in &swept {
        db.stir(*run);
    }
    Ok(swept)
}

/// Nothing after the first loss, then longer and longer, a minute at most.
fn pause_after(attempt: i32) -> TimeDelta {
    let doublings = attempt.saturating_sub(1).clamp(0, 6);
    TimeDelta::seconds(((1_i64 << doublings) - 1).min(60))
}

fn lease_lost(attempts: i32) -> Finding {
    Finding::new(
        "LEASE_LOST",
        Severity::Error,
        "the worker fell silent too often without getting a page further",
        "Look at the gateway's log around the time of the run, then start the sync again.",
    )
    .with_seen(format!("{attempts} attempts"))
}

/// Takes every held run back at once: what a process that alone serves its database does before it begins. The
/// fences move on, so that nothing of an earlier life is believed.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn release_all(db: &Db) -> Result<Vec<RunId>> {
    let mut released = Vec::new();
    loop {
        let some: Vec<RunId> = with_tx!(db, Full, |c, now| {
            let mut some = Vec::new();
            for mut run in c.lock_expired_runs(DateTime::<Utc>::MAX_UTC).await? {
                let fence = run.fence;
                run.fence += 1;
                run.available_at = now;
                if run.state == RunState::Cancelling {
                    c.end_run(&mut run, RunState::Cancelled, None, now).await?;
                } else {
                    let reason = Some("the gateway was restarted".to_owned());
                    c.move_run(&mut run, RunState::Queued, reason, now).await?;
                }
                c.save_run(&run, fence).await?;
                some.push(run.id);
            }
            Ok(some)
        })?;
        if some.is_empty() {
            return Ok(released);
        }
        for run in &some {
            db.stir(*run);
        }
        released.extend(some);
    }
}
