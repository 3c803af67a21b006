//! Deleting a profile: soft for history, and everything it showed is retired.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::with_tx;
use crate::job_queue::{JobStatements, Status};
use crate::runs::RunStatements;
use crate::schema::{accounts, integration_profiles, license_pools, subscriptions};
use crate::types::Bind;
use crate::{AliasId, Db, Error, JobState, ProfileId, Result};

/// What went with a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeletionCounts {
    /// Open runs that were stopped.
    pub runs_cancelled: i64,
    /// Accounts that are no longer seen.
    pub accounts_retired: i64,
    /// Subscriptions that are no longer seen.
    pub subscriptions_retired: i64,
    /// Licence pools that are no longer seen.
    pub pools_retired: i64,
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Deletes a profile. Its alias is free again, its open run ends at once, and a worker that still holds the run
/// finds its lease lost.
///
/// # Errors
/// `NotFound` when there is no such living profile.
pub async fn close(db: &Db, profile: ProfileId, now: DateTime<Utc>) -> Result<DeletionCounts> {
    let (closed, run) = with_tx!(db, Full, |c, _now| {
        // The run first, then what belongs to it: the order in which workers hold rows.
        let mut closed = DeletionCounts::default();
        let mut stopped = None;
        if let Some(mut job) = c.lock_open_run(profile).await? {
            let fence = job.fence;
            job.fence += 1;
            c.end_job(&mut job, Status::new(JobState::Cancelled, Some("the profile was deleted")), now).await?;
            c.save_job(&job, fence).await?;
            closed.runs_cancelled = 1;
            stopped = Some(job.id);
        }
        let living = integration_profiles::table
            .filter(integration_profiles::id.eq(profile))
            .filter(integration_profiles::deleted_at.is_null());
        let deleted = diesel::update(living)
            .set((
                integration_profiles::deleted_at.eq(Bind(Some(now))),
                integration_profiles::updated_at.eq(Bind(now)),
                integration_profiles::alias_id.eq(None::<AliasId>),
                integration_profiles::next_run_at.eq(Bind(None::<DateTime<Utc>>)),
            ))
            .execute(c)
            .await?;
        if deleted == 0 {
            return Err(Error::NotFound { what: "profile" });
        }
        let live = accounts::table.filter(accounts::profile_id.eq(profile)).filter(accounts::retired_at.is_null());
        let retired = (accounts::retired_at.eq(Bind(Some(now))), accounts::updated_at.eq(Bind(now)));
        closed.accounts_retired = count(diesel::update(live).set(retired).execute(c).await?);
        let live = subscriptions::table
            .filter(subscriptions::profile_id.eq(profile))
            .filter(subscriptions::retired_at.is_null());
        let retired = (subscriptions::retired_at.eq(Bind(Some(now))), subscriptions::updated_at.eq(Bind(now)));
        closed.subscriptions_retired = count(diesel::update(live).set(retired).execute(c).await?);
        let live = license_pools::table
            .filter(license_pools::profile_id.eq(profile))
            .filter(license_pools::retired_at.is_null());
        let retired = (license_pools::retired_at.eq(Bind(Some(now))), license_pools::updated_at.eq(Bind(now)));
        closed.pools_retired = count(diesel::update(live).set(retired).execute(c).await?);
        Ok((closed, stopped))
    })?;
    if let Some(run) = run {
        db.notify(run);
    }
    Ok(closed)
}
