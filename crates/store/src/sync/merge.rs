//! Writing a page's records: one statement per kind and page, and equal rows are left alone.
//!
//! The one place with two bodies. PostgreSQL takes arrays through `UNNEST`; SQLite takes multi-row upserts, several
//! of them in one go on the thread that may block.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::activity::Evidence;
use crate::records::{Kind, Row};
use crate::{AccountId, ProfileId, Result, RunId};

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Records that the run names for the first time; all of them when the run does not note what it sees.
    pub(crate) seen: i64,
    /// Rows that were new.
    pub(crate) added: i64,
    /// Rows that differed, or came back.
    pub(crate) changed: i64,
}

pub(crate) trait Merge {
    /// Merges rows of a kind. With `seen_by`, the run notes that it saw them.
    async fn merge(&mut self, kind: &'static Kind, rows: Vec<Row>, seen_by: Option<RunId>) -> Result<Merged>;
    /// Retires those of the rows that are live, and returns how many that were.
    async fn retire_rows(&mut self, kind: &'static Kind, ids: Vec<Uuid>, now: DateTime<Utc>) -> Result<i64>;
    /// Finds the accounts of a profile by their external ids.
    async fn account_ids(&mut self, profile: ProfileId, names: Vec<String>) -> Result<HashMap<String, AccountId>>;
    /// Writes evidence of use, and moves the accounts' idleness with it.
    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()>;
}
