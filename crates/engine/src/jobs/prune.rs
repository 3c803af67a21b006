//! Pruning: deletes event logs, logins, sessions, consents and links that are no longer needed.

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_store::Progress;
use seatgraph_store::prune::{Expiring, delete_expired};
use serde::{Deserialize, Serialize};

use super::{JobContext, JobKind, JobOutcome, LeaseClass, Recurrence};
use crate::EngineSettings;
use crate::settings::Retention;

/// Pruning of the whole installation.
#[derive(Debug)]
pub(super) struct Prune;

/// Pruning has no parameters: the settings say how long rows are kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NoParameters {}

impl JobKind for Prune {
    const NAME: &'static str = "prune";
    /// Deleting an expired row twice does nothing.
    const LEASE: LeaseClass = LeaseClass::Read;
    type Payload = NoParameters;

    fn recurrence(&self, settings: &EngineSettings) -> Option<Recurrence<NoParameters>> {
        Some(Recurrence { every: settings.retention.prune_every, payload: NoParameters {} })
    }

    async fn run(&self, job: &mut JobContext, _: NoParameters) -> JobOutcome {
        prune(job).await.unwrap_or_else(|outcome| outcome)
    }
}

async fn prune(job: &mut JobContext) -> Result<JobOutcome, JobOutcome> {
    let now = job.engine().db().now().await?;
    let mut done = 0;
    for rows in Expiring::ALL {
        let before = expired_before(&job.engine().settings().retention, rows, now);
        loop {
            job.check_cancelled()?;
            let deleted = delete_expired(job.engine().db(), rows, before).await?;
            if deleted == 0 {
                break;
            }
            done += i64::try_from(deleted).unwrap_or(i64::MAX);
            job.report_progress(Progress { done, total: None, message: format!("deleting {}", name(rows)) }).await?;
        }
    }
    Ok(JobOutcome::Succeeded)
}

fn expired_before(retention: &Retention, rows: Expiring, now: DateTime<Utc>) -> DateTime<Utc> {
    let kept = match rows {
        Expiring::Events => retention.events,
        Expiring::LoginAttempts => retention.login_attempts,
        Expiring::Sessions => retention.sessions,
        Expiring::Authorizations => retention.authorizations,
        Expiring::Links => retention.links,
    };
    let kept = TimeDelta::from_std(kept).ok();
    kept.and_then(|kept| now.checked_sub_signed(kept)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

const fn name(rows: Expiring) -> &'static str {
    match rows {
        Expiring::Events => "event logs of ended jobs",
        Expiring::LoginAttempts => "expired login attempts",
        Expiring::Sessions => "expired sessions",
        Expiring::Authorizations => "expired authorizations",
        Expiring::Links => "expired links",
    }
}
