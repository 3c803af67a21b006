//! Jobs: durable work of every kind, for administrators.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Interface, SimpleObject};
use seatgraph_engine::JobEvent as EngineEvent;
use seatgraph_store::{self as store, Event, EventBody, JobId, Progress, Status, events, jobs};

use super::error::{self, Result};
use super::filters;
use super::paging::{Connection, Listed, Paging};
use super::profile::IntegrationProfile;
use super::run::SyncRun;
use super::scalars::{DateTime, int};
use super::scope::{RequestScope, Scoped as _};

/// The order of the list of jobs, for its cursors.
const LISTING: &str = "jobs by QUEUED_AT DESC";

/// Durable background work: a sync, for example, or pruning. Jobs of kinds that this version does not know are
/// listed too; they wait for a newer worker.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Job {
    /// How often it was started since it last made progress.
    attempt: i32,
    /// Earliest time of the next start; null while it waits for a person.
    available_at: Option<DateTime>,
    /// Time at which cancellation of the running job was requested; null if it was not.
    cancel_requested_at: Option<DateTime>,
    /// Time at which it ended; null before.
    finished_at: Option<DateTime>,
    /// The global id.
    pub(crate) id: ID,
    /// The kind of work, for example `sync` or `prune`.
    kind: String,
    /// Sequence number of its newest event.
    last_sequence: i32,
    /// Version of its parameters' format. Only workers that know the version start the job.
    payload_version: i32,
    /// Jobs of a higher priority start first; 0 is normal.
    priority: i32,
    /// Time of creation.
    queued_at: DateTime,
    /// Why it is in its state; null where the state says enough.
    reason: Option<String>,
    /// Time of the first start; null before.
    started_at: Option<DateTime>,
    /// The state.
    state: JobState,
    /// The finer state that its kind gives, for example `PAUSED_QUOTA`; null where the state says enough.
    substate: Option<String>,
    #[graphql(skip)]
    row: store::Job,
}

impl From<store::Job> for Job {
    fn from(row: store::Job) -> Self {
        Self {
            attempt: row.attempt,
            available_at: row.available_at.map(DateTime),
            cancel_requested_at: row.cancel_requested_at.map(DateTime),
            finished_at: row.finished_at.map(DateTime),
            id: row.id.to_string().into(),
            kind: row.kind.clone(),
            last_sequence: int(row.last_sequence),
            payload_version: row.payload_version,
            priority: row.priority,
            queued_at: row.queued_at.into(),
            reason: row.reason.clone(),
            started_at: row.started_at.map(DateTime),
            state: row.state.into(),
            substate: row.substate.clone(),
            row,
        }
    }
}

#[ComplexObject]
impl Job {
    /// Its events, from the first one on. The events of a job that ended long ago are deleted.
    async fn events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<JobEvent>> {
        event_page(ctx.scope()?, &self.row, &Paging::forward(first, after)).await
    }

    /// The profile that it concerns; null for a job of the whole installation.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<IntegrationProfile>> {
        let Some(profile) = self.row.profile_id else { return Ok(None) };
        Ok(ctx.scope()?.load(profile).await?.map(IntegrationProfile::from))
    }

    /// The sync run of a job of kind `sync`; null for other kinds.
    async fn sync_run(&self, ctx: &Context<'_>) -> Result<Option<SyncRun>> {
        if self.row.kind != store::runs::KIND {
            return Ok(None);
        }
        Ok(ctx.scope()?.load(store::RunId::from(self.row.id)).await?.map(SyncRun::from))
    }
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::JobState")]
pub(crate) enum JobState {
    /// Waiting for a worker.
    Queued,
    /// A worker runs it.
    Running,
    /// Waiting for something other than a worker: a time, or a person.
    Waiting,
    /// Done. Final.
    Succeeded,
    /// Given up; the reason says why. Final.
    Failed,
    /// Cancelled on request. Final.
    Cancelled,
}

/// Leaves out the jobs that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct JobFilter {
    /// Only jobs of one of these kinds.
    kind: Option<Vec<String>>,
    /// Only jobs in one of these states.
    state: Option<Vec<JobState>>,
}

impl From<JobFilter> for jobs::JobFilter {
    fn from(filter: JobFilter) -> Self {
        Self { kind: filter.kind, state: filters::each(filter.state) }
    }
}

