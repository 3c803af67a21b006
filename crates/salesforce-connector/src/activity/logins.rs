//! Login history by time and ID: successful logins with their kinds.
//!
//! A connection that may not see other users' logins silently gets its own. The user records reveal that: several users
//! logged in recently, and the history shows one of them at most.

mod bulk;
mod cursor;
mod fold;
#[cfg(test)]
mod tests;

pub(super) use self::cursor::LoginsCursor;

use chrono::{DateTime, Utc};
use seatgraph_core::{Batch, Finding, Page, Process, Result};
use serde_json::Value;

use self::fold::{Logins, TIME};
use crate::connection::Connection;
use crate::describe::ColumnSplit;
use crate::errors::{CODE, is_hidden, is_withheld, reported};
use crate::findings;
use crate::query::{Select, TimeKey, no_key, time_literal};

const NEEDED: [&str; 4] = ["Id", "UserId", TIME, "Status"];
const OPTIONAL: [&str; 2] = ["LoginType", "LoginSubType"];

/// Counts the logins that the pass will read; `None` when the organisation cannot count them in time.
pub(super) async fn count(connection: &Connection, since: DateTime<Utc>) -> Result<Option<u64>> {
    let select = Select::count("LoginHistory").filter(format!("{TIME} >= {}", time_literal(since)));
    match connection.org.count_if_supported(&select).await {
        Err(e) if is_hidden(&e) => Ok(Some(0)),
        Err(e) if is_withheld(&e) => Ok(None),
        counted => counted,
    }
}

/// Says what is missing because of hidden columns.
pub(crate) async fn hidden_columns(connection: &Connection) -> Result<Vec<Finding>> {
    let Some(columns) = columns(connection).await? else { return Ok(Vec::new()) };
    if let Some(column) = columns.hidden.iter().find(|column| NEEDED.contains(column)) {
        return Ok(vec![findings::login_history_restricted(format!("LoginHistory.{column} is not visible"))]);
    }
    Ok(columns.hidden.into_iter().map(kind_unknown).collect())
}

async fn columns(connection: &Connection) -> Result<Option<ColumnSplit>> {
    let wanted: Vec<_> = NEEDED.into_iter().chain(OPTIONAL).collect();
    connection.login_columns.split(&connection.org, &wanted).await
}

/// Reads the page of history after `cursor`.
pub(super) async fn page(connection: &Connection, cursor: LoginsCursor) -> Result<Page> {
    loop {
        let Some(columns) = columns(connection).await? else {
            return without_history(&cursor, "LoginHistory is not visible");
        };
        if let Some(column) = columns.hidden.iter().find(|column| NEEDED.contains(column)) {
            return without_history(&cursor, &format!("LoginHistory.{column} is not visible"));
        }
        match read(connection, &cursor, &columns).await {
            Ok(logins) => return cursor.page(logins, connection, columns.hidden),
            Err(e) if connection.login_columns.remember_hidden(&e, &columns) => {}
            Err(e) if is_withheld(&e) => return without_history(&cursor, &reported(&e)),
            Err(e) if e.get(CODE) == Some("QUERY_TIMEOUT") => return cursor.narrowed(connection, e),
            Err(e) => return Err(e),
        }
    }
}

async fn read(connection: &Connection, cursor: &LoginsCursor, columns: &ColumnSplit) -> Result<Logins> {
    if let Some(logins) = bulk::page(connection, cursor, columns).await? {
        return Ok(logins);
    }
    let select = cursor.select(columns, connection.settings.page_size);
    Ok(connection.org.read(&select, by_time).await?.into_iter().collect())
}

fn without_history(cursor: &LoginsCursor, seen: &str) -> Result<Page> {
    let mut page = Page::new(Batch::default(), cursor.pass.done()?, 0, cursor.pass.total);
    page.findings.push(findings::login_history_restricted(seen));
    Ok(page)
}

/// Continues after a row by time and then id, because several logins may have the same second.
fn by_time(select: Select, rows: &[Value]) -> Result<Select> {
    let key = rows.last().and_then(|last| TimeKey::of(last, TIME)).ok_or_else(|| no_key(&select))?;
    Ok(select.filter(key.after(TIME)))
}

fn kind_unknown(column: &'static str) -> Finding {
    let lost = "Interactive, API and single sign-on logins cannot be distinguished.";
    findings::field_hidden(Process::PullUserActivity, "LoginHistory", column, lost)
}
