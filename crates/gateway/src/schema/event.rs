//! Events of sync runs, numbered without gaps.

use async_graphql::{ComplexObject, Context, ID, Interface, OneofObject, SimpleObject};
use seatgraph_engine::By;
use seatgraph_store::{Event, EventBody, RunId, RunState, Status, SyncRun as RunRow, events};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::finding::Finding;
use super::paging::{Connection, Paged, Paging};
use super::run::{RunCounts, SyncRun, SyncRunState, SyncStage};
use super::scalars::{DateTime, int};

/// An event of a sync run. Events are numbered from 1 without gaps within their run.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "at", ty = "&DateTime", desc = "Time of the event."),
    field(name = "run", ty = "SyncRun", desc = "The run in its current state."),
    field(name = "sequence", ty = "&i32", desc = "Sequence number within the run.")
)]
pub(crate) enum SyncEvent {
    StateChanged(RunStateChanged),
    StageProgressed(StageProgressed),
    FindingRaised(FindingRaised),
}

/// The state of a run changed. Every stream starts with this event and the current state. The event with a final state
/// ends the stream.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct RunStateChanged {
    /// Time of the event.
    at: DateTime,
    /// Reason of the change. Null if the state needs no explanation.
    reason: Option<String>,
    /// Sequence number within the run.
    sequence: i32,
    /// The new state.
    state: SyncRunState,
    #[graphql(skip)]
    run_id: RunId,
}

/// A stage of a run started, progressed or finished.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct StageProgressed {
    /// Time of the event.
    at: DateTime,
    /// Counts of the run at that time.
    counts: RunCounts,
    /// Sequence number within the run.
    sequence: i32,
    /// The stage at that time.
    stage: SyncStage,
    #[graphql(skip)]
    run_id: RunId,
}

/// A run found a problem.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct FindingRaised {
    /// Time of the event.
    at: DateTime,
    /// The problem.
    finding: Finding,
    /// Sequence number within the run.
    sequence: i32,
    #[graphql(skip)]
    run_id: RunId,
}

#[ComplexObject]
impl RunStateChanged {
    /// The run in its current state.
    async fn run(&self, ctx: &Context<'_>) -> Result<SyncRun> {
        run(ctx, self.run_id).await
    }
}

#[ComplexObject]
impl StageProgressed {
    /// The run in its current state.
    async fn run(&self, ctx: &Context<'_>) -> Result<SyncRun> {
        run(ctx, self.run_id).await
    }
}

#[ComplexObject]
impl FindingRaised {
    /// The run in its current state.
    async fn run(&self, ctx: &Context<'_>) -> Result<SyncRun> {
        run(ctx, self.run_id).await
    }
}

async fn run(ctx: &Context<'_>, id: RunId) -> Result<SyncRun> {
    ctx.request()?.load(id).await?.map(SyncRun::from).ok_or_else(error::dangling)
}

impl SyncEvent {
    /// Converts an event of a job to an event of a sync run. Returns `None` for kinds of events that sync runs do not record.
    pub(crate) fn of(run_id: RunId, event: Event) -> Option<Self> {
        let (at, sequence) = (event.at.into(), int(event.sequence));
        Some(match event.body {
            EventBody::State(Status { state, substate, reason }) => {
                let state = RunState::from_job(state, substate.as_deref()).into();
                RunStateChanged { at, reason, sequence, state, run_id }.into()
            }
            EventBody::Stage { stage, counts } => {
                StageProgressed { at, counts: counts.into(), sequence, stage: stage.into(), run_id }.into()
            }
            EventBody::Finding { finding } => {
                FindingRaised { at, finding: Finding::found(event.at, finding), sequence, run_id }.into()
            }
            EventBody::Progress(_) | EventBody::Unknown => return None,
        })
    }
}

/// Identifies a sync run. Exactly one field must be set.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum SyncProgressBy {
    /// Global ID of the run.
    RunId(ID),
    /// Global ID of a profile: its open run, or its next run if none is open.
    ProfileId(ID),
}

impl SyncProgressBy {
    pub(crate) fn read(&self) -> Result<By> {
        let missing = || error::not_found("the object in `by` does not exist");
        match self {
            Self::RunId(id) => id.parse().map(By::Run).map_err(|_| missing()),
            Self::ProfileId(id) => id.parse().map(By::Profile).map_err(|_| missing()),
        }
    }
}

impl Paged for SyncEvent {
    /// Sequence number of the newest event, which is also the number of events.
    type Total = i64;

    async fn count(_: &RequestContext, last_sequence: &i64) -> Result<i64> {
        Ok(*last_sequence)
    }
}

/// Returns a page of the events of a run.
pub(crate) async fn page(request: &RequestContext, run: &RunRow, paging: &Paging) -> Result<Connection<SyncEvent>> {
    let listing = format!("events of {}", run.id);
    let (rows, after) = paging.read_numbered(&listing)?;
    let found = events::of_job(&request.db, run.job.id, after, i64::from(rows) + 1).await;
    let mut found = found.map_err(error::store)?;
    let has_next = found.len() > rows as usize;
    found.truncate(rows as usize);
    let events = found.into_iter().filter_map(|event| Some((event.sequence, SyncEvent::of(run.id, event)?))).collect();
    Ok(Connection::numbered(&listing, events, after > 0, has_next, run.job.last_sequence))
}
