//! What a sync writes: pages with their cursor, stages, and the retirement of what vanished.
//!
//! A page is one transaction: records, cursor, progress, counts, lease and event appear together or not at all, so
//! a page that was cut off is simply read again. Consumption is not kept by this version.

mod activity;
mod identifiers;
mod merge;
mod page;
mod postgres;
mod sqlite;
mod stages;
mod vanish;

pub use page::{Committed, PageCommit, commit_page};
pub use stages::{begin_stage, fail_stage, restart_stage};
pub use vanish::{Missing, Vanished, retire, vanished};
