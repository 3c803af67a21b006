//! Memory, an invented vendor inside the process: the contract's worked example, and what engines are tested with.
//!
//! Memory sells seats (`BASIC`, `PRO`) to organisations that live as long as somebody holds them. An
//! [`Organisation`] is the vendor's side: it hires and dismisses, keeps the books, and makes weather. A [`Link`] is
//! the connector: it reads all three processes page by page, reclaims and restores.
//!
//! ```
//! use seatgraph_core::{Connector, Process};
//! use connector_testkit::memory::{Organisation, Shape};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> seatgraph_core::Result<()> {
//! let organisation = Organisation::found(Shape { users: 10, page_size: 50 });
//! let page = organisation.link().pull(Process::PullUserActivity, None).await?;
//! assert_eq!(page.rows, 10);
//! # Ok(()) }
//! ```

mod link;
mod manifest;
mod organisation;

pub use link::{Config, Link};
pub use organisation::{Organisation, Shape};
use std::sync::Arc;

use async_trait::async_trait;
use seatgraph_core::{Connector, IdentifierKey, Order, Registration};

use crate::{Census, Fixture, Weather, World};

/// The connector, as the gateway would register it.
pub const REGISTRATION: Registration = Registration::of::<Link>();

/// The fixture: a new organisation for every law.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// How large the organisations are.
    pub shape: Shape,
}

impl Default for Vendor {
    /// Three pages of every process at least, and a last page that is not full.
    fn default() -> Self {
        Self { shape: Shape { users: 25, page_size: 4 } }
    }
}

#[async_trait]
impl Fixture for Vendor {
    fn registration(&self) -> Registration {
        REGISTRATION
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(Organisation::found(self.shape))
    }
}

#[async_trait]
impl World for Arc<Organisation> {
    fn connect(&self) -> Box<dyn Connector> {
        Box::new(self.link())
    }

    async fn census(&self) -> Census {
        Organisation::census(self)
    }

    async fn set_weather(&self, weather: Weather) -> bool {
        // A link without sessions has none that could end.
        if weather == Weather::SessionExpired {
            return false;
        }
        Organisation::set_weather(self, weather);
        true
    }

    fn canaries(&self) -> Vec<String> {
        vec![self.token().expose().to_owned()]
    }

    fn orders(&self) -> Vec<Order> {
        let order = |account: &str, key: &str| Order {
            id: format!("order-{account}-{key}"),
            account: account.to_owned(),
            identifier: IdentifierKey::new("SEAT", key),
        };
        vec![order("u-0002", "BASIC"), order("u-0003", "PRO"), order("u-0003", "BASIC")]
    }

    async fn fingerprint(&self) -> Option<String> {
        Some(Organisation::fingerprint(self))
    }
}
