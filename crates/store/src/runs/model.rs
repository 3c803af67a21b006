//! The types of sync runs.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{Cursor, Finding, Process};

use crate::job_queue::{RunCounts, Stage, Status};
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
    /// Whether a user confirmed that many records are really gone.
    pub suspect_confirmed: bool,
    /// Calls to the vendor so far.
    pub api_calls: i64,
    /// Counts so far.
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

impl RunState {
    /// Returns the status of the job of a run in this state.
    #[must_use]
    pub fn status(self, reason: Option<&str>) -> Status {
        let status = Status::new(self.job_state(), reason);
        if self.as_str() == status.state.as_str() { status } else { status.with_substate(self.as_str()) }
    }
}

/// A stage to insert.
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

/// A run to create.
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
    /// Stages, in order.
    pub stages: Vec<NewStage>,
}

/// A stage to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStage {
    /// Display name.
    pub name: String,
    /// The process it carries out; `None` for the finishing stage.
    pub process: Option<Process>,
    /// Where an incremental pass begins: the bookmark of the last one.
    pub cursor: Option<Cursor>,
}

/// A run claimed by a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run, as claimed.
    pub run: SyncRun,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// The fence that every write carries.
    pub fence: i64,
}

/// Result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// One of the four final states.
    pub state: RunState,
    /// Reason, as a sentence.
    pub reason: Option<String>,
    /// Findings to add to those of the pages.
    pub findings: Vec<Finding>,
    /// Processes that finished, with the cursor where their next pass begins.
    pub bookmarks: Vec<(Process, Option<Cursor>)>,
}
