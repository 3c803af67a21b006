//! The connector contract of Seatgraph.
//!
//! A *connector* reads licence data from one kind of SaaS system, and can reclaim licences there. It implements two
//! traits:
//!
//! - [`Provider`] is the entry point: the manifest, the configuration type, the OAuth endpoints, the set-up steps.
//! - [`Connector`] is a connection to one organisation: it checks, reads pages of records, and executes orders.
//!
//! The engine calls a connector. It owns the sync loop, retries, rate limits, checkpoints, progress, cancellation,
//! credentials and tokens, so a connector contains none of them.
//!
//! # Writing a connector
//!
//! `just new-connector NAME` creates a crate. Its documentation is a step-by-step guide.
//!
//! | you write | the gateway provides |
//! |---|---|
//! | a [`Manifest`]: processes, permissions, scopes, catalogue | the connector in GraphQL, with processes to enable |
//! | a `Config` type with a JSON Schema | validation of aliases, and the form to enter them |
//! | [`Connector::pull`], with pure functions from rows to records | resumable syncs with live progress |
//! | [`Connector::check`] | findings with remedies, per process |
//! | [`Provider::setup`] | a set-up guide for the vendor, and permission sets to import |
//! | one `conformance!` line (crate `connector-testkit`) | every contract test |
//!
//! # Reading
//!
//! A sync calls a connector like this:
//!
//! ```text
//! check()                       organisation, permissions, findings
//! pull(process, None)           first page: records, rows, total, cursor
//! pull(process, Some(cursor))   next pages; records and cursor are committed in one transaction
//! Next::Done(bookmark)          the pass is complete: a snapshot retires the records that it did not contain
//! ```
//!
//! The gateway may stop between any two calls and continue in another process, with the last committed cursor and a new
//! connector. Therefore a [`Cursor`] is data, and a connector keeps no state.
//!
//! # Complete snapshots
//!
//! A complete snapshot retires every record that it did not contain. Three numbers protect against incomplete ones:
//! [`Page::rows`] counts the rows that the vendor sent, [`Page::total`] is the number that the vendor counted before, and
//! [`Page::rejected`] contains the rows that could not be used. If they do not match, nothing is retired. A connector
//! never skips a row silently.
//!
//! # Errors
//!
//! [`ErrorKind`] tells the engine what to do next; see its table. A [`Finding`] tells an administrator what to change.
//!
//! # Reclaiming
//!
//! The engine may repeat reads, but it never repeats [`Connector::reclaim`] blindly: if a response is lost, it reads the
//! state first. Executing an order twice must be harmless. A [`Receipt`] may be reverted months later by a newer version
//! of the connector, so [`Receipt::undo`] contains everything that this needs.
//!
//! # What a connector does not do
//!
//! - It does not see credentials: [`http::Http`] adds the token to each request.
//! - It does not build URLs: it requests paths.
//! - It does not read the system time: it receives a [`Clock`].
//! - It does not know the database or GraphQL.

mod backoff;
mod catalogue;
mod clock;
mod connector;
mod error;
mod finding;
pub mod http;
pub mod layers;
mod manifest;
mod oauth;
mod order;
mod page;
mod process;
mod record;
mod registration;
mod secret;
mod setup;

pub use backoff::Backoff;
pub use catalogue::{Catalogue, CatalogueEntry, Product};
pub use clock::{Clock, ManualClock, SystemClock};
pub use connector::{ConnectContext, Connector, Provider};
pub use error::{Error, ErrorKind, Result};
pub use finding::{Allowance, Diagnosis, Finding, Organization, Severity, VendorUser};
pub use manifest::{GrantScopes, Manifest, Permission, ProcessSpec, Requirement};
pub use oauth::{AccessToken, GrantRefusal, GrantType, OAuth, TokenSource};
pub use order::{Blocker, Order, Outcome, Receipt};
pub use page::{Batch, Cursor, Next, Page, Rejection};
pub use process::{Process, SyncMode};
pub use record::{
    Account, AccountKind, Activity, ActivityKind, Consumption, Identifier, IdentifierKey, Pool, RecordKind,
    Subscription,
};
pub use registration::Registration;
pub use secret::Secret;
pub use setup::{
    BlockingFinding, DoneWhen, PermissionSetDocument, Setup, SetupContext, SetupField, SetupPlace, SetupStep,
    SetupValue,
};
