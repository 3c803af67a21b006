//! Merging on SQLite: multi-row upserts, a page's worth of them in one go on the thread that may block.

mod rows;

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use self::rows::{Cell, Rows};
use super::activity::Evidence;
use super::identifiers::{IdentifierIds, PoolStatements, pool_of};
use super::merge::{ACCOUNT_LIST, Merge, Merged, account_update, pool_update, subscription_update};
use super::page::{Prepared, PreparedAccount};
use crate::db::LiteConn;
use crate::types::Named;
use crate::{AccountId, PoolId, Result, SubscriptionId};

/// Null-safe inequality.
const DIFFERS: &str = "IS NOT";
/// Rows per statement; the widest has 22 values, and a statement takes 32,766.
const CHUNK: usize = 500;

static ACCOUNTS: LazyLock<(String, String)> = LazyLock::new(|| {
    let columns = &*ACCOUNT_LIST;
    (
        format!(
            "INSERT INTO accounts (id, profile_id, external_id, {columns}, idle_since, first_seen_at, updated_at) VALUES "
        ),
        format!(" {} RETURNING id", account_update(DIFFERS)),
    )
});
const ACCOUNTS_SEEN: (&str, &str) = (
    "WITH v (run, profile, external) AS (VALUES ",
    ") INSERT OR IGNORE INTO sync_seen (run_id, kind, record_id) SELECT v.run, 'ACCOUNT', a.id FROM v \
     CROSS JOIN accounts a ON a.profile_id = v.profile AND a.external_id = v.external",
);
const HOLDERS: (&str, &str) = (
    "WITH v (profile, external) AS (VALUES ",
    ") SELECT a.id, a.external_id FROM v CROSS JOIN accounts a \
     ON a.profile_id = v.profile AND a.external_id = v.external",
);
static POOLS: LazyLock<(&str, String)> = LazyLock::new(|| {
    (
        "INSERT INTO license_pools (id, profile_id, identifier_id, total, used, status, expires_on, first_seen_at, \
         updated_at) VALUES ",
        format!(" {} RETURNING id", pool_update(DIFFERS)),
    )
});
const POOLS_SEEN: (&str, &str) = (
    "WITH v (run, profile, identifier) AS (VALUES ",
    ") INSERT OR IGNORE INTO sync_seen (run_id, kind, record_id) SELECT v.run, 'POOL', p.id FROM v \
     CROSS JOIN license_pools p ON p.profile_id = v.profile AND p.identifier_id = v.identifier",
);
static SUBSCRIPTIONS: LazyLock<(&str, String)> = LazyLock::new(|| {
    (
        "INSERT INTO subscriptions (id, profile_id, account_id, identifier_id, pool_id, assigned_at, first_seen_at, \
         updated_at) VALUES ",
        format!(" {} RETURNING id", subscription_update(DIFFERS)),
    )
});
const SUBSCRIPTIONS_SEEN: (&str, &str) = (
    "WITH v (run, account, identifier) AS (VALUES ",
    ") INSERT OR IGNORE INTO sync_seen (run_id, kind, record_id) SELECT v.run, 'SUBSCRIPTION', s.id FROM v \
     CROSS JOIN subscriptions s ON s.account_id = v.account AND s.identifier_id = v.identifier",
);
const EVIDENCE: (&str, &str) = (
    "INSERT INTO activities (account_id, kind, last_at, source, day_map) VALUES ",
    " ON CONFLICT (account_id, kind) DO UPDATE SET last_at = excluded.last_at, source = excluded.source, \
     day_map = excluded.day_map",
);
const IDLENESS: (&str, &str) = (
    "WITH v (id, at) AS (VALUES ",
    "), n AS (SELECT id, max(at) AS at FROM v GROUP BY id) \
     UPDATE accounts SET last_activity_at = n.at, idle_since = n.at FROM n WHERE accounts.id = n.id \
     AND (accounts.last_activity_at IS NULL OR accounts.last_activity_at < n.at)",
);

