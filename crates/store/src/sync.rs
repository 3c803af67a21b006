//! The writes of a sync: pages with their cursor, stages, and the retirement of missing records.
//!
//! A page is one transaction: records, cursor, progress, counts, lease and event are committed together, so an interrupted
//! page is read again. Consumption is not stored by this version.

mod activity;
mod evidence;
mod identifiers;
pub(crate) mod merge;
mod page;
mod postgres;
mod prepared;
mod retirement;
mod sqlite;
mod stages;

pub use page::{Committed, commit_page};
pub use prepared::PageCommit;
pub use retirement::{Missing, missing, retire};
pub use stages::{begin_stage, fail_stage, restart_stage};
