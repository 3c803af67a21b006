//! Wake-ups: which runs have news. A hint, never the news itself; the table of events is the truth.
//!
//! Within the process they arrive at once. Between processes PostgreSQL carries them, at most ten times a second
//! and outside the transactions they tell of: NOTIFY inside one makes commits wait for each other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures::StreamExt;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::db::dedicated;
use crate::{Backend, DatabaseSettings, Result, RunId};

/// A hint that there may be news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Of this run.
    Run(RunId),
    /// Of any run: some hints were lost.
    Anything,
}

/// The news of runs, for those who wait for them.
#[derive(Clone)]
pub struct Wakeups {
    shared: Arc<Shared>,
}

struct Shared {
    settings: DatabaseSettings,
    news: broadcast::Sender<News>,
    /// Runs that other processes have not been told of.
    dirty: Mutex<BTreeSet<RunId>>,
    stirred: Notify,
}

/// Receivers further behind than this are told so, and look at everything.
const BACKLOG: usize = 1_024;
/// The channel's name.
const CHANNEL: &str = "seatgraph_news";
/// PostgreSQL refuses payloads of 8,000 bytes and more; an id takes 37.
const IDS_AT_MOST: usize = 200;
/// The shortest time between two NOTIFYs.
const PACE: Duration = Duration::from_millis(100);
/// The longest time between two attempts to reach the server.
const BACKOFF_LIMIT: Duration = Duration::from_secs(10);

impl Wakeups {
    pub(crate) fn new(settings: &DatabaseSettings) -> Self {
        let shared = Shared {
            settings: settings.clone(),
            news: broadcast::Sender::new(BACKLOG),
            dirty: Mutex::default(),
            stirred: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Listens from now on. `Lagged` means [`News::Anything`].
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.shared.news.subscribe()
    }

    /// Says that a run has news: here at once, elsewhere soon.
    pub(crate) fn stir(&self, run: RunId) {
        self.tell(News::Run(run));
        if self.shared.settings.backend() == Backend::Postgres {
            self.shared.dirty.lock().expect("no holder of the set panics").insert(run);
            self.shared.stirred.notify_one();
        }
    }

    /// Carries news between processes until it is cancelled. With SQLite there is no other process.
    pub async fn run(&self, cancel: CancellationToken) {
        if self.shared.settings.backend() == Backend::Sqlite {
            return cancel.cancelled().await;
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.keep("notifier", Self::notify) => {}
            () = self.keep("listener", Self::listen) => {}
        }
    }

    /// Runs `work` again and again: it ends only when its connection does.
    async fn keep(&self, what: &'static str, work: impl AsyncFn(&Self, &mut Duration) -> Result<()>) {
        let mut backoff = PACE;
        loop {
            if let Err(error) = work(self, &mut backoff).await {
                tracing::warn!(error = %error, wakeups.part = what, "wake-ups are interrupted; readers poll meanwhile");
            }
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(BACKOFF_LIMIT);
        }
    }

    async fn notify(&self, backoff: &mut Duration) -> Result<()> {
        let mut connection = dedicated(&self.shared.settings).await?;
        *backoff = PACE;
        loop {
            self.shared.stirred.notified().await;
            let runs = std::mem::take(&mut *self.shared.dirty.lock().expect("no holder of the set panics"));
            if !runs.is_empty() {
                let tell = diesel::sql_query("SELECT pg_notify($1, $2)").bind::<Text, _>(CHANNEL);
                tell.bind::<Text, _>(payload(&runs)).execute(&mut connection).await?;
                tokio::time::sleep(PACE).await;
            }
        }
    }

    async fn listen(&self, backoff: &mut Duration) -> Result<()> {
        let mut connection = dedicated(&self.shared.settings).await?;
        connection.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        *backoff = PACE;
        // What was said while nobody listened is lost.
        self.tell(News::Anything);
        let mut heard = std::pin::pin!(connection.notifications_stream());
        while let Some(notification) = heard.next().await {
            for news in understood(&notification?.payload) {
                self.tell(news);
            }
        }
        Ok(())
    }

    fn tell(&self, news: News) {
        // Nobody listening is no fault.
        let _ = self.shared.news.send(news);
    }
}

fn payload(runs: &BTreeSet<RunId>) -> String {
    if runs.len() > IDS_AT_MOST {
        return "*".to_owned();
    }
    runs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A payload that is not understood may come from a newer version: anything may be news.
fn understood(payload: &str) -> Vec<News> {
    payload.split(' ').map(|id| id.parse().map_or(News::Anything, News::Run)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_names_runs_as_long_as_it_fits() {
        let runs: BTreeSet<_> = (0..IDS_AT_MOST).map(|_| RunId::generate()).collect();
        let text = payload(&runs);
        assert!(text.len() < 8_000);
        assert_eq!(understood(&text), runs.iter().map(|run| News::Run(*run)).collect::<Vec<_>>());
        let more = (0..=IDS_AT_MOST).map(|_| RunId::generate()).collect();
        assert_eq!(understood(&payload(&more)), [News::Anything]);
    }
}
