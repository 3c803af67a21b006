//! Notifications that jobs changed. They are hints; the tables hold the truth.
//!
//! Within the process they arrive at once. Between processes PostgreSQL carries them, at most ten times a second
//! and outside the transactions that they are about: NOTIFY inside one makes commits wait for each other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures::StreamExt;
use seatgraph_core::Backoff;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::postgres::dedicated;
use super::{Backend, DatabaseSettings};
use crate::{JobId, Result};

/// A hint that a job may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobChanged {
    /// This job.
    Job(JobId),
    /// Any job: some notifications were lost.
    Any,
}

/// Tells subscribers which jobs changed, within the process and between processes.
#[derive(Clone)]
pub struct Notifier {
    shared: Arc<Shared>,
}

struct Shared {
    settings: DatabaseSettings,
    changes: broadcast::Sender<JobChanged>,
    /// Jobs that other processes have not been notified of.
    pending: Mutex<BTreeSet<JobId>>,
    added: Notify,
}

/// Receivers further behind than this learn that they lag.
const BACKLOG: usize = 1_024;
/// The channel's name.
const CHANNEL: &str = "seatgraph_news";
/// PostgreSQL refuses payloads of 8,000 bytes and more; an id takes 37.
const IDS_AT_MOST: usize = 200;
/// The shortest time between two NOTIFYs.
const PACE: Duration = Duration::from_millis(100);
/// The wait between two attempts to reach the server.
const BACKOFF: Backoff = Backoff { first: PACE, limit: Duration::from_secs(10) };

impl Notifier {
    pub(crate) fn new(settings: &DatabaseSettings) -> Self {
        let shared = Shared {
            settings: settings.clone(),
            changes: broadcast::Sender::new(BACKLOG),
            pending: Mutex::default(),
            added: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Subscribes from now on. `Lagged` means [`JobChanged::Any`].
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<JobChanged> {
        self.shared.changes.subscribe()
    }

    /// Reports that a job changed: to this process at once, to others soon.
    pub(crate) fn notify(&self, job: JobId) {
        self.publish(JobChanged::Job(job));
        if self.shared.settings.backend() == Backend::Postgres {
            self.pending().insert(job);
            self.shared.added.notify_one();
        }
    }

    /// Carries notifications between processes until it is cancelled. With SQLite there is no other process.
    pub async fn run(&self, cancel: CancellationToken) {
        if self.shared.settings.backend() == Backend::Sqlite {
            return cancel.cancelled().await;
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.keep("sender", Self::send) => {}
            () = self.keep("listener", Self::listen) => {}
        }
    }

    /// Runs `work` again and again: it ends only when its connection does. A connection resets the backoff.
    async fn keep(&self, part: &'static str, work: impl AsyncFn(&Self, &mut u32) -> Result<()>) {
        let mut failures = 0;
        loop {
            if let Err(error) = work(self, &mut failures).await {
                tracing::warn!(error = %error, notifier.part = part, "notifier lost its connection; readers poll meanwhile");
            }
            failures += 1;
            tokio::time::sleep(BACKOFF.after(failures)).await;
        }
    }

    async fn send(&self, failures: &mut u32) -> Result<()> {
        let mut connection = dedicated(&self.shared.settings).await?;
        *failures = 0;
        loop {
            self.shared.added.notified().await;
            let jobs = std::mem::take(&mut *self.pending());
            if !jobs.is_empty() {
                let notify = diesel::sql_query("SELECT pg_notify($1, $2)").bind::<Text, _>(CHANNEL);
                notify.bind::<Text, _>(payload(&jobs)).execute(&mut connection).await?;
                tokio::time::sleep(PACE).await;
            }
        }
    }

    async fn listen(&self, failures: &mut u32) -> Result<()> {
        let mut connection = dedicated(&self.shared.settings).await?;
        connection.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        *failures = 0;
        // Notifications sent before this are lost.
        self.publish(JobChanged::Any);
        let mut notifications = std::pin::pin!(connection.notifications_stream());
        while let Some(notification) = notifications.next().await {
            parse(&notification?.payload).into_iter().for_each(|change| self.publish(change));
        }
        Ok(())
    }

    fn publish(&self, change: JobChanged) {
        // Fails only without subscribers.
        let _ = self.shared.changes.send(change);
    }

    fn pending(&self) -> MutexGuard<'_, BTreeSet<JobId>> {
        self.shared.pending.lock().expect("no holder of the set panics")
    }
}

fn payload(jobs: &BTreeSet<JobId>) -> String {
    if jobs.len() > IDS_AT_MOST {
        return "*".to_owned();
    }
    jobs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Parses a payload. Text that is not an id may come from another version and means any job.
fn parse(payload: &str) -> Vec<JobChanged> {
    payload.split(' ').map(|id| id.parse().map_or(JobChanged::Any, JobChanged::Job)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_lists_jobs_as_long_as_it_fits() {
        let jobs: BTreeSet<_> = (0..IDS_AT_MOST).map(|_| JobId::generate()).collect();
        let text = payload(&jobs);
        assert!(text.len() < 8_000);
        assert_eq!(parse(&text), jobs.iter().map(|job| JobChanged::Job(*job)).collect::<Vec<_>>());
        let more = (0..=IDS_AT_MOST).map(|_| JobId::generate()).collect();
        assert_eq!(parse(&payload(&more)), [JobChanged::Any]);
    }
}
