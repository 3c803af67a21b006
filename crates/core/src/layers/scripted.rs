//! A connector for tests of the layers: it fails with given errors, then succeeds, and counts calls.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    Batch, Blocker, Connector, Cursor, Diagnosis, Error, IdentifierKey, Next, Order, Outcome, Page, Process, Receipt,
    Result,
};

#[derive(Debug)]
pub(super) struct Scripted {
    failures: Mutex<VecDeque<Error>>,
    takes: Duration,
    calls: Calls,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Calls {
    pub(super) fn count(&self) -> usize {
        self.0.all.load(Ordering::SeqCst)
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }
}

impl Scripted {
    /// Fails with each of `failures` in turn, then succeeds.
    pub(super) fn answering(failures: impl IntoIterator<Item = Error>) -> (Self, Calls) {
        let calls = Calls::default();
        let failures = Mutex::new(failures.into_iter().collect());
        (Self { failures, takes: Duration::ZERO, calls: calls.clone() }, calls)
    }

    /// Always succeeds, after a delay.
    pub(super) fn taking(takes: Duration) -> (Self, Calls) {
        let (scripted, calls) = Self::answering([]);
        (Self { takes, ..scripted }, calls)
    }

    async fn call(&self) -> Result<()> {
        let counts = &self.calls.0;
        counts.all.fetch_add(1, Ordering::SeqCst);
        let now = counts.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        counts.under_way.fetch_sub(1, Ordering::SeqCst);
        match self.failures.lock().unwrap().pop_front() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Connector for Scripted {
    async fn check(&self) -> Diagnosis {
        let _ = self.call().await;
        Diagnosis::default()
    }

    async fn pull(&self, _: Process, _: Option<&Cursor>) -> Result<Page> {
        self.call().await.map(|()| Page::new(Batch::default(), Next::Done(None), 0, Some(0)))
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        self.call().await.map(|()| vec![Vec::new(); orders.len()])
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        let mut answers = Vec::new();
        for order in orders {
            answers.push(self.call().await.map(|()| receipt(&order.id)));
        }
        answers
    }

    async fn restore(&self, asked: &Receipt) -> Result<Receipt> {
        self.call().await.map(|()| asked.clone())
    }
}

pub(super) fn order(id: &str) -> Order {
    Order { id: id.to_owned(), account: "u-1".to_owned(), identifier: IdentifierKey::new("SEAT", "BASIC") }
}

pub(super) fn receipt(order: &str) -> Receipt {
    let at = chrono::DateTime::UNIX_EPOCH;
    Receipt { order: order.to_owned(), outcome: Outcome::Done, at, undo: Value::Null }
}
