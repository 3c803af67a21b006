//! The two traits a connector crate implements.

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

/// A link to one organisation. Cheap to make, without state worth keeping: everything that must outlive a call is
/// in the cursor.
#[async_trait]
pub trait Connector: Debug + Send + Sync + 'static {
    /// Looks at the link the way each process would, without side effects, and says per process what is missing
    /// and how to mend it. Diagnoses every process of the manifest, the ones it does not carry out too. Never
    /// fails: a broken link is a finding.
    async fn check(&self) -> Diagnosis;

    /// Reads one page of `process`, from the beginning or from where an earlier page left off.
    ///
    /// Asking twice from the same position is allowed and gives the same rows while the organisation stands still.
    /// A page that has more to come names a position different from the one it was asked with.
    ///
    /// # Errors
    /// `Unsupported` for a process that the manifest does not carry out; `CursorExpired` when `from` means nothing
    /// any more; otherwise what the vendor's answer amounts to.
    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page>;

    /// Says what would stand in the way of each order, without doing it; one list per order, in their order.
    /// Refuses unless it is written, as the other two methods about deeds do.
    ///
    /// # Errors
    /// `Unsupported` when the manifest does not carry reclaim out.
    async fn preflight(&self, _orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        Err(no_deeds())
    }

    /// Carries orders out; one result per order, in their order. Asking twice is harmless, and says so
    /// ([`crate::Outcome::AlreadyDone`]). One order's failure is no other's.
    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        orders.iter().map(|order| Err(no_deeds().with("order", &order.id))).collect()
    }

    /// Puts back what a receipt says was taken.
    ///
    /// # Errors
    /// `Refused` when the vendor will not have it, a pool without a free seat for example; `Unsupported` when the
    /// manifest does not carry reclaim out.
    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        Err(no_deeds().with("order", &receipt.order))
    }
}

fn no_deeds() -> Error {
    Error::new(ErrorKind::Unsupported, "connector does not reclaim")
}

/// What a connector is given to work with.
#[derive(Debug, Clone)]
pub struct ConnectContext {
    /// The one way to the network: bearer, re-authentication, limits and metering are in it.
    pub http: Http,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The typed face of a connector crate; never `dyn`. [`crate::Registration::of`] makes the untyped one.
pub trait Provider: Connector + Sized {
    /// The alias's merged properties with its instance URL (`instanceUrl`), nothing secret. Unknown properties are
    /// refused (`#[serde(deny_unknown_fields)]`), names are camelCase, and the doc comments become the help texts
    /// of the form.
    type Config: DeserializeOwned + JsonSchema + Send;

    /// What the connector is and does.
    const MANIFEST: Manifest;

    /// Says where tokens come from; `None` when the vendor needs none.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the property, its fault and the remedy.
    fn oauth(config: &Self::Config) -> Result<Option<OAuth>>;

    /// Says what is done at the vendor before a connection works, in the vendor's words; asked for the grants that
    /// the manifest offers. Unless it is written, it says what follows from the manifest alone.
    #[must_use]
    fn setup(context: &SetupContext<'_>) -> Setup {
        Setup::unguided(&Self::MANIFEST, context)
    }

    /// Says whether a scope that was granted allows what `needed` does. Written where the vendor has scopes that hold
    /// others, or two words for one.
    #[must_use]
    fn covers(granted: &str, needed: &str) -> bool {
        granted == needed
    }

    /// Makes the link. No I/O.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the property, its fault and the remedy.
    fn connect(config: Self::Config, context: ConnectContext) -> Result<Self>;
}
