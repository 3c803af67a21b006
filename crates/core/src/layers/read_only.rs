//! Refuses writes.

use async_trait::async_trait;

use crate::{Blocker, Connector, Cursor, Diagnosis, Error, ErrorKind, Order, Page, Process, Receipt, Result};

/// Forwards reads, and refuses `reclaim` and `restore` with `Unsupported` without calling the connector.
#[derive(Debug)]
pub struct ReadOnly<C> {
    inner: C,
}

impl<C: Connector> ReadOnly<C> {
    /// Makes `inner` read-only.
    pub const fn new(inner: C) -> Self {
        Self { inner }
    }
}

#[async_trait]
impl<C: Connector> Connector for ReadOnly<C> {
    async fn check(&self) -> Diagnosis {
        self.inner.check().await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        self.inner.pull(process, from).await
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        self.inner.preflight(orders).await
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        orders.iter().map(|order| Err(read_only().with("order", &order.id))).collect()
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        Err(read_only().with("order", &receipt.order))
    }
}

fn read_only() -> Error {
    Error::new(ErrorKind::Unsupported, "connection is read-only")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::scripted::{Scripted, order, receipt};

    #[tokio::test]
    async fn a_read_only_connection_refuses_writes_without_calling_the_connector() {
        let (scripted, calls) = Scripted::answering([]);
        let connector = ReadOnly::new(scripted);
        let answers = connector.reclaim(&[order("a"), order("b")]).await;
        let kinds: Vec<_> = answers.into_iter().map(|a| a.unwrap_err().kind()).collect();
        assert_eq!(kinds, [ErrorKind::Unsupported, ErrorKind::Unsupported]);
        assert_eq!(connector.restore(&receipt("a")).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(calls.count(), 0);
    }

    #[tokio::test]
    async fn a_read_only_connection_still_reads() {
        let (scripted, calls) = Scripted::answering([]);
        let connector = ReadOnly::new(scripted);
        connector.pull(Process::PullUserActivity, None).await.unwrap();
        assert_eq!(calls.count(), 1);
    }
}
