//! Shows a run as it goes: the present state first, then every recorded event once and in order.
//!
//! Wake-ups are listened to before anything is read, so nothing written in between is missed; a wake-up that is lost
//! is made up for by looking once per poll interval. The table is the truth, the wake-up only says when to look.

use std::sync::Arc;

use async_stream::try_stream;
use futures::Stream;
use seatgraph_core::Clock;
use seatgraph_store::{Event, EventBody, News, ProfileId, Reader, RunId, SyncRun, events, profiles, runs};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;

use crate::syncs::is_terminal;
use crate::{Engine, Error, Result};

/// Events are read in pieces of so many.
const PIECE: i64 = 200;

/// Whose progress is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// This run's.
    Run(RunId),
    /// The profile's open run's, or its next one's when none is open.
    Profile(ProfileId),
}

/// One piece of news of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressEvent {
    /// The run.
    pub run: RunId,
    /// What happened.
    pub event: Event,
}

impl Engine {
    /// Streams a run's progress.
    ///
    /// The first event has sequence `after`, or that of the run's newest event when `after` is not given, and
    /// carries the present state. Every later one is as it was recorded, without gaps or repeats. The stream stays
    /// open while the run is paused or suspect and ends behind the event that ends the run.
    ///
    /// By profile, `after` counts within the open run; a run that is still to come is shown from its beginning.
    ///
    /// The stream yields `NotFound` when there is no such run or profile.
    pub fn progress(&self, by: By, after: Option<i64>) -> impl Stream<Item = Result<ProgressEvent>> + Send + use<> {
        Follower::new(self.db(), self).follow(by, after)
    }
}

/// Follows runs through a handle, within the handle's visibility.
pub(crate) struct Follower {
    db: Reader,
    clock: Arc<dyn Clock>,
    watch: Watch,
}

impl Follower {
    /// Follows runs through `db`, with the clock and the poll interval of `engine`.
    pub(crate) fn new(db: &Reader, engine: &Engine) -> Self {
        let watch = Watch { news: engine.db().wakeups().subscribe(), poll: engine.settings().poll_every };
        Self { db: db.clone(), clock: Arc::clone(engine.clock()), watch }
    }

    /// Streams a run's progress; see [`Engine::progress`].
    pub(crate) fn follow(mut self, by: By, after: Option<i64>) -> impl Stream<Item = Result<ProgressEvent>> + Send {
        try_stream! {
            let (run, after) = match by {
                By::Run(run) => (self.recorded(run).await?, after),
                By::Profile(profile) => self.current_or_next(profile, after).await?,
            };
            let mut sequence = after.unwrap_or(run.last_sequence).clamp(0, run.last_sequence);
            yield ProgressEvent { run: run.id, event: opening(&run, sequence, self.clock.now()) };
            let mut ended = is_terminal(run.state) && sequence == run.last_sequence;
            while !ended {
                let news = events::of_run(&self.db, run.id, sequence, PIECE).await?;
                let caught_up = news.is_empty();
                for event in news {
                    sequence = event.sequence;
                    ended = ends(&event);
                    yield ProgressEvent { run: run.id, event };
                }
                if caught_up {
                    self.watch.news_of(Some(run.id)).await;
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
            // A short run may be over before we look; that it is another one than before is enough.
            match self.last_run(profile).await? {
                Some(run) if Some(run.id) != before => return Ok((run, Some(0))),
                _ => self.watch.news_of(None).await,
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

/// Says when it is time to look again.
struct Watch {
    news: Receiver<News>,
    poll: std::time::Duration,
}

impl Watch {
    /// Waits for news of `run`, or of any run, but no longer than the poll interval.
    async fn news_of(&mut self, run: Option<RunId>) {
        let patience = Instant::now() + self.poll;
        loop {
            match tokio::time::timeout_at(patience, self.news.recv()).await {
                Ok(Ok(News::Run(other))) if run.is_some_and(|run| run != other) => {}
                Ok(Err(RecvError::Closed)) => return tokio::time::sleep_until(patience).await,
                Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => return,
            }
        }
    }
}

fn opening(run: &SyncRun, sequence: i64, at: chrono::DateTime<chrono::Utc>) -> Event {
    Event { sequence, at, body: EventBody::RunState { state: run.state, reason: run.reason.clone() } }
}

fn ends(event: &Event) -> bool {
    matches!(event.body, EventBody::RunState { state, .. } if is_terminal(state))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use seatgraph_store::RunState;

    use super::*;

    fn event(state: RunState) -> Event {
        let body = EventBody::RunState { state, reason: None };
        Event { sequence: 1, at: DateTime::UNIX_EPOCH, body }
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
