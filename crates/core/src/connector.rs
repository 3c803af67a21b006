//! The two traits that a connector crate implements.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::http::Http;
use crate::{
    Blocker, Clock, Cursor, Diagnosis, Error, ErrorKind, Manifest, OAuth, Order, Page, Process, Receipt, Result, Setup,
    SetupContext,
};

/// A connection to one organisation of a vendor.
///
/// A connector is cheap to create and keeps no state between calls: everything that has to survive is in the [`Cursor`].
/// The engine creates connectors often, and calls one from several tasks at once.
#[async_trait]
pub trait Connector: Debug + Send + Sync + 'static {
    /// Checks the connection without side effects, and reports per process what is missing and how to fix it.
    ///
    /// The diagnosis covers every process of the manifest, including unsupported ones. The check never fails: a broken
    /// connection is a finding.
    async fn check(&self) -> Diagnosis;

    /// Reads one page of `process`, from the beginning or from the cursor of the previous page.
    ///
    /// The same cursor may be read twice, and gives the same rows while the organisation does not change. A page that is
    /// not the last one returns a cursor that differs from `from`.
    ///
    /// # Errors
    /// - `Unsupported` if the manifest does not support the process.
    /// - `CursorExpired` if `from` is no longer valid.
    /// - Otherwise the kind of the vendor's error.
    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page>;

    /// Reports what would prevent each order, without executing it. Returns one list per order, in the same order.
    ///
    /// The default implementations of the three reclaim methods return `Unsupported`.
    ///
    /// # Errors
    /// `Unsupported` if the manifest does not support reclaim.
    async fn preflight(&self, _orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        Err(unsupported_write())
    }

    /// Executes orders. Returns one result per order, in the same order.
    ///
    /// Executing an order twice is harmless and gives [`AlreadyDone`](crate::Outcome::AlreadyDone). One failed order does
    /// not affect the others.
    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        orders.iter().map(|order| Err(unsupported_write().with("order", &order.id))).collect()
    }

    /// Reverts the order of a receipt.
    ///
    /// # Errors
    /// - `Refused` if the vendor refuses it, for example because the pool is full.
    /// - `Unsupported` if the manifest does not support reclaim.
    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        Err(unsupported_write().with("order", &receipt.order))
    }
}

fn unsupported_write() -> Error {
    Error::new(ErrorKind::Unsupported, "connector does not support reclaim")
}

/// What a connector receives when it is created.
#[derive(Debug, Clone)]
pub struct ConnectContext {
    /// The HTTP client, with token, re-authentication, limits and usage.
    pub http: Http,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// The entry point of a connector crate, with its configuration type. [`Registration::of`](crate::Registration::of)
/// erases the type.
pub trait Provider: Connector + Sized {
    /// The properties of an alias, including `instanceUrl` and no secrets.
    ///
    /// Names are camelCase, unknown properties are refused (`#[serde(deny_unknown_fields)]`), and the doc comments become
    /// the help texts of the form.
    type Config: DeserializeOwned + JsonSchema + Send;

    /// The description of the connector.
    const MANIFEST: Manifest;

    /// Returns the OAuth endpoints; `None` if the vendor needs no token.
    ///
    /// # Errors
    /// `ConfigInvalid` with the property, the problem and the remedy.
    fn oauth(config: &Self::Config) -> Result<Option<OAuth>>;

    /// Returns the set-up steps at the vendor, for a grant of the manifest. The default follows from the manifest.
    #[must_use]
    fn setup(context: &SetupContext<'_>) -> Setup {
        Setup::default_for(&Self::MANIFEST, context)
    }

    /// Says whether a granted scope includes `needed`. Override it if scopes of the vendor include others or have several
    /// names.
    #[must_use]
    fn covers(granted: &str, needed: &str) -> bool {
        granted == needed
    }

    /// Creates a connection. No I/O.
    ///
    /// # Errors
    /// `ConfigInvalid` with the property, the problem and the remedy.
    fn connect(config: Self::Config, context: ConnectContext) -> Result<Self>;
}
