//! Sync runs: their progress, counts and findings.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, RunId, runs};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::event::{self, SyncEvent};
use super::filters::{self, DateTimeFilter};
use super::finding::Finding;
use super::loaders::{FindingsIn, StagesOf};
use super::paging::{Connection, Paged, Paging};
use super::process::Process;
use super::profile::IntegrationProfile;
use super::scalars::{DateTime, int};

/// Name and order of this list, part of its cursors.
const LISTING: &str = "syncRuns by QUEUED_AT DESC";

/// One execution of a profile's read processes.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SyncRun {
    /// Number of calls to the vendor's API.
    api_calls: i32,
    /// Number of starts since the run last made progress.
    attempt: i32,
    /// Number of records seen and changed so far.
    counts: RunCounts,
    /// Time when the run finished. Null if it has not finished.
    finished_at: Option<DateTime>,
    /// Global ID.
    pub(crate) id: ID,
    /// Sequence number of the newest event.
    last_sequence: i32,
    /// Processes that the run executes.
    processes: Vec<Process>,
    /// Time when the run was requested.
    queued_at: DateTime,
    /// Reason of the state. Null if the state needs no explanation.
    reason: Option<String>,
    /// Time of the first start. Null if the run has not started.
    started_at: Option<DateTime>,
    /// State of the run.
    state: SyncRunState,
    /// Trigger of the run.
    trigger: RunTrigger,
    /// Time when the run continues automatically. Null unless the state is `PAUSED_QUOTA`.
    wakes_at: Option<DateTime>,
    #[graphql(skip)]
    row: store::SyncRun,
}

impl From<store::SyncRun> for SyncRun {
    fn from(row: store::SyncRun) -> Self {
        let state = SyncRunState::from(row.state());
        Self {
            api_calls: int(row.api_calls),
            attempt: row.job.attempt,
            counts: row.counts.into(),
            finished_at: row.job.finished_at.map(DateTime),
            id: row.id.to_string().into(),
            last_sequence: int(row.job.last_sequence),
            processes: row.processes.iter().map(|&process| process.into()).collect(),
            queued_at: row.job.queued_at.into(),
            reason: row.job.reason.clone(),
            started_at: row.job.started_at.map(DateTime),
            state,
            trigger: row.trigger.into(),
            wakes_at: row.job.available_at.filter(|_| state == SyncRunState::PausedQuota).map(DateTime),
            row,
        }
    }
}

#[ComplexObject]
impl SyncRun {
    /// Estimated time of completion, based on the current rate. Null if it cannot be estimated.
    async fn eta(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (_, eta) = self.pace(ctx).await?;
        Ok(eta.map(DateTime))
    }

    /// Events of the run, oldest first.
    async fn events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<SyncEvent>> {
        event::page(ctx.request()?, &self.row, &Paging::forward(first, after)).await
    }

    /// Problems that the run found. Each problem is listed once.
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        let findings = ctx.request()?.load(FindingsIn(self.row.id)).await?.unwrap_or_default();
        Ok(findings.into_iter().map(Finding::from).collect())
    }

    /// Profile of the run.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.request()?.load(self.row.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }

    /// Number of vendor rows downloaded per second. Null unless the run is running.
    async fn rate_per_second(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let (rate, _) = self.pace(ctx).await?;
        Ok(rate)
    }

    /// Stages in order: one per process, and a final one.
    async fn stages(&self, ctx: &Context<'_>) -> Result<Vec<SyncStage>> {
        let stages = ctx.request()?.load(StagesOf(self.row.id)).await?.unwrap_or_default();
        Ok(stages.into_iter().map(SyncStage::from).collect())
    }
}

impl SyncRun {
    async fn pace(&self, ctx: &Context<'_>) -> Result<(Option<f64>, Option<chrono::DateTime<chrono::Utc>>)> {
        let request = ctx.request()?;
        let stages = request.load(StagesOf(self.row.id)).await?.unwrap_or_default();
        Ok(request.engine.rate_and_eta(&self.row, &stages))
    }
}

/// State of a sync run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::RunState")]
pub(crate) enum SyncRunState {
    /// Waiting for a worker.
    Queued,
    /// A worker runs it.
    Running,
    /// Waiting for the API limit of the vendor. The run continues automatically.
    PausedQuota,
    /// Stopped because it would retire an unusual number of records. Confirm it, or cancel it and check the permissions.
    Suspect,
    /// Cancellation was requested. The run stops after its current page.
    Cancelling,
    /// Cancelled. Records that it has read are kept, and nothing was retired. Final.
    Cancelled,
    /// Failed. See its findings. Final.
    Failed,
    /// Completed without findings. Final.
    Succeeded,
    /// Completed with reduced data. See its findings. Final.
    SucceededWithFindings,
}

