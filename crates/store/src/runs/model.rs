//! What a run is.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{Cursor, Finding, Process};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::schema::{sync_runs, sync_stages};
use crate::types::Bind;
use crate::{ProfileId, RunId, RunState, StageState, Trigger};

/// One execution of a profile's read processes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sync_runs, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
pub struct SyncRun {
    /// Ours.
    pub id: RunId,
    /// The profile.
    pub profile_id: ProfileId,
    /// Where it is in its life.
    pub state: RunState,
    /// Why it is in that state, for people.
    pub reason: Option<String>,
    /// What started it.
    pub trigger: Trigger,
    /// The processes asked for.
    #[diesel(serialize_as = Bind<Vec<Process>>)]
    pub processes: Vec<Process>,
    /// The caller's key.
    pub idempotency_key: Option<String>,
    /// Whether a person confirmed that many records really vanished.
    pub suspect_confirmed: bool,
    /// Not claimed before this; when `PAUSED_QUOTA`, the time it wakes.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub available_at: DateTime<Utc>,
    /// Claims since the last committed page.
    pub attempt: i32,
    /// Grows with every claim.
    pub fence: i64,
    /// The worker that holds it.
    #[diesel(serialize_as = Bind<Option<Uuid>>)]
    pub lease_owner: Option<Uuid>,
    /// When the lease runs out, by the database's clock.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub leased_until: Option<DateTime<Utc>>,
    /// Number of its newest event.
    pub last_sequence: i64,
    /// Calls to the vendor so far.
    pub api_calls: i64,
    /// What it did so far.
    #[diesel(embed)]
    pub counts: RunCounts,
    /// When it was asked for.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub queued_at: DateTime<Utc>,
    /// When it was first claimed.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub finished_at: Option<DateTime<Utc>>,
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
    pub(crate) fn all(run: RunId, stages: &[NewStage]) -> Vec<Self> {
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

/// What became of a run asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It was made.
    Created(SyncRun),
    /// The key was used before; this is the run it made.
    SameKey(SyncRun),
    /// The profile has an open run, and only one may be.
    Open(SyncRun),
}

/// What became of a slot of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// A run was made.
    Created(SyncRun),
    /// Another run is open; the next slot comes.
    Skipped(SyncRun),
    /// Another replica took the slot, or the profile is no longer published.
    Taken,
}

/// A run in the hands of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run, as claimed.
    pub run: SyncRun,
    /// Its parts, in order.
    pub stages: Vec<Stage>,
    /// What every write must carry.
    pub fence: i64,
}

/// What a worker learns when it renews its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// Go on.
    Continue,
    /// Stop between pages.
    Cancel,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// One of the four final states.
    pub state: RunState,
    /// Why, for people.
    pub reason: Option<String>,
    /// What people should know; added to what pages said.
    pub findings: Vec<Finding>,
    /// Processes that finished, with where their next pass begins.
    pub bookmarks: Vec<(Process, Option<Cursor>)>,
}
