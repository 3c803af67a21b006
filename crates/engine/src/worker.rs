//! Does what the rows say is to be done: claims runs, executes them, sweeps lost leases, keeps the schedules.
//!
//! Any number of workers in any number of processes may run; a row belongs to the one that holds its lease.

mod disposition;
mod execution;
mod finish;
mod heartbeat;
mod quota;
mod scheduler;
mod settle;
mod stage;
mod verdict;

use std::collections::HashMap;

use seatgraph_store::{Backend, News, RunId, runs};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Engine, Result};

/// A worker of an engine. It owns every task it starts: when [`Worker::run`] returns, none is left.
#[derive(Debug)]
pub struct Worker {
    engine: Engine,
    /// Random for every start: two processes on one machine are two owners.
    owner: Uuid,
}

/// What one worker has in its hands.
#[derive(Default)]
struct Hands {
    tasks: JoinSet<()>,
    runs: HashMap<Id, RunId>,
}

impl Worker {
    /// Makes a worker. It does nothing until it runs.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, owner: Uuid::new_v4() }
    }

    /// Works until `cancel`; runs at work are then put back between two pages, for the next worker to go on with.
    pub async fn run(self, cancel: CancellationToken) {
        let settings = self.engine.settings();
        let mut news = self.engine.db().wakeups().subscribe();
        let mut poll = tokio::time::interval(settings.poll_every);
        let mut sweep = tokio::time::interval(settings.sweep_every);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut hands = Hands::default();
        note(self.release().await, "release");
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                _ = sweep.tick() => note(self.sweep().await, "sweep"),
                _ = poll.tick() => {
                    if self.engine.quarantine().is_none() {
                        note(scheduler::enqueue_due(&self.engine).await, "schedule");
                    }
                }
                () = foreign(&mut news, &hands.runs) => {}
                Some(ended) = hands.tasks.join_next_with_id() => hands.let_go(ended),
            }
            note(self.claim(&mut hands, &cancel).await, "claim");
        }
        while let Some(ended) = hands.tasks.join_next_with_id().await {
            hands.let_go(ended);
        }
    }

    /// Takes runs up while there are any and hands are free.
    async fn claim(&self, hands: &mut Hands, cancel: &CancellationToken) -> Result<()> {
        let free = |hands: &Hands| hands.runs.len() < self.engine.settings().concurrent_runs;
        while free(hands) && !cancel.is_cancelled() && self.engine.quarantine().is_none() {
            let asked = Instant::now();
            let claimed = runs::claim(self.engine.db(), self.owner, self.engine.settings().lease).await?;
            let Some(claim) = claimed else { break };
            let run = claim.run.id;
            let work = execution::execute(self.engine.clone(), claim, asked, cancel.clone());
            let task = hands.tasks.spawn(Box::pin(work));
            hands.runs.insert(task.id(), run);
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<()> {
        for (run, state) in runs::sweep(self.engine.db(), self.engine.settings().max_attempts).await? {
            tracing::warn!(sync.run = %run, sync.state = state.as_str(), "lease ran out");
        }
        Ok(())
    }

    /// SQLite's file has one process; whatever is marked as running is a leftover of one that died.
    async fn release(&self) -> Result<()> {
        if self.engine.db().backend() == Backend::Sqlite {
            runs::release_all(self.engine.db()).await?;
        }
        Ok(())
    }
}

impl Hands {
    fn let_go(&mut self, ended: Result<(Id, ()), JoinError>) {
        let task = match ended {
            Ok((task, ())) => task,
            // A panic in a connector is caught closer to it; this one is ours, and its lease will run out.
            Err(error) => {
                tracing::error!(error = %error, "run's task panicked");
                error.id()
            }
        };
        self.runs.remove(&task);
    }
}

/// Waits for news of runs that are not in our own hands: one of them may be waiting for a worker.
async fn foreign(news: &mut broadcast::Receiver<News>, ours: &HashMap<Id, RunId>) {
    loop {
        match news.recv().await {
            Ok(News::Run(run)) if ours.values().any(|&own| own == run) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => break,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The worker outlives a database that is away: what failed is tried again at its next turn.
fn note(done: Result<()>, what: &'static str) {
    if let Err(error) = done {
        tracing::warn!(error = %error, error.cause = ?error, work = what, "worker could not do its round");
    }
}