impl Listed for Job {
    type Total = jobs::JobFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        jobs::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of jobs, newest first.
pub(crate) async fn page(scope: &RequestScope, filter: JobFilter, paging: &Paging) -> Result<Connection<Job>> {
    let (request, filter) = (paging.read(LISTING)?, filter.into());
    let page = jobs::page(&scope.db, &filter, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(LISTING, page, filter, Job::from))
}

/// An event of a job. Events are numbered from 1 without gaps within their job.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "at", ty = "&DateTime", desc = "Time of the event."),
    field(name = "job", ty = "Job", desc = "The job as it is now."),
    field(name = "sequence", ty = "&i32", desc = "Sequence number within the job.")
)]
pub(crate) enum JobEvent {
    StateChanged(JobStateChanged),
    Progressed(JobProgressed),
    Logged(JobMessageLogged),
}

/// A job entered another state. It opens every stream, with the present state, and the one that ends a job ends the
/// stream.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct JobStateChanged {
    /// Time of the event.
    at: DateTime,
    /// Why; null where the state says enough.
    reason: Option<String>,
    /// Sequence number within the job.
    sequence: i32,
    /// The state.
    state: JobState,
    /// The finer state that the kind gives; null where the state says enough.
    substate: Option<String>,
    #[graphql(skip)]
    job_id: JobId,
}

/// A job made progress.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct JobProgressed {
    /// Time of the event.
    at: DateTime,
    /// Units done so far, in units of the kind.
    done: i32,
    /// What the job does.
    message: String,
    /// Sequence number within the job.
    sequence: i32,
    /// Units altogether; null when that is unknown.
    total: Option<i32>,
    #[graphql(skip)]
    job_id: JobId,
}

/// A job recorded something else, for example a finding.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct JobMessageLogged {
    /// Time of the event.
    at: DateTime,
    /// What was recorded.
    message: String,
    /// Sequence number within the job.
    sequence: i32,
    #[graphql(skip)]
    job_id: JobId,
}

#[ComplexObject]
impl JobStateChanged {
    /// The job as it is now.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        job(ctx, self.job_id).await
    }
}

#[ComplexObject]
impl JobProgressed {
    /// The job as it is now.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        job(ctx, self.job_id).await
    }
}

#[ComplexObject]
impl JobMessageLogged {
    /// The job as it is now.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        job(ctx, self.job_id).await
    }
}

async fn job(ctx: &Context<'_>, id: JobId) -> Result<Job> {
    ctx.scope()?.load(id).await?.map(Job::from).ok_or_else(error::dangling)
}

impl From<EngineEvent> for JobEvent {
    fn from(event: EngineEvent) -> Self {
        Self::of(event.job, event.event)
    }
}

impl JobEvent {
    /// Shows any event in its general form; the typed streams show the details of their kind.
    fn of(job_id: JobId, event: Event) -> Self {
        let (at, sequence) = (event.at.into(), int(event.sequence));
        match event.body {
            EventBody::State(Status { state, substate, reason }) => {
                JobStateChanged { at, reason, sequence, state: state.into(), substate, job_id }.into()
            }
            EventBody::Progress(Progress { done, total, message }) => {
                JobProgressed { at, done: int(done), message, sequence, total: total.map(int), job_id }.into()
            }
            EventBody::Stage { stage, .. } => {
                let (done, total) = (int(stage.done), stage.total.map(int));
                JobProgressed { at, done, message: stage.name, sequence, total, job_id }.into()
            }
            EventBody::Finding { finding } => {
                JobMessageLogged { at, message: finding.message, sequence, job_id }.into()
            }
            EventBody::Unknown => {
                let message = "an event that only a newer version can read".to_owned();
                JobMessageLogged { at, message, sequence, job_id }.into()
            }
        }
    }
}

impl Listed for JobEvent {
    /// The sequence number of the job's newest event.
    type Total = i64;

    async fn count(_: &RequestScope, last_sequence: &i64) -> Result<i64> {
        Ok(*last_sequence)
    }
}

async fn event_page(scope: &RequestScope, job: &store::Job, paging: &Paging) -> Result<Connection<JobEvent>> {
    let listing = format!("events of {}", job.id);
    let (rows, after) = paging.read_numbered(&listing)?;
    let found = events::of_job(&scope.db, job.id, after, i64::from(rows) + 1).await;
    let mut found = found.map_err(|error| error::store(&error))?;
    let has_next = found.len() > rows as usize;
    found.truncate(rows as usize);
    let events = found.into_iter().map(|event| (event.sequence, JobEvent::of(job.id, event))).collect();
    Ok(Connection::numbered(&listing, events, after > 0, has_next, job.last_sequence))
}
