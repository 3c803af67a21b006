//! Merging on SQLite: multi-row upserts, all of a page in one call on the blocking thread.

mod statement;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use self::statement::Statement;
use super::evidence::Evidence;
use super::merge::{Merge, Merged};
use crate::db::LiteConn;
use crate::records::{Kind, Row, Value};
use crate::types::StoredEnum;
use crate::{AccountId, ProfileId, Result, RunId};

/// Maximum number of values of a statement.
const VALUES: usize = 32_766;
/// Maximum number of rows of a statement: its text is parsed each time.
const ROWS: usize = 500;

const ACCOUNTS: (&str, &str) = (
    "WITH v (profile, external) AS (VALUES ",
    ") SELECT a.id, a.external_id FROM v CROSS JOIN accounts a \
     ON a.profile_id = v.profile AND a.external_id = v.external",
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

/// Splits rows into batches for one statement each.
fn pieces(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    let width = rows.first().map_or(1, Vec::len).max(1);
    rows.chunks((VALUES / width).min(ROWS))
}

/// Upserts and counts rows of a kind; a row returned with the ID that was sent is new.
fn upsert(c: &mut SqliteConnection, kind: &Kind, rows: &[Row]) -> QueryResult<Merged> {
    let head = format!("INSERT INTO {} ({}) VALUES ", kind.table, kind.column_list());
    let tail = format!(" {} RETURNING id", kind.on_conflict("IS NOT"));
    let mut merged = Merged { seen: number(rows.len()), ..Merged::default() };
    for rows in pieces(rows) {
        let written = Statement { head: &head, rows, tail: &tail }.ids(c)?;
        let new = rows.iter().filter(|row| matches!(&row[0], Value::Id(id) if written.contains(id))).count();
        merged.added += number(new);
        merged.changed += number(written.len() - new);
    }
    Ok(merged)
}

/// Records rows of a kind as seen by a run and counts those seen for the first time.
fn mark(c: &mut SqliteConnection, kind: &Kind, run: RunId, rows: &[Row]) -> QueryResult<i64> {
    let head = format!("WITH v (run, {}) AS (VALUES ", kind.key.join(", "));
    let tail = format!(
        ") INSERT OR IGNORE INTO sync_seen (run_id, kind, record_id) SELECT v.run, '{name}', t.id FROM v \
         CROSS JOIN {table} t ON {same_key}",
        name = kind.kind.as_text(),
        table = kind.table,
        same_key = kind.same_key("t", "v"),
    );
    let key = |row: &Row| [vec![Value::from(run)], kind.key_of(row)].concat();
    execute(c, (&head, &tail), &rows.iter().map(key).collect::<Vec<_>>())
}

/// Runs rows through a statement and returns how many rows of a table it wrote.
fn execute(c: &mut SqliteConnection, (head, tail): (&str, &str), rows: &[Row]) -> QueryResult<i64> {
    let mut written = 0;
    for rows in pieces(rows) {
        written += number(Statement { head, rows, tail }.execute(c)?);
    }
    Ok(written)
}

fn number(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}

impl Merge for LiteConn {
    async fn merge(&mut self, kind: &'static Kind, rows: Vec<Row>, seen_by: Option<RunId>) -> Result<Merged> {
        if rows.is_empty() {
            return Ok(Merged::default());
        }
        let merged = self.spawn_blocking(move |c| {
            let mut merged = upsert(c, kind, &rows)?;
            if let Some(run) = seen_by {
                merged.seen = mark(c, kind, run, &rows)?;
            }
            Ok(merged)
        });
        Ok(merged.await?)
    }

    async fn retire_rows(&mut self, kind: &'static Kind, ids: Vec<Uuid>, now: DateTime<Utc>) -> Result<i64> {
        let work = self.spawn_blocking(move |c| {
            let tail = format!(
                ") UPDATE {table} SET retired_at = v.at, updated_at = v.at FROM v \
                 WHERE {table}.id = v.id AND {table}.retired_at IS NULL",
                table = kind.table
            );
            let rows: Vec<Row> = ids.into_iter().map(|id| vec![Value::Id(id), Value::from(now)]).collect();
            execute(c, ("WITH v (id, at) AS (VALUES ", &tail), &rows)
        });
        Ok(work.await?)
    }

    async fn account_ids(&mut self, profile: ProfileId, names: Vec<String>) -> Result<HashMap<String, AccountId>> {
        let work = self.spawn_blocking(move |c| {
            let rows: Vec<Row> = names.into_iter().map(|name| vec![Value::from(profile), Value::Text(name)]).collect();
            let mut accounts = HashMap::with_capacity(rows.len());
            for rows in pieces(&rows) {
                accounts.extend(Statement { head: ACCOUNTS.0, rows, tail: ACCOUNTS.1 }.accounts(c)?);
            }
            Ok(accounts)
        });
        Ok(work.await?)
    }

    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()> {
        let work = self.spawn_blocking(move |c| {
            let row = |e: &Evidence| -> Row {
                let days = Value::Bytes(e.days.as_bytes().to_vec());
                vec![e.account.into(), e.kind.as_text().into(), e.last_at.into(), (&e.source).into(), days]
            };
            execute(c, EVIDENCE, &evidence.iter().map(row).collect::<Vec<_>>())?;
            let times = |e: &Evidence| -> Row { vec![e.account.into(), e.last_at.into()] };
            execute(c, IDLENESS, &evidence.iter().map(times).collect::<Vec<_>>())?;
            Ok(())
        });
        Ok(work.await?)
    }
}
