//! Qualities that every connector has without its author writing them, one layer each.
//!
//! A layer wraps a connector and is one. The order matters: `Trace(Retry(Throttle(connector)))` paces every attempt
//! and shows one span per question, with the attempts inside. The other way round, a retry would not be paced, and
//! a trace would not show how long the caller waited.
//!
//! ```
//! use seatgraph_core::{Connector, layers};
//!
//! fn dress(connector: Box<dyn Connector>) -> Box<dyn Connector> {
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

/// How the standard layers behave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Settings {
    /// The connector's key, for traces.
    pub connector: &'static str,
    /// When to try again.
    pub retry: RetrySettings,
    /// How fast to go.
    pub throttle: ThrottleSettings,
}

/// Wraps `connector` in the standard layers, in the right order.
#[must_use]
pub fn standard(connector: Box<dyn Connector>, settings: Settings) -> Box<dyn Connector> {
    let paced = Throttle::new(connector, settings.throttle);
    let patient = Retry::new(paced, settings.retry);
    Box::new(Trace::new(patient, settings.connector))
}

/// A boxed connector is a connector, so that layers take either.
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
