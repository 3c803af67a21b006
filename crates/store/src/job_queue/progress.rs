//! Progress of a sync, as its run, stages and events record it.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{Cursor, Process, RecordKind};
use serde::{Deserialize, Serialize};

use crate::StageState;
use crate::schema::{sync_runs, sync_stages};

/// Counts of a run so far.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset,
)]
#[diesel(table_name = sync_runs, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct RunCounts {
    /// Accounts reported by pages.
    pub accounts_seen: i64,
    /// New accounts.
    pub accounts_added: i64,
    /// Accounts that were changed or reactivated.
    pub accounts_changed: i64,
    /// Accounts that were retired.
    pub accounts_retired: i64,
    /// Subscriptions reported by pages.
    pub subscriptions_seen: i64,
    /// New subscriptions.
    pub subscriptions_added: i64,
    /// Subscriptions that were changed or reactivated.
    pub subscriptions_changed: i64,
    /// Subscriptions that were retired.
    pub subscriptions_retired: i64,
    /// Rejected vendor rows.
    pub rejected: i64,
}

/// The counts of one kind of record.
pub(crate) struct KindCounts<'a> {
    pub(crate) seen: &'a mut i64,
    pub(crate) added: &'a mut i64,
    pub(crate) changed: &'a mut i64,
    pub(crate) retired: &'a mut i64,
}

impl RunCounts {
    /// The counts of a kind; `None` when runs do not count it.
    pub(crate) fn of(&mut self, kind: RecordKind) -> Option<KindCounts<'_>> {
        match kind {
            RecordKind::Account => Some(KindCounts {
                seen: &mut self.accounts_seen,
                added: &mut self.accounts_added,
                changed: &mut self.accounts_changed,
                retired: &mut self.accounts_retired,
            }),
            RecordKind::Subscription => Some(KindCounts {
                seen: &mut self.subscriptions_seen,
                added: &mut self.subscriptions_added,
                changed: &mut self.subscriptions_changed,
                retired: &mut self.subscriptions_retired,
            }),
            RecordKind::Pool | RecordKind::Activity | RecordKind::Consumption => None,
        }
    }
}

/// A part of a run, with position and progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = sync_stages, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Position in the run, from 0.
    pub ordinal: i32,
    /// Display name.
    pub name: String,
    /// The process it carries out; `None` for the finishing stage.
    pub process: Option<Process>,
    /// State.
    pub state: StageState,
    /// Vendor rows read so far.
    pub done: i64,
    /// Vendor rows altogether; `None` if unknown.
    pub total: Option<i64>,
    /// Cursor of the next page; omitted from events.
    #[serde(skip)]
    pub cursor: Option<Cursor>,
    /// Cursor of the next incremental run; omitted from events.
    #[serde(skip)]
    pub bookmark: Option<Cursor>,
    /// Start time.
    pub started_at: Option<DateTime<Utc>>,
    /// End time.
    pub finished_at: Option<DateTime<Utc>>,
}
