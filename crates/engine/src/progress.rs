//! Streams a job's events: the current state first, then every recorded event once and in order.
//!
//! A stream subscribes to notifications before it reads, so it misses no event written in between. A lost
//! notification is compensated by reading once per poll interval.

use std::sync::Arc;

use async_stream::try_stream;
use futures::{Stream, StreamExt};
use seatgraph_core::Clock;
use seatgraph_store::{
    Event, EventBody, Job, JobChanged, JobId, ProfileId, Reader, RunId, SyncRun, events, jobs, profiles, runs,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;

use crate::{Engine, Error, Result};

/// Number of events per read.
const PIECE: i64 = 200;

/// Selects the sync run whose progress is streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// This run.
    Run(RunId),
    /// The profile's open run, or its next one when none is open.
    Profile(ProfileId),
}

/// An event of a sync run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressEvent {
    /// The run.
    pub run: RunId,
    /// What happened.
    pub event: Event,
}

/// An event of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEvent {
    /// The job.
    pub job: JobId,
    /// What happened.
    pub event: Event,
}

impl Engine {
    /// Streams a sync run's progress, as [`Engine::job_progress`] does for its job.
    ///
    /// By profile, `after` counts within the open run; a run that is still to come is streamed from its beginning.
    ///
    /// The stream yields `NotFound` when there is no such run or profile.
    pub fn progress(&self, by: By, after: Option<i64>) -> impl Stream<Item = Result<ProgressEvent>> + Send + use<> {
        Follower::new(self.db(), self).follow(by, after)
    }

    /// Streams a job's progress.
    ///
    /// The first event has sequence `after`, or that of the newest event when `after` is not given, and carries the
    /// present state. Every later one is as it was recorded, without gaps or repeats. The stream stays open while the
    /// job waits, and ends behind the event that ends the job.
    ///
    /// The stream yields `NotFound` when there is no such job.
    pub fn job_progress(&self, job: JobId, after: Option<i64>) -> impl Stream<Item = Result<JobEvent>> + Send + use<> {
        Follower::new(self.db(), self).follow_job(job, after)
    }
}

/// Follows jobs through a handle, within the handle's visibility.
pub(crate) struct Follower {
    db: Reader,
    clock: Arc<dyn Clock>,
    watch: Watch,
}

impl Follower {
    /// Follows jobs through `db`, with the clock and the poll interval of `engine`.
    pub(crate) fn new(db: &Reader, engine: &Engine) -> Self {
        let watch = Watch { changes: engine.db().notifier().subscribe(), poll: engine.settings().poll_every };
        Self { db: db.clone(), clock: Arc::clone(engine.clock()), watch }
    }

    /// Streams a run's progress; see [`Engine::progress`].
    pub(crate) fn follow(mut self, by: By, after: Option<i64>) -> impl Stream<Item = Result<ProgressEvent>> + Send {
        try_stream! {
            let (run, after) = match by {
                By::Run(run) => (self.recorded(run).await?, after),
                By::Profile(profile) => self.current_or_next(profile, after).await?,
            };
            let mut events = std::pin::pin!(self.events_of(run.job, after));
            while let Some(event) = events.next().await {
                yield ProgressEvent { run: run.id, event: event? };
            }
        }
    }

    /// Streams a job's progress; see [`Engine::job_progress`].
    pub(crate) fn follow_job(self, id: JobId, after: Option<i64>) -> impl Stream<Item = Result<JobEvent>> + Send {
        try_stream! {
            let missing = seatgraph_store::Error::NotFound { what: "job" };
            let job = jobs::find(&self.db, id).await?.ok_or(missing)?;
            let mut events = std::pin::pin!(self.events_of(job, after));
            while let Some(event) = events.next().await {
                yield JobEvent { job: id, event: event? };
            }
        }
    }

    fn events_of(mut self, job: Job, after: Option<i64>) -> impl Stream<Item = Result<Event>> + Send {
        try_stream! {
            let mut sequence = after.unwrap_or(job.last_sequence).clamp(0, job.last_sequence);
            let mut ended = !job.state.is_open() && sequence == job.last_sequence;
            yield Event { sequence, at: self.clock.now(), body: EventBody::State(job.status()) };
            while !ended {
                let recorded = events::of_job(&self.db, job.id, sequence, PIECE).await?;
                let caught_up = recorded.is_empty();
                for event in recorded {
                    sequence = event.sequence;
                    ended = ends(&event);
                    yield event;
                }
                if caught_up && !job.state.is_open() {
                    // The rest of the log was deleted.
                    break;
                }
                if caught_up {
                    self.watch.changed(Some(job.id)).await;
                }
            }
        }
    }

    /// Finds the profile's open run, or waits until it has a new one.
    async fn current_or_next(
        &mut self,
        profile: ProfileId,
        after: Option<i64>,
    ) -> Result<(SyncRun, Option<i64>), Error> {
        let missing = seatgraph_store::Error::NotFound { what: "profile" };
        profiles::find(&self.db, profile).await?.ok_or(missing)?;
        if let Some(run) = runs::open_of(&self.db, profile).await? {
            return Ok((run, after));
        }
        let before = self.last_run(profile).await?.map(|run| run.id);
        loop {
            // A short run may have finished already; it only has to be another one than before.
            match self.last_run(profile).await? {
                Some(run) if Some(run.id) != before => return Ok((run, Some(0))),
                _ => self.watch.changed(None).await,
            }
        }
    }

    async fn recorded(&self, run: RunId) -> Result<SyncRun> {
        let missing = seatgraph_store::Error::NotFound { what: "run" };
        Ok(runs::find(&self.db, run).await?.ok_or(missing)?)
    }

    async fn last_run(&self, profile: ProfileId) -> Result<Option<SyncRun>> {
        Ok(runs::last_of(&self.db, &[profile]).await?.remove(&profile))
    }
}

/// Waits for changes of jobs.
struct Watch {
    changes: Receiver<JobChanged>,
    poll: std::time::Duration,
}

impl Watch {
    /// Waits for a change of `job`, or of any job, but no longer than the poll interval.
    async fn changed(&mut self, job: Option<JobId>) {
        let deadline = Instant::now() + self.poll;
        loop {
            match tokio::time::timeout_at(deadline, self.changes.recv()).await {
                Ok(Ok(JobChanged::Job(other))) if job.is_some_and(|job| job != other) => {}
                Ok(Err(RecvError::Closed)) => return tokio::time::sleep_until(deadline).await,
                Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => return,
            }
        }
    }
}

fn ends(event: &Event) -> bool {
    matches!(&event.body, EventBody::State(status) if !status.state.is_open())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use seatgraph_store::RunState;

    use super::*;

    fn event(state: RunState) -> Event {
        Event { sequence: 1, at: DateTime::UNIX_EPOCH, body: EventBody::State(state.status(None)) }
    }

    #[test]
    fn a_stream_stays_open_while_a_run_waits_for_somebody_or_something() {
        for state in [RunState::PausedQuota, RunState::Suspect, RunState::Cancelling, RunState::Queued] {
            assert!(!ends(&event(state)), "{}", state.as_str());
        }
        for state in [RunState::Cancelled, RunState::Failed, RunState::Succeeded, RunState::SucceededWithFindings] {
            assert!(ends(&event(state)), "{}", state.as_str());
        }
    }
}
