//! Looks, and never touches.

use async_trait::async_trait;

use crate::{Blocker, Connector, Cursor, Diagnosis, Error, ErrorKind, Order, Page, Process, Receipt, Result};

/// Answers every question and refuses every deed with `Unsupported`, without asking the connector.
///
/// For profiles that are meant to look and not to touch: the promise is kept here, once, and not by every place that
/// might give an order.
#[derive(Debug)]
pub struct ReadOnly<C> {
    inner: C,
}

impl<C: Connector> ReadOnly<C> {
    /// Takes the deeds away from `inner`.
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
        orders.iter().map(|order| Err(refusal().with("order", &order.id))).collect()
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        Err(refusal().with("order", &receipt.order))
    }
}

fn refusal() -> Error {
    Error::new(ErrorKind::Unsupported, "connection is read-only")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::scripted::{Scripted, order, receipt};

    #[tokio::test]
    async fn a_read_only_connection_refuses_deeds_without_asking_the_connector() {
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