/// Upserts rows whose first cell is the id they are new under.
fn upsert(
    c: &mut SqliteConnection,
    head: &str,
    tail: &str,
    rows: &[Vec<Cell>],
    merged: &mut Merged,
) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        let written = Rows { head, rows: chunk, tail }.written(c)?;
        let new = chunk.iter().filter(|row| matches!(&row[0], Cell::Guid(id) if written.contains(id))).count();
        merged.added += number(new);
        merged.changed += number(written.len() - new);
    }
    Ok(())
}

/// Runs rows through a statement and returns how many rows of a table it touched.
fn touch(c: &mut SqliteConnection, (head, tail): (&str, &str), rows: &[Vec<Cell>]) -> QueryResult<i64> {
    let mut touched = 0;
    for rows in rows.chunks(CHUNK) {
        touched += number(Rows { head, rows, tail }.execute(c)?);
    }
    Ok(touched)
}

fn number(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}

fn account_cells(page: &Prepared, prepared: &PreparedAccount, now: DateTime<Utc>) -> Vec<Cell> {
    let account = &prepared.account;
    vec![
        AccountId::generate().as_uuid().into(),
        page.profile.as_uuid().into(),
        (&account.external_id).into(),
        (&account.username).into(),
        account.email.as_ref().into(),
        account.display_name.as_ref().into(),
        account.kind.word().into(),
        account.active.into(),
        account.frozen.into(),
        account.department.as_ref().into(),
        account.title.as_ref().into(),
        account.country.as_ref().into(),
        account.cost_center.as_ref().into(),
        account.employee_number.as_ref().into(),
        account.federation_id.as_ref().into(),
        account.manager.as_ref().into(),
        account.created_at.into(),
        Cell::json(&account.attributes),
        (&prepared.search_text).into(),
        account.created_at.unwrap_or(now).into(),
        now.into(),
        now.into(),
    ]
}

impl Merge for LiteConn {
    async fn merge_pools(&mut self, page: &Arc<Prepared>, ids: &IdentifierIds, now: DateTime<Utc>) -> Result<Merged> {
        if page.pools.is_empty() {
            return Ok(Merged::default());
        }
        let (page, ids) = (Arc::clone(page), ids.clone());
        let merged = self.spawn_blocking(move |c| {
            let mut merged = Merged { seen: number(page.pools.len()), ..Merged::default() };
            let profile: Cell = page.profile.as_uuid().into();
            let cells = |pool: &seatgraph_core::Pool| {
                vec![
                    PoolId::generate().as_uuid().into(),
                    profile.clone(),
                    ids[&pool.identifier.id].as_uuid().into(),
                    pool.total.into(),
                    pool.used.into(),
                    pool.status.as_ref().into(),
                    pool.expires.map(|day| day.to_string()).as_ref().into(),
                    now.into(),
                    now.into(),
                ]
            };
            let rows: Vec<_> = page.pools.iter().map(cells).collect();
            upsert(c, POOLS.0, &POOLS.1, &rows, &mut merged)?;
            if page.snapshot {
                let key = |row: Vec<Cell>| vec![page.run.as_uuid().into(), row[1].clone(), row[2].clone()];
                merged.seen = touch(c, POOLS_SEEN, &rows.into_iter().map(key).collect::<Vec<_>>())?;
            }
            Ok(merged)
        });
        Ok(merged.await?)
    }

