//! What a sync writes: pages with their cursor, stages, and the retirement of what is missing.
//!
//! A page is one transaction: records, cursor, progress, counts, lease and event appear together or not at all, so
//! a page that was cut off is simply read again. Consumption is not kept by this version.

mod activity;
mod identifiers;
pub(crate) mod merge;
mod page;
mod postgres;
mod retirement;
mod sqlite;
mod stages;

pub use page::{Committed, PageCommit, commit_page};
pub use retirement::{Missing, missing, retire};
pub use stages::{begin_stage, fail_stage, restart_stage};
