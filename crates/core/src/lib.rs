//! The connector contract: what a connector is asked, what it answers, and the laws it is held to.
//!
//! A *connector* knows one kind of SaaS system. It is asked for one [`Page`] at a time, from a position that it
//! wrote itself ([`Cursor`]), and answers with records in the gateway's own words ([`Account`], [`Subscription`],
//! [`Pool`], [`Activity`], [`Consumption`]). Loop, retry, pacing, checkpoint, progress and cancellation belong to
//! the engine; the author of a connector writes none of them.
//!
//! | you write | you get |
//! |---|---|
//! | a [`Manifest`]: processes, permissions, scopes, catalogue | the set-up pages, switches and diagnoses of the API |
//! | a `Config` type with a JSON Schema | validation of aliases, and the form that a frontend draws |
//! | [`Connector::pull`] over pure row → record functions | resumable syncs with live progress |
//! | [`Connector::check`] | findings with remedies, per process |
//! | one `conformance!` line (feature `testkit`) | every law of the contract as a test |
//!
//! `just new-connector NAME` makes a crate with all of that in place; its documentation is the author's guide.

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
#[cfg(feature = "testkit")]
pub mod testkit;

pub use catalogue::{Catalogue, CatalogueEntry, Product};
pub use clock::{Clock, ManualClock, SystemClock};
pub use connector::{ConnectContext, Connector, Provider};
pub use error::{Error, ErrorKind, Result};
pub use finding::{Allowance, Diagnosis, Finding, Organization, Principal, Severity};
pub use manifest::{GrantScopes, Manifest, Necessity, Permission, ProcessSpec};
pub use oauth::{AccessToken, GrantRefusal, GrantType, OAuth, TokenSource};
pub use order::{Blocker, Order, Outcome, Receipt};
pub use page::{Batch, Cursor, Next, Page, Rejection};
pub use process::{Process, SyncMode};
pub use record::{
    Account, AccountKind, Activity, ActivityKind, Consumption, Identifier, IdentifierKey, Pool, Subscription,
};
pub use registration::Registration;
pub use secret::Secret;
