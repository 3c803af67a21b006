//! Deletes expired rows in batches.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::with_tx;
use crate::schema::{authorizations, delegated_links, events, jobs, login_attempts, sessions};
use crate::types::{Bind, StreamKind};
use crate::{Db, JobId, LinkId, Result, SessionId};

/// Maximum number of rows deleted in one transaction.
const BATCH: i64 = 1_000;
/// Maximum number of jobs whose events are deleted in one transaction.
const JOBS: i64 = 50;

/// Kinds of rows that expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiring {
    /// The event logs of jobs that ended.
    Events,
    /// Login attempts.
    LoginAttempts,
    /// Sessions past their expiry.
    Sessions,
    /// Authorisations past their expiry.
    Authorizations,
    /// Delegated links past their expiry.
    Links,
}

impl Expiring {
    /// Every kind of row.
    pub const ALL: [Self; 5] = [Self::Events, Self::LoginAttempts, Self::Sessions, Self::Authorizations, Self::Links];
}

/// Deletes a batch of a table's rows. The keys are read first: a statement cannot delete from the table that it selects
/// from.
macro_rules! delete_some {
    ($c:expr, $table:ident, $key:ident: $type:ty, $time:ident, $before:expr) => {{
        let expired = $table::table.filter($table::$time.lt(Bind($before))).select($table::$key);
        let expired: Vec<$type> = expired.limit(BATCH).load($c).await?;
        diesel::delete($table::table.filter($table::$key.eq_any(expired))).execute($c).await?
    }};
}

/// Deletes a batch of rows that expired before `before`, and returns how many; 0 when none is left. The events of a
/// job are deleted together, so a log has no gap.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn delete_expired(db: &Db, rows: Expiring, before: DateTime<Utc>) -> Result<usize> {
    with_tx!(db, Full, |c, _now| {
        Ok(match rows {
            Expiring::Events => {
                let log = events::table.filter(events::stream_kind.eq(StreamKind::Job));
                let ended = jobs::table.filter(jobs::finished_at.lt(Bind(Some(before))));
                let ended = ended.filter(exists(log.filter(events::stream_id.eq(jobs::id))));
                let ended: Vec<JobId> = ended.select(jobs::id).order(jobs::id).limit(JOBS).load(c).await?;
                diesel::delete(log.filter(events::stream_id.eq_any(ended))).execute(c).await?
            }
            Expiring::LoginAttempts => delete_some!(c, login_attempts, state_hash: Vec<u8>, created_at, before),
            Expiring::Sessions => delete_some!(c, sessions, id: SessionId, expires_at, before),
            Expiring::Authorizations => delete_some!(c, authorizations, state_hash: Vec<u8>, expires_at, before),
            Expiring::Links => delete_some!(c, delegated_links, id: LinkId, expires_at, before),
        })
    })
}