/// Trigger of a sync run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Trigger")]
pub(crate) enum RunTrigger {
    /// The profile was published.
    Publish,
    /// The schedule of the profile.
    Schedule,
    /// A request through the API.
    Manual,
    /// The profile was resumed.
    Resume,
}

/// A stage of a sync run.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SyncStage {
    /// Number of vendor rows downloaded so far.
    done: i32,
    /// Time when the stage finished. Null if it has not finished.
    finished_at: Option<DateTime>,
    /// Name of the stage.
    name: String,
    /// Process of the stage. Null for the final stage.
    process: Option<Process>,
    /// Time when the stage started. Null if it has not started.
    started_at: Option<DateTime>,
    /// State of the stage.
    state: StageState,
    /// Total number of vendor rows. Null if the vendor does not report it.
    total: Option<i32>,
}

impl From<store::Stage> for SyncStage {
    fn from(stage: store::Stage) -> Self {
        Self {
            done: int(stage.done),
            finished_at: stage.finished_at.map(DateTime),
            name: stage.name,
            process: stage.process.map(Process::from),
            started_at: stage.started_at.map(DateTime),
            state: stage.state.into(),
            total: stage.total.map(int),
        }
    }
}

/// State of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::StageState")]
pub(crate) enum StageState {
    /// The stage has not started.
    Waiting,
    /// The stage is running.
    Running,
    /// The stage is complete.
    Done,
    /// The stage was skipped.
    Skipped,
    /// The stage failed.
    Failed,
}

/// Number of records that a run saw and changed.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct RunCounts {
    /// New accounts.
    accounts_added: i32,
    /// Changed accounts.
    accounts_changed: i32,
    /// Accounts that no longer exist in the organisation.
    accounts_retired: i32,
    /// Accounts that the organisation reported.
    accounts_seen: i32,
    /// Rows that were skipped because they are invalid.
    rejected: i32,
    /// New subscriptions.
    subscriptions_added: i32,
    /// Changed subscriptions.
    subscriptions_changed: i32,
    /// Subscriptions that are no longer assigned.
    subscriptions_retired: i32,
    /// Subscriptions that the organisation reported.
    subscriptions_seen: i32,
}

impl From<store::RunCounts> for RunCounts {
    fn from(counts: store::RunCounts) -> Self {
        Self {
            accounts_added: int(counts.accounts_added),
            accounts_changed: int(counts.accounts_changed),
            accounts_retired: int(counts.accounts_retired),
            accounts_seen: int(counts.accounts_seen),
            rejected: int(counts.rejected),
            subscriptions_added: int(counts.subscriptions_added),
            subscriptions_changed: int(counts.subscriptions_changed),
            subscriptions_retired: int(counts.subscriptions_retired),
            subscriptions_seen: int(counts.subscriptions_seen),
        }
    }
}

/// Filters sync runs. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct SyncRunFilter {
    /// Only runs of this profile.
    profile_id: Option<ID>,
    /// When the run was asked for.
    queued_at: Option<DateTimeFilter>,
    /// Only runs in one of these states.
    state: Option<Vec<SyncRunState>>,
}

impl SyncRunFilter {
    pub(crate) fn read(self) -> Result<runs::SyncRunFilter> {
        Ok(runs::SyncRunFilter {
            profile_id: filters::id("filter.profileId", self.profile_id.as_ref())?,
            state: filters::each(self.state),
            queued_at: self.queued_at.map(Into::into),
        })
    }
}

impl Paged for SyncRun {
    type Total = runs::SyncRunFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        runs::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Finds a run, or returns `None` if it does not exist.
pub(crate) async fn find(request: &RequestContext, id: &ID) -> Result<Option<SyncRun>> {
    let Ok(id) = id.parse::<RunId>() else { return Ok(None) };
    Ok(request.load(id).await?.map(SyncRun::from))
}

/// Returns a page of runs, newest first.
pub(crate) async fn page(
    request: &RequestContext,
    filter: runs::SyncRunFilter,
    paging: &Paging,
) -> Result<Connection<SyncRun>> {
    let rows = paging.read(LISTING)?;
    let page = runs::page(&request.db, &filter, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, filter, SyncRun::from))
}
