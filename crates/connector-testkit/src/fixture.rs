//! The interface that a connector crate implements for its contract tests.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use seatgraph_core::{Connector, Manifest, Order, Registration};

use crate::ExpectedRecords;

/// Creates test organisations for one connector. Each contract test creates its own, so an organisation should be the
/// smallest in which every process has at least three pages.
///
/// A fixture for a vendor that is simulated in the same process:
///
/// ```text
/// #[async_trait]
/// impl Fixture for Acme {
///     fn registration(&self) -> Registration { Registration::of::<AcmeConnector>() }
///     async fn organization(&self) -> Box<dyn TestOrg> { Box::new(AcmeOrg(Simulator::start(30).await)) }
/// }
///
/// #[async_trait]
/// impl TestOrg for AcmeOrg {
///     fn connect(&self) -> Box<dyn Connector> {
///         let http = Http::new(self.0.url(), Some(self.0.tokens()), HttpOptions::default());
///         let context = ConnectContext { http, clock: Arc::new(SystemClock) };
///         REGISTRATION.connect(json!({ "instanceUrl": self.0.url() }), context).unwrap()
///     }
///     async fn expected_records(&self) -> ExpectedRecords { self.0.rows().into() }
///     async fn set_fault(&self, fault: Fault) -> bool { self.0.fault(fault) }
///     fn canaries(&self) -> Vec<String> { vec![self.0.token()] }
/// }
/// ```
///
/// If the vendor is replayed from recordings, the expected records are written by hand.
#[async_trait]
pub trait Fixture: Debug + Send + Sync + 'static {
    /// The registration of the connector.
    fn registration(&self) -> Registration;

    /// Creates an organisation without faults. It is independent of others and does not change by itself.
    async fn organization(&self) -> Box<dyn TestOrg>;

    /// The manifest of the connector.
    fn manifest(&self) -> &'static Manifest {
        self.registration().manifest()
    }
}

/// One organisation at the vendor, and how to connect to it.
#[async_trait]
pub trait TestOrg: Debug + Send + Sync + 'static {
    /// Creates a new connector without layers.
    fn connect(&self) -> Box<dyn Connector>;

    /// Returns the records that a full sync must report, from the data of the organisation.
    async fn expected_records(&self) -> ExpectedRecords;

    /// Activates the fault from the next call on. Returns `false` if the organisation does not support it.
    async fn set_fault(&self, _fault: Fault) -> bool {
        false
    }

    /// Secrets of the connectors of this organisation. They must never be printed.
    fn canaries(&self) -> Vec<String> {
        Vec::new()
    }

    /// Orders that can be applied, at least two for different accounts. Called only if the manifest declares reclaim as
    /// available.
    fn orders(&self) -> Vec<Order> {
        Vec::new()
    }

    /// Describes everything that a connector could change. Equal texts mean that nothing was changed.
    async fn fingerprint(&self) -> Option<String> {
        None
    }
}

/// A fault of calls. Unless specified otherwise, it applies to every call from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every call succeeds.
    None,
    /// The session of the next call has expired, HTTP 401 for most vendors. A new session can be opened.
    SessionExpired,
    /// The credential is rejected.
    CredentialRefused,
    /// Everything is forbidden, HTTP 403 for most vendors.
    Forbidden,
    /// The next call is rate limited with a delay, HTTP 429 for most vendors.
    RateLimited {
        /// The delay.
        retry_after: Duration,
    },
    /// The vendor is unavailable for some calls, HTTP 503 for most vendors.
    Unavailable {
        /// The number of calls.
        calls: u32,
    },
    /// The next response ends in the middle of its body.
    DroppedBody,
    /// The next response has status 200 and invalid content.
    Nonsense,
    /// The vendor forgets all positions, locators and session state, once.
    ForgottenPosition,
}
