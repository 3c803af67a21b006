//! Merging a page's records with one statement per kind; equal rows are not updated.
//!
//! The implementations differ: PostgreSQL takes arrays through `UNNEST`; SQLite takes multi-row upserts, several of them
//! in one call on the blocking thread.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::evidence::Evidence;
use crate::records::{Kind, Row};
use crate::{AccountId, ProfileId, Result, RunId};

/// Result of a merge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Records that the run saw for the first time; all records if the run does not record what it sees.
    pub(crate) seen: i64,
    /// New rows.
    pub(crate) added: i64,
    /// Rows that were changed or reactivated.
    pub(crate) changed: i64,
}

pub(crate) trait Merge {
    /// Merges rows of a kind. With `seen_by`, they are recorded as seen by the run.
    async fn merge(&mut self, kind: &'static Kind, rows: Vec<Row>, seen_by: Option<RunId>) -> Result<Merged>;
    /// Retires the live ones of the rows and returns their number.
    async fn retire_rows(&mut self, kind: &'static Kind, ids: Vec<Uuid>, now: DateTime<Utc>) -> Result<i64>;
    /// Finds the accounts of a profile by their external ids.
    async fn account_ids(&mut self, profile: ProfileId, names: Vec<String>) -> Result<HashMap<String, AccountId>>;
    /// Writes evidence of use and updates the last activity of the accounts.
    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()>;
}
