//! Sync runs: what is being downloaded, how far it is, and what it found.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, RunId, runs};

use super::connector::Process;
use super::error::{self, Result};
use super::event::{self, SyncEvent};
use super::filters::{self, DateTimeFilter};
use super::finding::Finding;
use super::loaders::{FindingsIn, StagesOf};
use super::paging::{Connection, Listed, Paging};
use super::profile::IntegrationProfile;
use super::scalars::{DateTime, int};
use super::scope::{RequestScope, Scoped as _};

/// How the list of runs is ordered, for its cursors.
const LISTING: &str = "syncRuns by QUEUED_AT DESC";

/// One execution of a profile's read processes.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SyncRun {
    /// Calls of the vendor's API that it has spent.
    api_calls: i32,
    /// How often it was started without coming further; a page that is kept sets it back.
    attempt: i32,
    /// What it saw and changed so far.
    counts: RunCounts,
    /// When it came to its end; null before.
    finished_at: Option<DateTime>,
    /// The global id.
    pub(crate) id: ID,
    /// The number of its newest event.
    last_sequence: i32,
    /// The processes that it executes.
    processes: Vec<Process>,
    /// When it was asked for.
    queued_at: DateTime,
    /// Why it is in its state, in a sentence; null where the state says it all.
    reason: Option<String>,
    /// When work on it first began; null before.
    started_at: Option<DateTime>,
    /// How it stands.
    state: SyncRunState,
    /// What started it.
    trigger: RunTrigger,
    /// When it goes on by itself, while it waits for the vendor's allowance; null otherwise.
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
    /// When it will probably be finished, going by its rate; null while nobody can tell.
    async fn eta(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (_, eta) = self.pace(ctx).await?;
        Ok(eta.map(DateTime))
    }

    /// What happened to it, from its first event on.
    async fn events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<SyncEvent>> {
        event::page(ctx.scope()?, &self.row, &Paging::forward(first, after)).await
    }

    /// What it noticed that a person should know. As many as there are causes; a cause is noted once.
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        let findings = ctx.scope()?.load(FindingsIn(self.row.id)).await?.unwrap_or_default();
        Ok(findings.into_iter().map(Finding::from).collect())
    }

    /// The profile that it is of.
    async fn profile(&self, ctx: &Context<'_>) -> Result<IntegrationProfile> {
        let found = ctx.scope()?.load(self.row.profile_id).await?;
        found.map(IntegrationProfile::from).ok_or_else(error::dangling)
    }

    /// How many of the vendor's rows it takes in per second; null while it is not running.
    async fn rate_per_second(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let (rate, _) = self.pace(ctx).await?;
        Ok(rate)
    }

    /// Its stages in their order: one for each process, and one to finish.
    async fn stages(&self, ctx: &Context<'_>) -> Result<Vec<SyncStage>> {
        let stages = ctx.scope()?.load(StagesOf(self.row.id)).await?.unwrap_or_default();
        Ok(stages.into_iter().map(SyncStage::from).collect())
    }
}

impl SyncRun {
    async fn pace(&self, ctx: &Context<'_>) -> Result<(Option<f64>, Option<chrono::DateTime<chrono::Utc>>)> {
        let scope = ctx.scope()?;
        let stages = scope.load(StagesOf(self.row.id)).await?.unwrap_or_default();
        Ok(scope.engine.rate_and_eta(&self.row, &stages))
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::RunState")]
pub(crate) enum SyncRunState {
    /// It waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// It waits until the vendor allows more calls, and then goes on by itself.
    PausedQuota,
    /// It would retire so much that it stopped to ask: confirm it, or cancel it and look at the permissions.
    Suspect,
    /// It was told to stop and does so after the page at hand.
    Cancelling,
    /// It was stopped; what it had read stays, and nothing was retired for not being read. An end.
    Cancelled,
    /// It could not go on; the findings say why. An end.
    Failed,
    /// It did everything. An end.
    Succeeded,
    /// It did everything it could; the findings say what was missing. An end.
    SucceededWithFindings,
}

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Trigger")]
pub(crate) enum RunTrigger {
    /// Its profile was published.
    Publish,
    /// Its profile's schedule.
    Schedule,
    /// A person or a program asked for it.
    Manual,
    /// Its profile was resumed.
    Resume,
}

/// A part of a run.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SyncStage {
    /// The vendor's rows taken in so far.
    done: i32,
    /// When it came to its end; null before.
    finished_at: Option<DateTime>,
    /// What it is called.
    name: String,
    /// The process that it executes; null for the stage that finishes the run.
    process: Option<Process>,
    /// When it began; null before.
    started_at: Option<DateTime>,
    /// How it stands.
    state: StageState,
    /// The vendor's rows altogether; null when the vendor cannot be asked.
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

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::StageState")]
pub(crate) enum StageState {
    /// Its turn has not come.
    Waiting,
    /// It is being worked on.
    Running,
    /// It reached its end.
    Done,
    /// It was left out.
    Skipped,
    /// It could not go on.
    Failed,
}

/// What a run saw and changed.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct RunCounts {
    /// Accounts that were new.
    accounts_added: i32,
    /// Known accounts that were different.
    accounts_changed: i32,
    /// Known accounts that the organisation no longer has.
    accounts_retired: i32,
    /// Accounts that the organisation named.
    accounts_seen: i32,
    /// Rows that could not be understood and were left out.
    rejected: i32,
    /// Subscriptions that were new.
    subscriptions_added: i32,
    /// Known subscriptions that were different.
    subscriptions_changed: i32,
    /// Known subscriptions that nobody holds any more.
    subscriptions_retired: i32,
    /// Subscriptions that the organisation named.
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

/// Leaves out the runs that do not fit; all that is given must fit.
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

impl Listed for SyncRun {
    type Total = runs::SyncRunFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        runs::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Finds a run, or `None` when there is none.
pub(crate) async fn find(scope: &RequestScope, id: &ID) -> Result<Option<SyncRun>> {
    let Ok(id) = id.parse::<RunId>() else { return Ok(None) };
    Ok(scope.load(id).await?.map(SyncRun::from))
}

/// Lists a page of runs, newest first.
pub(crate) async fn page(
    scope: &RequestScope,
    filter: runs::SyncRunFilter,
    paging: &Paging,
) -> Result<Connection<SyncRun>> {
    let request = paging.read(LISTING)?;
    let page = runs::page(&scope.db, &filter, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(LISTING, page, filter, SyncRun::from))
}
