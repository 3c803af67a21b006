//! Wake-ups: which runs have news. A hint, never the news itself; the table of events is the truth.
//!
//! Within the process they arrive at once. Between processes PostgreSQL carries them, at most ten times a second
//! and outside the transactions they tell of: NOTIFY inside one makes commits wait for each other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, broadcast};

use crate::RunId;

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
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) news: broadcast::Sender<News>,
    /// Runs that other processes have not been told of.
    pub(crate) dirty: Mutex<BTreeSet<RunId>>,
    pub(crate) stirred: Notify,
}

/// Receivers further behind than this are told so, and look at everything.
const BACKLOG: usize = 1_024;

impl Wakeups {
    pub(crate) fn new() -> Self {
        let shared = Shared { news: broadcast::Sender::new(BACKLOG), dirty: Mutex::default(), stirred: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Listens from now on. `Lagged` means [`News::Anything`].
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.shared.news.subscribe()
    }
}
