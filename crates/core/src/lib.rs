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
//! | [`Provider::setup`] | a walk-through of the vendor's pages, and files that the vendor imports |
//! | one `conformance!` line (crate `connector-testkit`) | every law of the contract as a test |
//!
//! `just new-connector NAME` makes a crate with all of that in place; its documentation is the author's guide.
//!
//! # How a sync asks
//!
//! ```text
//! check()                          who are we, what may we see, what is missing
//! pull(process, None)              first page: records, rows, total, and a position
//! pull(process, Some(position))    … page by page; records and position are committed in one transaction
//! Next::Done(bookmark)             the pass is whole: what a snapshot did not mention is retired
//! ```
//!
//! A gateway may be killed between any two of these lines, and go on in another process with the last committed
//! position and a connector that has never been there. That is why a position is data and a connector keeps nothing:
//! [`Connector`] is cheap to make, made often, and asked from several tasks.
//!
//! # What makes a pass whole
//!
//! A snapshot ends with retirement: whoever was not mentioned is taken for gone, and somebody's seat is counted as
//! free. Three numbers guard it. [`Page::rows`] counts what the vendor sent, whether or not it became a record;
//! [`Page::total`] is what the vendor counted beforehand; [`Page::rejected`] is what was sent and not understood. When
//! they disagree nothing is retired, so a connector that is unsure says so in these numbers and never hides it by
//! leaving a row out.
//!
//! # What an error says
//!
//! An [`ErrorKind`] is an instruction, not a description. It answers one question, *what happens next*, and the engine
//! reads nothing else. Whom it concerns and what to change are said in a [`Finding`], for people. See the table at
//! [`ErrorKind`].
//!
//! # Deeds
//!
//! Reading is repeated freely; deeds are not. A lost answer to [`Connector::reclaim`] leaves it open whether the seat
//! is gone, so the engine looks before it asks again, and a connector makes asking again harmless. A [`Receipt`] is all
//! that is left of a deed when it is to be undone, months later, by a newer version of the connector: what it needs
//! must be in [`Receipt::undo`].
//!
//! # What never crosses this line
//!
//! Credentials: the engine keeps them, [`http::Http`] sends them, a connector never sees one. Addresses: a connector
//! asks for paths. Time: a [`Clock`] is handed in. Databases and GraphQL: neither is known here.

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
pub use setup::{
    Doubt, PermissionSetDocument, Setup, SetupContext, SetupField, SetupPlace, SetupProof, SetupStep, SetupValue,
};
