//! Acme: its answers become records.
//!
//! This crate was made by `just new-connector`. It compiles, passes the contract tests and shows up in the API's
//! `connectors`, with a small sample (`sample.json`) in the vendor's place. What follows is the guide to making it a
//! real one; delete it when you are done, and say here what a reader of *this* connector could get wrong.
//!
//! # The files, in the order in which to write them
//!
//! | file | you say | others then have |
//! |---|---|---|
//! | `manifest.rs` | processes, permissions, scopes | set-up pages, switches, diagnoses |
//! | `catalogue.json` | which product an identifier stands for | recognised subscriptions |
//! | `config.rs` | what a person must fill in | a validated alias, a drawn form |
//! | `rows.rs` | the vendor's rows, and the records they become | – |
//! | `connector.rs` | one page at a time; what `check` looks at | resumable syncs with progress |
//! | `tests/contract.rs` | what the vendor really holds | the contract tests |
//!
//! # From the sample to the vendor
//!
//! 1. List every process of the vendor's integration in the manifest, and mark those that this version carries out
//!    (`available`). The others answer `Unsupported`, and `check` has a finding that says so.
//! 2. Replace `rows::sample` by requests: keep `context.http` from `connect`, and ask
//!    `http.get("/v1/members").query("after", id).json_body()`. The client sends the bearer, renews it once, bounds
//!    size and time, and turns refusals into errors. Retries and pacing are around you already; write no loop.
//! 3. Where the vendor words its refusals in a body of its own, implement `ErrorParser` and use `http.with_error_parser(…)`. An
//!    error's kind decides what happens next, so look each one up in `ErrorKind`.
//! 4. Where it wants OAuth, return the addresses from `oauth`, with an `explain` that turns a refused grant into a
//!    finding. Credentials and tokens never reach you. List the grants in the manifest, with the scopes of each
//!    process, and write `setup` in the vendor's words: what an administrator registers there, and where. Until you
//!    do, users see the steps that follow from the manifest.
//! 5. Serve the vendor's answers in your tests over a loopback socket, from scrubbed recordings, with the faults of
//!    `connector_testkit::Fault`; then implement `TestOrg::set_fault`, and the contract tests about faults run too.
//!
//! # What the contract tests check
//!
//! - **Positions are keys** ("after id 42"), never a page number, a locator or a session: they are stored, and read
//!   by another process after a restart.
//! - **A batch is whole.** A subscription's account is in the same batch or an earlier one, so read what hangs on a
//!   page of accounts together with that page. What cannot be understood goes to `Page::rejected`, in sight.
//! - **Rows are the vendor's**, not records; the total is counted once, with the first page, and carried in the
//!   position. A snapshot whose rows and total disagree retires nothing.
//! - **An end is what the vendor says is one.** Servers may return fewer rows than asked for.
//! - **An empty answer is never a refusal in disguise.** Ask yourself, for each error you catch, who would be
//!   retired if you were wrong.
//! - **External ids never change.** A mail address does; a name does.
//! - **Not measured is `None`**, never zero; an enumeration that grew is `Unknown` or `Malformed`, never a guess.
//! - **Reclaiming can be repeated**: a second reclaim finds nothing to do and says `AlreadyDone`. `preflight`,
//!   `reclaim` and `restore` refuse until you write them.

mod config;
mod connector;
mod manifest;
mod rows;

pub use config::Config;
pub use connector::Acme;
