//! What a snapshot did not mention.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{with_conn, with_tx};
use crate::runs::{RunLocks, RunStatements, held};
use crate::schema::{accounts, license_pools, subscriptions, sync_rejections, sync_seen};
use crate::types::{Bind, SeenKind};
use crate::{Db, ProfileId, Result, RunCounts, RunId, StageState, SyncRun};

/// Records that one transaction takes on.
const BATCH: i64 = 5_000;

/// How many records of a kind a run did not see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Records that would be retired.
    pub would_retire: i64,
    /// Records that are live now, those included.
    pub live: i64,
}

/// What a run did not see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vanished {
    /// Accounts.
    pub accounts: Missing,
    /// Subscriptions.
    pub subscriptions: Missing,
    /// Licence pools.
    pub pools: Missing,
}

/// The live records of a profile that a run has not seen. Each is looked up by its key: `OFFSET` keeps PostgreSQL
/// from joining the two sets in a way that its lack of statistics on a first load makes quadratic.
macro_rules! unmarked {
    ($table:ident, $kind:ident, $profile:expr, $run:expr) => {
        $table::table.filter($table::profile_id.eq($profile)).filter($table::retired_at.is_null()).filter(not(exists(
            sync_seen::table
                .filter(sync_seen::run_id.eq($run))
                .filter(sync_seen::kind.eq(SeenKind::$kind))
                .filter(sync_seen::record_id.eq($table::id))
                .offset(0),
        )))
    };
}

/// Those of them that were really not sent: an account in a row that was not understood is there, with all it holds.
macro_rules! unseen {
    (accounts, $kind:ident, $profile:expr, $run:expr) => {
        unmarked!(accounts, $kind, $profile, $run).filter(accounts::external_id.ne_all(rejected!($run)))
    };
    (subscriptions, $kind:ident, $profile:expr, $run:expr) => {
        unmarked!(subscriptions, $kind, $profile, $run).filter(
            subscriptions::account_id.ne_all(
                accounts::table
                    .filter(accounts::profile_id.eq($profile))
                    .filter(accounts::external_id.eq_any(rejected!($run)))
                    .select(accounts::id),
            ),
        )
    };
    (license_pools, $kind:ident, $profile:expr, $run:expr) => {
        unmarked!(license_pools, $kind, $profile, $run)
    };
}

macro_rules! rejected {
    ($run:expr) => {
        sync_rejections::table
            .filter(sync_rejections::run_id.eq($run))
            .filter(sync_rejections::external_id.is_not_null())
            .select(sync_rejections::external_id.assume_not_null())
    };
}

macro_rules! missing {
    ($c:expr, $table:ident, $kind:ident, $profile:expr, $run:expr) => {{
        let live = $table::table.filter($table::profile_id.eq($profile)).filter($table::retired_at.is_null());
        let live: i64 = live.count().get_result($c).await?;
        let would_retire: i64 = unseen!($table, $kind, $profile, $run).count().get_result($c).await?;
        Missing { would_retire, live }
    }};
}

/// Retires a kind of record, some at a time: no transaction grows with the organisation, and the lease can be
/// renewed between two of them.
macro_rules! retire {
    ($db:expr, $table:ident, $kind:ident, $profile:expr, $run:expr, $fence:expr, $count:expr) => {{
        let count: fn(&mut RunCounts, i64) = $count;
        let mut after = Uuid::nil();
        loop {
            let ids: Vec<Uuid> = with_conn!($db, read, |c| {
                let unseen = unseen!($table, $kind, $profile, $run).filter($table::id.gt(Bind(after)));
                Ok(unseen.select($table::id).order($table::id).limit(BATCH).load(c).await?)
            })?;
            let Some(&last) = ids.last() else { break };
            with_tx!($db, Full, |c, now| {
                let mut run = held(c.lock_run($run).await?, $fence)?;
                let retired = ($table::retired_at.eq(Bind(Some(now))), $table::updated_at.eq(Bind(now)));
                let live = $table::table
                    .filter($table::id.eq_any(ids.iter().map(|&id| Bind(id))))
                    .filter($table::retired_at.is_null());
                let rows = diesel::update(live).set(retired).execute(c).await?;
                count(&mut run.counts, i64::try_from(rows).unwrap_or(i64::MAX));
                c.save_run(&run, $fence).await
            })?;
            after = last;
        }
    }};
}

/// Counts what a run has not seen and what there is.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn vanished(db: &Db, run: RunId, profile: ProfileId) -> Result<Vanished> {
    with_conn!(db, read, |c| {
        Ok(Vanished {
            accounts: missing!(c, accounts, Account, profile, run),
            subscriptions: missing!(c, subscriptions, Subscription, profile, run),
            pools: missing!(c, license_pools, Pool, profile, run),
        })
    })
}

/// Retires what a run has not seen, completes the finishing stage and forgets what was seen.
///
/// Broken off, it is done again from the start: what it has retired stays so.
///
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn retire(db: &Db, run: RunId, profile: ProfileId, fence: i64, ordinal: i32) -> Result<SyncRun> {
    retire!(db, accounts, Account, profile, run, fence, |counts, rows| counts.accounts_retired += rows);
    retire!(db, subscriptions, Subscription, profile, run, fence, |counts, rows| counts.subscriptions_retired += rows);
    retire!(db, license_pools, Pool, profile, run, fence, |_, _| ());
    let retired = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        let mut stage = c.stage(run.id, ordinal).await?;
        stage.state = StageState::Done;
        stage.started_at = stage.started_at.or(Some(now));
        stage.finished_at = Some(now);
        c.save_stage(run.id, &stage).await?;
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.notify(retired.job.id);
    forget(db, run).await?;
    Ok(retired)
}

/// Forgets what a run has seen, some at a time; what a crash leaves of it goes with the end of the run.
async fn forget(db: &Db, run: RunId) -> Result<()> {
    for kind in [SeenKind::Account, SeenKind::Subscription, SeenKind::Pool] {
        loop {
            let more = with_tx!(db, Page, |c, _now| {
                let seen = sync_seen::table.filter(sync_seen::run_id.eq(run)).filter(sync_seen::kind.eq(kind));
                let ids = seen.select(sync_seen::record_id).order(sync_seen::record_id);
                let last: Option<Uuid> = ids.offset(BATCH - 1).first(c).await.optional()?;
                let some = seen.filter(sync_seen::record_id.le(Bind(last.unwrap_or(Uuid::max()))));
                diesel::delete(some).execute(c).await?;
                Ok(last.is_some())
            })?;
            if !more {
                break;
            }
        }
    }
    Ok(())
}
