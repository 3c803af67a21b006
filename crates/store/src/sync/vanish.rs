//! What a snapshot did not mention.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::db::{LiteConn, PgConn, on_both, with_conn, with_tx};
use crate::runs::{Locks, RunStatements, held};
use crate::schema::{accounts, license_pools, subscriptions, sync_seen};
use crate::types::{Bind, SeenKind};
use crate::{Db, ProfileId, Result, RunId, StageState, SyncRun};

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

/// The live records of a profile that a run has not seen.
macro_rules! unseen {
    ($table:ident, $kind:ident, $profile:expr, $run:expr) => {
        $table::table.filter($table::profile_id.eq($profile)).filter($table::retired_at.is_null()).filter(not(exists(
            sync_seen::table
                .filter(sync_seen::run_id.eq($run))
                .filter(sync_seen::kind.eq(SeenKind::$kind))
                .filter(sync_seen::record_id.eq($table::id)),
        )))
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

macro_rules! retire {
    ($c:expr, $table:ident, $kind:ident, $profile:expr, $run:expr, $now:expr) => {{
        let retired = ($table::retired_at.eq(Bind(Some($now))), $table::updated_at.eq(Bind($now)));
        let rows = diesel::update(unseen!($table, $kind, $profile, $run)).set(retired).execute($c).await?;
        i64::try_from(rows).unwrap_or(i64::MAX)
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
/// # Errors
/// `LostLease` when the run is no longer held under `fence`.
pub async fn retire(db: &Db, run: RunId, profile: ProfileId, fence: i64, ordinal: i32) -> Result<SyncRun> {
    let retired = with_tx!(db, Full, |c, now| {
        let mut run = held(c.lock_run(run).await?, fence)?;
        c.take_time().await?;
        c.retire_unseen(&mut run, profile, now).await?;
        let mut stage = c.stage(run.id, ordinal).await?;
        stage.state = StageState::Done;
        stage.started_at = stage.started_at.or(Some(now));
        stage.finished_at = Some(now);
        c.save_stage(run.id, &stage).await?;
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.stir(retired.id);
    Ok(retired)
}

trait VanishStatements {
    async fn retire_unseen(&mut self, run: &mut SyncRun, profile: ProfileId, now: DateTime<Utc>) -> Result<()>;
}

on_both! {
    impl VanishStatements {
        async fn retire_unseen(&mut self, run: &mut SyncRun, profile: ProfileId, now: DateTime<Utc>) -> Result<()> {
            run.counts.accounts_retired += retire!(self, accounts, Account, profile, run.id, now);
            run.counts.subscriptions_retired += retire!(self, subscriptions, Subscription, profile, run.id, now);
            retire!(self, license_pools, Pool, profile, run.id, now);
            diesel::delete(sync_seen::table.filter(sync_seen::run_id.eq(run.id))).execute(self).await?;
            Ok(())
        }
    }
}

/// Leave to take long: the whole of an organisation is looked at.
trait Unhurried {
    async fn take_time(&mut self) -> Result<()>;
}

impl Unhurried for PgConn {
    async fn take_time(&mut self) -> Result<()> {
        self.batch_execute("SET LOCAL statement_timeout = '10min'").await?;
        Ok(())
    }
}

impl Unhurried for LiteConn {
    async fn take_time(&mut self) -> Result<()> {
        Ok(())
    }
}
