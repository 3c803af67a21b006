//! Memory, a fictional vendor in this process: an example of the contract, and a connector for tests of engines.
//!
//! Memory sells seats (`BASIC`, `PRO`) to organisations. A [`MemoryOrg`] is the vendor: it has members and seats, and
//! faults can be set. It exists as long as it is referenced. A [`MemoryConnector`] reads all
//! three processes page by page, reclaims and restores.
//!
//! ```
//! use seatgraph_core::{Connector, Process};
//! use connector_testkit::memory::{MemoryOrg, Shape};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> seatgraph_core::Result<()> {
//! let organisation = MemoryOrg::create(Shape { users: 10, page_size: 50 });
//! let page = organisation.connector().pull(Process::PullUserActivity, None).await?;
//! assert_eq!(page.rows, 10);
//! # Ok(()) }
//! ```

mod connector;
mod manifest;
mod org;

pub use connector::{Config, MemoryConnector};
pub use org::{MemoryOrg, Shape};
use std::sync::Arc;

use async_trait::async_trait;
use seatgraph_core::{Connector, IdentifierKey, Order, Registration};

use crate::{ExpectedRecords, Fault, Fixture, TestOrg};

/// The registration of the connector.
pub const REGISTRATION: Registration = Registration::of::<MemoryConnector>();

/// The fixture: a new organisation for every test.
#[derive(Debug, Clone, Copy)]
pub struct MemoryFixture {
    /// Size of the organisations.
    pub shape: Shape,
}

impl Default for MemoryFixture {
    /// At least three pages per process, with an incomplete last page.
    fn default() -> Self {
        Self { shape: Shape { users: 25, page_size: 4 } }
    }
}

#[async_trait]
impl Fixture for MemoryFixture {
    fn registration(&self) -> Registration {
        REGISTRATION
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(MemoryOrg::create(self.shape))
    }
}

#[async_trait]
impl TestOrg for Arc<MemoryOrg> {
    fn connect(&self) -> Box<dyn Connector> {
        Box::new(self.connector())
    }

    async fn expected_records(&self) -> ExpectedRecords {
        MemoryOrg::expected_records(self)
    }

    async fn set_fault(&self, fault: Fault) -> bool {
        // A connection without sessions has no session that could expire.
        if fault == Fault::SessionExpired {
            return false;
        }
        MemoryOrg::set_fault(self, fault);
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
        Some(MemoryOrg::fingerprint(self))
    }
}
