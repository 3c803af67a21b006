//! Layers that add retries, rate limits and traces to a connector.
//!
//! A layer wraps a connector and is a connector. The order matters: `Trace(Retry(Throttle(connector)))` limits the rate of
//! every attempt and gives one span per call, which includes all attempts.
//!
//! ```
//! use seatgraph_core::{Connector, layers};
//!
//! fn with_layers(connector: Box<dyn Connector>) -> Box<dyn Connector> {
//!     layers::standard(connector, layers::Settings { connector: "acme", ..layers::Settings::default() })
//! }
//! ```

mod read_only;
mod retry;
#[cfg(test)]
mod scripted;
mod throttle;
mod trace;

pub use read_only::ReadOnly;
pub use retry::{Retry, RetrySettings};
pub use throttle::{Throttle, ThrottleSettings};
pub use trace::Trace;

use async_trait::async_trait;

use crate::{Blocker, Connector, Cursor, Diagnosis, Order, Page, Process, Receipt, Result};

/// Settings of the standard layers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Settings {
    /// The connector's key, for traces.
    pub connector: &'static str,
    /// The retry policy.
    pub retry: RetrySettings,
    /// The rate limit.
    pub throttle: ThrottleSettings,
}

/// Wraps `connector` in the standard layers.
#[must_use]
pub fn standard(connector: Box<dyn Connector>, settings: Settings) -> Box<dyn Connector> {
    let throttled = Throttle::new(connector, settings.throttle);
    let retried = Retry::new(throttled, settings.retry);
    Box::new(Trace::new(retried, settings.connector))
}

/// Lets layers wrap boxed connectors.
#[async_trait]
impl<C: Connector + ?Sized> Connector for Box<C> {
    async fn check(&self) -> Diagnosis {
        (**self).check().await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        (**self).pull(process, from).await
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        (**self).preflight(orders).await
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        (**self).reclaim(orders).await
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        (**self).restore(receipt).await
    }
}
