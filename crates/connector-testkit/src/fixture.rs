//! What a connector crate tells the kit about its vendor.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use seatgraph_core::{Connector, Manifest, Order, Registration};

use crate::ExpectedRecords;

/// Makes test organisations for one connector. Each contract test makes as many as it needs, so an organisation should
/// be small: the smallest in which every process takes at least three pages.
///
/// A fixture for a vendor that is simulated in the same process reads like this:
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
/// Where the vendor can only be replayed from recordings, the expected records are written down beside them by hand.
#[async_trait]
pub trait Fixture: Debug + Send + Sync + 'static {
    /// The connector, as the gateway registers it.
    fn registration(&self) -> Registration;

    /// Makes an organisation without faults. It shares nothing with others and does not change by itself.
    async fn organization(&self) -> Box<dyn TestOrg>;

    /// What the connector says of itself.
    fn manifest(&self) -> &'static Manifest {
        self.registration().manifest()
    }
}

/// One organisation at the vendor, and how to connect to it.
#[async_trait]
pub trait TestOrg: Debug + Send + Sync + 'static {
    /// Makes a connector that has seen nothing yet, bare of layers.
    fn connect(&self) -> Box<dyn Connector>;

    /// Returns the records that a full sync must report, as the organisation itself stores them.
    async fn expected_records(&self) -> ExpectedRecords;

    /// Makes the fault happen from the next call on; `false` when this organisation cannot.
    async fn set_fault(&self, _fault: Fault) -> bool {
        false
    }

    /// Secrets that this organisation's connectors hold. None may ever be printed.
    fn canaries(&self) -> Vec<String> {
        Vec::new()
    }

    /// Orders that can be carried out here, at least two of different holders. Asked for only when the manifest
    /// carries reclaim out.
    fn orders(&self) -> Vec<Order> {
        Vec::new()
    }

    /// Describes everything a connector could change; equal texts mean that nothing was touched.
    async fn fingerprint(&self) -> Option<String> {
        None
    }
}

/// What may happen to a call. Unless it says otherwise, it happens to every call from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every call succeeds.
    None,
    /// The next call finds the session over, HTTP 401 for most; a new one can be had.
    SessionExpired,
    /// The credential is not accepted.
    CredentialRefused,
    /// Everything is forbidden, HTTP 403 for most.
    Forbidden,
    /// The next call is too fast, HTTP 429 for most, and is told to wait.
    RateLimited {
        /// How long.
        retry_after: Duration,
    },
    /// So many calls find the vendor away, HTTP 503 for most.
    Unavailable {
        /// How many.
        calls: u32,
    },
    /// The next answer breaks off in the middle of its body.
    DroppedBody,
    /// The next answer says 200 and is not what it should be.
    Nonsense,
    /// The vendor forgets every position, locator or session state it ever gave out; once.
    ForgottenPosition,
}
