//! What happens to a run, numbered without gaps.

use async_graphql::{ComplexObject, Context, ID, Interface, OneofObject, SimpleObject};
use seatgraph_engine::By;
use seatgraph_store::{Event, EventBody, RunId, RunState, Status, SyncRun as RunRow, events};

use super::error::{self, Result};
use super::finding::Finding;
use super::paging::{Connection, Listed, Paging};
use super::run::{RunCounts, SyncRun, SyncRunState, SyncStage};
use super::scalars::{DateTime, int};
use super::scope::{RequestScope, Scoped as _};

/// Something that happened to a run. Events are numbered from 1 without gaps within their run.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "at", ty = "&DateTime", desc = "When it happened."),
    field(name = "run", ty = "SyncRun", desc = "The run as it is now."),
    field(name = "sequence", ty = "&i32", desc = "Its number within the run.")
)]
pub(crate) enum SyncEvent {
    StateChanged(RunStateChanged),
    StageProgressed(StageProgressed),
    FindingRaised(FindingRaised),
}

/// A run came into another state. It opens every stream, with the state at hand, and the one that ends a run ends the
/// stream.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct RunStateChanged {
    /// When it happened.
    at: DateTime,
    /// Why, in a sentence; null where the state says it all.
    reason: Option<String>,
    /// Its number within the run.
    sequence: i32,
    /// The state that it came into.
    state: SyncRunState,
    #[graphql(skip)]
    run_id: RunId,
}

/// A stage of a run began, came further or came to its end.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct StageProgressed {
    /// When it happened.
    at: DateTime,
    /// What the run had seen and changed by then.
    counts: RunCounts,
    /// Its number within the run.
    sequence: i32,
    /// The stage as it was then.
    stage: SyncStage,
    #[graphql(skip)]
    run_id: RunId,
}

/// A run noticed something that a person should know.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct FindingRaised {
    /// When it happened.
    at: DateTime,
    /// What it noticed.
    finding: Finding,
    /// Its number within the run.
    sequence: i32,
    #[graphql(skip)]
    run_id: RunId,
}

#[ComplexObject]
impl RunStateChanged {
    /// The run as it is now.
    async fn run(&self, ctx: &Context<'_>) -> Result<SyncRun> {
        run(ctx, self.run_id).await
    }
}

#[ComplexObject]
impl StageProgressed {
    /// The run as it is now.
    async fn run(&self, ctx: &Context<'_>) -> Result<SyncRun> {
        run(ctx, self.run_id).await
    }
}

#[ComplexObject]
impl FindingRaised {
    /// The run as it is now.
    async fn run(&self, ctx: &Context<'_>) -> Result<SyncRun> {
        run(ctx, self.run_id).await
    }
}

async fn run(ctx: &Context<'_>, id: RunId) -> Result<SyncRun> {
    ctx.scope()?.load(id).await?.map(SyncRun::from).ok_or_else(error::dangling)
}

impl SyncEvent {
    /// Returns the event as one of a sync; `None` for the general events, which a sync does not record.
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

/// Says whose progress is meant, in one of two ways.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum SyncProgressBy {
    /// The run of this global id.
    RunId(ID),
    /// The run that this profile has open, or else its next one.
    ProfileId(ID),
}

impl SyncProgressBy {
    pub(crate) fn read(&self) -> Result<By> {
        let missing = || error::not_found("what `by` names does not exist");
        match self {
            Self::RunId(id) => id.parse().map(By::Run).map_err(|_| missing()),
            Self::ProfileId(id) => id.parse().map(By::Profile).map_err(|_| missing()),
        }
    }
}

impl Listed for SyncEvent {
    /// The number of the run's newest event, which is how many it has.
    type Total = i64;

    async fn count(_: &RequestScope, last_sequence: &i64) -> Result<i64> {
        Ok(*last_sequence)
    }
}

/// Lists a page of a run's events.
pub(crate) async fn page(scope: &RequestScope, run: &RunRow, paging: &Paging) -> Result<Connection<SyncEvent>> {
    let listing = format!("events of {}", run.id);
    let (rows, after) = paging.read_numbered(&listing)?;
    let found = events::of_job(&scope.db, run.job.id, after, i64::from(rows) + 1).await;
    let mut found = found.map_err(|error| error::store(&error))?;
    let has_next = found.len() > rows as usize;
    found.truncate(rows as usize);
    let events = found.into_iter().filter_map(|event| Some((event.sequence, SyncEvent::of(run.id, event)?))).collect();
    Ok(Connection::numbered(&listing, events, after > 0, has_next, run.job.last_sequence))
}