    async fn merge_accounts(&mut self, page: &Arc<Prepared>, now: DateTime<Utc>) -> Result<Merged> {
        if page.accounts.is_empty() {
            return Ok(Merged::default());
        }
        let page = Arc::clone(page);
        let merged = self.spawn_blocking(move |c| {
            let mut merged = Merged { seen: number(page.accounts.len()), ..Merged::default() };
            let rows: Vec<_> = page.accounts.iter().map(|account| account_cells(&page, account, now)).collect();
            upsert(c, &ACCOUNTS.0, &ACCOUNTS.1, &rows, &mut merged)?;
            if page.snapshot {
                let key = |row: Vec<Cell>| vec![page.run.as_uuid().into(), row[1].clone(), row[2].clone()];
                merged.seen = touch(c, ACCOUNTS_SEEN, &rows.into_iter().map(key).collect::<Vec<_>>())?;
            }
            Ok(merged)
        });
        Ok(merged.await?)
    }

    async fn merge_subscriptions(
        &mut self,
        page: &Arc<Prepared>,
        ids: &IdentifierIds,
        now: DateTime<Utc>,
        orphans: &mut Vec<String>,
    ) -> Result<Merged> {
        if page.subscriptions.is_empty() {
            return Ok(Merged::default());
        }
        let pools = self.pools_of(page).await?;
        let (page, ids) = (Arc::clone(page), ids.clone());
        let work = self.spawn_blocking(move |c| {
            let holders = holders(c, &page)?;
            let mut orphans = Vec::new();
            let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(page.subscriptions.len());
            for subscription in &page.subscriptions {
                let Some(holder) = holders.get(&subscription.account) else {
                    orphans.push(subscription.account.clone());
                    continue;
                };
                rows.push(vec![
                    SubscriptionId::generate().as_uuid().into(),
                    page.profile.as_uuid().into(),
                    holder.as_uuid().into(),
                    ids[&subscription.identifier.id].as_uuid().into(),
                    pool_of(subscription, &pools).map(PoolId::as_uuid).into(),
                    subscription.assigned_at.into(),
                    now.into(),
                    now.into(),
                ]);
            }
            let mut merged = Merged { seen: number(rows.len()), ..Merged::default() };
            upsert(c, SUBSCRIPTIONS.0, &SUBSCRIPTIONS.1, &rows, &mut merged)?;
            if page.snapshot {
                let key = |row: Vec<Cell>| vec![page.run.as_uuid().into(), row[2].clone(), row[3].clone()];
                merged.seen = touch(c, SUBSCRIPTIONS_SEEN, &rows.into_iter().map(key).collect::<Vec<_>>())?;
            }
            Ok((merged, orphans))
        });
        let (merged, unknown) = work.await?;
        orphans.extend(unknown);
        Ok(merged)
    }

    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()> {
        let work = self.spawn_blocking(move |c| {
            let cells = |e: &Evidence| -> Vec<Cell> {
                vec![
                    e.account.as_uuid().into(),
                    e.kind.word().into(),
                    e.last_at.into(),
                    (&e.source).into(),
                    Cell::Blob(e.days.as_bytes().to_vec()),
                ]
            };
            touch(c, EVIDENCE, &evidence.iter().map(cells).collect::<Vec<_>>())?;
            let times = |e: &Evidence| -> Vec<Cell> { vec![e.account.as_uuid().into(), e.last_at.into()] };
            touch(c, IDLENESS, &evidence.iter().map(times).collect::<Vec<_>>())?;
            Ok(())
        });
        Ok(work.await?)
    }
}

/// Finds the accounts that the page's subscriptions speak of.
fn holders(c: &mut SqliteConnection, page: &Prepared) -> QueryResult<std::collections::HashMap<String, AccountId>> {
    let mut names: Vec<&String> = page.subscriptions.iter().map(|subscription| &subscription.account).collect();
    names.dedup();
    let rows: Vec<Vec<Cell>> = names.into_iter().map(|name| vec![page.profile.as_uuid().into(), name.into()]).collect();
    let mut holders = std::collections::HashMap::with_capacity(rows.len());
    for rows in rows.chunks(CHUNK) {
        holders.extend(Rows { head: HOLDERS.0, rows, tail: HOLDERS.1 }.named(c)?);
    }
    Ok(holders)
}
