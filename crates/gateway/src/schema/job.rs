//! Jobs: durable work of every kind, for administrators.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Interface, SimpleObject};
use seatgraph_engine::JobEvent as EngineEvent;
use seatgraph_store::{self as store, Event, EventBody, JobId, Progress, Status, events, jobs};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::filters;
use super::paging::{Connection, Paged, Paging};
use super::profile::IntegrationProfile;
use super::run::SyncRun;
use super::scalars::{DateTime, int};

/// Name and order of this list, part of its cursors.
const LISTING: &str = "jobs by QUEUED_AT DESC";

/// Durable background work, such as a sync. Jobs of kinds that this version does not know are listed too; they wait for a
/// newer worker.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Job {
    /// Number of starts since the job last made progress.
    attempt: i32,
    /// Earliest time of the next start. Null if the job waits for a user.
    available_at: Option<DateTime>,
    /// Time when cancellation of the running job was requested. Null if it was not requested.
    cancel_requested_at: Option<DateTime>,
    /// Time when the job finished. Null if it has not finished.
    finished_at: Option<DateTime>,
    /// Global ID.
    pub(crate) id: ID,
    /// Kind of work, such as `sync` or `prune`.
    kind: String,
    /// Sequence number of the newest event.
    last_sequence: i32,
    /// Version of the payload's format. Only workers that know the version start the job.
    payload_version: i32,
    /// Priority. Jobs with a higher priority start first. 0 is normal.
    priority: i32,
    /// Creation time.
    queued_at: DateTime,
    /// Reason of the state. Null if the state needs no explanation.
    reason: Option<String>,
    /// Time of the first start. Null if the job has not started.
    started_at: Option<DateTime>,
    /// State of the job.
    state: JobState,
    /// State specific to the kind, such as `PAUSED_QUOTA`. Null if there is none.
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
    /// Events of the job, oldest first. Events of jobs that finished long ago are deleted.
    async fn events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<JobEvent>> {
        event_page(ctx.request()?, &self.row, &Paging::forward(first, after)).await
    }

    /// Profile that the job concerns. Null for jobs of the whole installation.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<IntegrationProfile>> {
        let Some(profile) = self.row.profile_id else { return Ok(None) };
        Ok(ctx.request()?.load(profile).await?.map(IntegrationProfile::from))
    }

    /// The sync run, for jobs of the kind `sync`. Null for other kinds.
    async fn sync_run(&self, ctx: &Context<'_>) -> Result<Option<SyncRun>> {
        if self.row.kind != store::runs::KIND {
            return Ok(None);
        }
        Ok(ctx.request()?.load(store::RunId::from(self.row.id)).await?.map(SyncRun::from))
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
    /// Waiting for a time or for a user.
    Waiting,
    /// Completed. Final.
    Succeeded,
    /// Failed. See the reason. Final.
    Failed,
    /// Cancelled on request. Final.
    Cancelled,
}

/// Filters jobs. All given conditions must match.
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

impl Paged for Job {
    type Total = jobs::JobFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        jobs::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Returns a page of jobs, newest first.
pub(crate) async fn page(request: &RequestContext, filter: JobFilter, paging: &Paging) -> Result<Connection<Job>> {
    let (rows, filter) = (paging.read(LISTING)?, filter.into());
    let page = jobs::page(&request.db, &filter, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, filter, Job::from))
}

/// An event of a job. Events are numbered from 1 without gaps within their job.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "at", ty = "&DateTime", desc = "Time of the event."),
    field(name = "job", ty = "Job", desc = "The job in its current state."),
    field(name = "sequence", ty = "&i32", desc = "Sequence number within the job.")
)]
pub(crate) enum JobEvent {
    StateChanged(JobStateChanged),
    Progressed(JobProgressed),
    Logged(JobMessageLogged),
}

/// The state of a job changed. Every stream starts with this event and the current state. The event with a final state
/// ends the stream.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct JobStateChanged {
    /// Time of the event.
    at: DateTime,
    /// Reason of the change. Null if the state needs no explanation.
    reason: Option<String>,
    /// Sequence number within the job.
    sequence: i32,
    /// The new state.
    state: JobState,
    /// State specific to the kind. Null if there is none.
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
    /// Amount of work done so far, in units of the kind.
    done: i32,
    /// Description of the current work.
    message: String,
    /// Sequence number within the job.
    sequence: i32,
    /// Total amount of work. Null if it is unknown.
    total: Option<i32>,
    #[graphql(skip)]
    job_id: JobId,
}

/// A job recorded a message, such as a finding.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct JobMessageLogged {
    /// Time of the event.
    at: DateTime,
    /// The message.
    message: String,
    /// Sequence number within the job.
    sequence: i32,
    #[graphql(skip)]
    job_id: JobId,
}

#[ComplexObject]
impl JobStateChanged {
    /// The job in its current state.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        job(ctx, self.job_id).await
    }
}

#[ComplexObject]
impl JobProgressed {
    /// The job in its current state.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        job(ctx, self.job_id).await
    }
}

#[ComplexObject]
impl JobMessageLogged {
    /// The job in its current state.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        job(ctx, self.job_id).await
    }
}

async fn job(ctx: &Context<'_>, id: JobId) -> Result<Job> {
    ctx.request()?.load(id).await?.map(Job::from).ok_or_else(error::dangling)
}

impl From<EngineEvent> for JobEvent {
    fn from(event: EngineEvent) -> Self {
        Self::of(event.job, event.event)
    }
}

impl JobEvent {
    /// Converts any event to its general form. The typed streams have the details of their kind.
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

impl Paged for JobEvent {
    /// Sequence number of the newest event, which is also the number of events.
    type Total = i64;

    async fn count(_: &RequestContext, last_sequence: &i64) -> Result<i64> {
        Ok(*last_sequence)
    }
}

async fn event_page(request: &RequestContext, job: &store::Job, paging: &Paging) -> Result<Connection<JobEvent>> {
    let listing = format!("events of {}", job.id);
    let (rows, after) = paging.read_numbered(&listing)?;
    let found = events::of_job(&request.db, job.id, after, i64::from(rows) + 1).await;
    let mut found = found.map_err(error::store)?;
    let has_next = found.len() > rows as usize;
    found.truncate(rows as usize);
    let events = found.into_iter().map(|event| (event.sequence, JobEvent::of(job.id, event))).collect();
    Ok(Connection::numbered(&listing, events, after > 0, has_next, job.last_sequence))
}
