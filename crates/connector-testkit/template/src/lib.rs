//! The connector for Acme.
//!
//! This crate was created by `just new-connector`. It compiles, passes the contract tests and is listed in the API's
//! `connectors`, with a small sample (`sample.json`) instead of the vendor. This guide describes how to implement the
//! connector. Replace it by the documentation of the connector when you are done.
//!
//! # The files, in the order of implementation
//!
//! | file | contains | provides |
//! |---|---|---|
//! | `manifest.rs` | processes, permissions, scopes | setup steps, processes of profiles, checks |
//! | `catalogue.json` | products of identifiers | recognised subscriptions |
//! | `config.rs` | properties of an alias | validation, forms |
//! | `rows.rs` | the vendor's rows and their conversion to records | – |
//! | `connector.rs` | reading of pages, and `check` | resumable syncs with progress |
//! | `tests/contract.rs` | the expected records | the contract tests |
//!
//! # From the sample to the vendor
//!
//! 1. List every process of the vendor's integration in the manifest, and mark those that this version supports
//!    (`available`). The others return `Unsupported`, and `check` reports a finding.
//! 2. Replace `rows::sample` by requests: keep `context.http` from `connect`, and call
//!    `http.get("/v1/members").query("after", id).json_body()`. The client sends the bearer token, renews it once, limits
//!    size and time, and converts error responses to errors. Layers add retries and rate limits; do not write loops.
//! 3. If the vendor has its own error format, implement `ErrorParser` and use `http.with_error_parser(…)`. The kind of an
//!    error determines what the engine does next; see `ErrorKind`.
//! 4. For OAuth, return the URLs from `oauth`, with an `explain` that converts a refused grant to a finding. The connector
//!    never receives credentials or tokens. List the grants and the scopes of each process in the manifest, and write
//!    `setup` with the labels of the vendor's forms. Without it, users see default steps made from the manifest.
//! 5. Serve the vendor's responses in tests over a loopback socket, from scrubbed recordings, with the faults of
//!    `connector_testkit::Fault`. Implement `TestOrg::set_fault` to run the contract tests about faults.
//!
//! # What the contract tests check
//!
//! - **Positions are keys** ("after ID 42"), never page numbers, locators or sessions. They are stored and used by another
//!   process after a restart.
//! - **Batches are complete.** The account of a subscription is in the same batch or an earlier one, so read the related
//!   rows together with a page of accounts. Rows that cannot be parsed go to `Page::rejected`.
//! - **Rows are the vendor's**, not records. The total is counted once, with the first page, and stored in the position. A
//!   snapshot whose number of rows differs from the total retires nothing.
//! - **Only the vendor determines the end.** Servers can return fewer rows than requested.
//! - **An error is never an empty page.** A wrong empty page would retire all records.
//! - **External IDs never change.** E-mail addresses and names do.
//! - **Unknown values are `None`**, never zero. Unknown enumeration values are `Unknown` or `Malformed`.
//! - **A reclaim can be repeated**: a second reclaim returns `AlreadyDone`. `preflight`, `reclaim` and `restore` return
//!   `Unsupported` until they are implemented.

mod config;
mod connector;
mod manifest;
mod rows;

pub use config::Config;
pub use connector::Acme;
