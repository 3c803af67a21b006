//! The types of sync runs.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{Cursor, Finding, Process, RecordKind};
use serde::{Deserialize, Serialize};

use crate::schema::{sync_runs, sync_stages};
use crate::types::Bind;
use crate::{Job, ProfileId, RunId, RunState, StageState, Trigger};

/// One execution of a profile's read processes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = sync_runs, check_for_backend(Pg, Sqlite))]
pub struct SyncRun {
    /// Identifier, the same as the job's.
    pub id: RunId,
    /// The profile.
    pub profile_id: ProfileId,
    /// What started it.
    pub trigger: Trigger,
    /// The processes asked for.
    pub processes: Vec<Process>,
    /// Whether a person confirmed that many records really vanished.
    pub suspect_confirmed: bool,
    /// Calls to the vendor so far.
    pub api_calls: i64,
    /// What it did so far.
    #[diesel(embed)]
    pub counts: RunCounts,
    /// The job: state, lease, keys and times.
    #[diesel(embed)]
    pub job: Job,
}

impl SyncRun {
    /// Returns the state, which is finer than the job's.
    #[must_use]
    pub fn state(&self) -> RunState {
        RunState::from_job(self.job.state, self.job.substate.as_deref())
    }
}

/// What a run did so far.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset,
)]
#[diesel(table_name = sync_runs, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct RunCounts {
    /// Accounts that pages named.
    pub accounts_seen: i64,
    /// Accounts that were new.
    pub accounts_added: i64,
    /// Accounts that differed from what was known, or came back.
    pub accounts_changed: i64,
    /// Accounts that vanished.
    pub accounts_retired: i64,
    /// Subscriptions that pages named.
    pub subscriptions_seen: i64,
    /// Subscriptions that were new.
    pub subscriptions_added: i64,
    /// Subscriptions that differed from what was known, or came back.
    pub subscriptions_changed: i64,
    /// Subscriptions that vanished.
    pub subscriptions_retired: i64,
    /// Vendor rows left out.
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
    /// Its place in the run, from 0.
    pub ordinal: i32,
    /// Its name for people.
    pub name: String,
    /// The process it carries out; `None` for the finishing stage.
    pub process: Option<Process>,
    /// Where it is.
    pub state: StageState,
    /// Vendor rows taken in.
    pub done: i64,
    /// Vendor rows there are.
    pub total: Option<i64>,
    /// Where the next page begins; left out of events.
    #[serde(skip)]
    pub cursor: Option<Cursor>,
    /// Where the next incremental pass begins; left out of events.
    #[serde(skip)]
    pub bookmark: Option<Cursor>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A stage on its way into its table.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = sync_stages)]
pub(crate) struct StageRow {
    run_id: RunId,
    ordinal: i32,
    name: String,
    #[diesel(serialize_as = Bind<Option<Process>>)]
    process: Option<Process>,
    state: StageState,
    done: i64,
    #[diesel(serialize_as = Bind<Option<Cursor>>)]
    cursor: Option<Cursor>,
}

impl StageRow {
    pub(super) fn all(run: RunId, stages: &[NewStage]) -> Vec<Self> {
        let row = |(ordinal, stage): (i32, &NewStage)| Self {
            run_id: run,
            ordinal,
            name: stage.name.clone(),
            process: stage.process,
            state: StageState::Waiting,
            done: 0,
            cursor: stage.cursor.clone(),
        };
        (0..).zip(stages).map(row).collect()
    }
}

/// A run to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The profile.
    pub profile_id: ProfileId,
    /// What starts it.
    pub trigger: Trigger,
    /// The processes to carry out.
    pub processes: Vec<Process>,
    /// The caller's key: the same key means the same run.
    pub idempotency_key: Option<String>,
    /// Its parts, in order.
    pub stages: Vec<NewStage>,
}

/// A part of a run to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStage {
    /// Its name for people.
    pub name: String,
    /// The process it carries out; `None` for the finishing stage.
    pub process: Option<Process>,
    /// Where an incremental pass begins: the bookmark of the last one.
    pub cursor: Option<Cursor>,
}

/// A run in the hands of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run, as claimed.
    pub run: SyncRun,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// The fence that every write carries.
    pub fence: i64,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// One of the four final states.
    pub state: RunState,
    /// Why, as a sentence.
    pub reason: Option<String>,
    /// Findings to add to those of the pages.
    pub findings: Vec<Finding>,
    /// Processes that finished, with the cursor where their next pass begins.
    pub bookmarks: Vec<(Process, Option<Cursor>)>,
}
