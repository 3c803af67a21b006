//! Merging a page's records: one statement per table and page, and equal rows are left alone.
//!
//! The one place with two bodies. PostgreSQL takes arrays through `UNNEST`; SQLite takes multi-row upserts, several
//! of them in one go on the thread that may block.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use super::activity::Evidence;
use super::identifiers::IdentifierIds;
use super::page::Prepared;
use crate::Result;

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Merged {
    /// Records that the run names for the first time; all of them when it keeps no account of that.
    pub(super) seen: i64,
    /// Rows that were new.
    pub(super) added: i64,
    /// Rows that differed, or came back.
    pub(super) changed: i64,
}

/// What a page did.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) accounts: Merged,
    pub(super) subscriptions: Merged,
    /// Accounts that records spoke of and nobody knows.
    pub(super) orphans: Vec<String>,
}

pub(super) trait Merge {
    /// Merges the page's pools.
    async fn merge_pools(&mut self, page: &Arc<Prepared>, ids: &IdentifierIds, now: DateTime<Utc>) -> Result<Merged>;
    /// Merges the page's accounts.
    async fn merge_accounts(&mut self, page: &Arc<Prepared>, now: DateTime<Utc>) -> Result<Merged>;
    /// Merges the page's subscriptions; those whose account is unknown are named in `orphans`.
    async fn merge_subscriptions(
        &mut self,
        page: &Arc<Prepared>,
        ids: &IdentifierIds,
        now: DateTime<Utc>,
        orphans: &mut Vec<String>,
    ) -> Result<Merged>;
    /// Writes evidence of use, and moves the accounts' idleness with it.
    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()>;
}

/// The columns of an account that the vendor decides about, in the order in which both bodies name them.
pub(super) const ACCOUNT_COLUMNS: [&str; 16] = [
    "username",
    "email",
    "display_name",
    "kind",
    "active",
    "frozen",
    "department",
    "title",
    "country",
    "cost_center",
    "employee_number",
    "federation_id",
    "manager_external_id",
    "vendor_created_at",
    "attributes",
    "search_text",
];

/// `username, email, …`
pub(super) static ACCOUNT_LIST: LazyLock<String> = LazyLock::new(|| ACCOUNT_COLUMNS.join(", "));
/// What an upsert of accounts does with a row that is there; `{differs}` is the backend's null-safe inequality.
pub(super) fn account_update(differs: &str) -> String {
    let set = ACCOUNT_COLUMNS.map(|column| format!("{column} = excluded.{column}")).join(", ");
    let old = ACCOUNT_COLUMNS.map(|column| format!("accounts.{column}")).join(", ");
    let new = ACCOUNT_COLUMNS.map(|column| format!("excluded.{column}")).join(", ");
    format!(
        "ON CONFLICT (profile_id, external_id) DO UPDATE SET {set}, \
         idle_since = coalesce(accounts.last_activity_at, excluded.vendor_created_at, accounts.first_seen_at), \
         updated_at = excluded.updated_at, retired_at = NULL \
         WHERE ({old}) {differs} ({new}) OR accounts.retired_at IS NOT NULL"
    )
}
/// What an upsert of pools does with a row that is there.
pub(super) fn pool_update(differs: &str) -> String {
    format!(
        "ON CONFLICT (profile_id, identifier_id) DO UPDATE SET total = excluded.total, used = excluded.used, \
         status = excluded.status, expires_on = excluded.expires_on, updated_at = excluded.updated_at, \
         retired_at = NULL \
         WHERE (license_pools.total, license_pools.used, license_pools.status, license_pools.expires_on) {differs} \
         (excluded.total, excluded.used, excluded.status, excluded.expires_on) \
         OR license_pools.retired_at IS NOT NULL"
    )
}
/// What an upsert of subscriptions does with a row that is there.
pub(super) fn subscription_update(differs: &str) -> String {
    format!(
        "ON CONFLICT (account_id, identifier_id) DO UPDATE SET pool_id = excluded.pool_id, \
         assigned_at = excluded.assigned_at, updated_at = excluded.updated_at, retired_at = NULL \
         WHERE (subscriptions.pool_id, subscriptions.assigned_at) {differs} (excluded.pool_id, excluded.assigned_at) \
         OR subscriptions.retired_at IS NOT NULL"
    )
}
