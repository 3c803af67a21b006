//! Rows that refer to users: read by id range, or by listing the ids where an organisation refuses ranges.

use std::sync::atomic::Ordering::Relaxed;

use seatgraph_core::{Error, Result};
use serde_json::Value;

use crate::connection::Connection;
use crate::describe::{Columns, Rows, Table};
use crate::errors::{CODE, COLUMN};
use crate::query::{RecordId, Select, by_id, text_literal};

/// How many ids one query lists. A URL may have 16,384 bytes, and an id takes up to 27.
const IDS_PER_QUERY: usize = 300;

/// A range of user ids.
#[derive(Debug)]
pub(super) struct IdRange<'a> {
    /// The range begins after this id; `None` is the beginning.
    pub(super) after: Option<&'a RecordId>,
    /// The last id of the range; `None` is the end.
    pub(super) to: Option<&'a RecordId>,
    /// The visible users in the range.
    pub(super) users: Vec<RecordId>,
}

impl IdRange<'_> {
    const fn is_unbounded(&self) -> bool {
        self.after.is_none() && self.to.is_none()
    }
}

/// Reads the rows of `table` whose `reference` lies in `range`.
pub(super) async fn read(
    connection: &Connection,
    columns: &Columns,
    table: &Table,
    reference: &'static str,
    range: &IdRange<'_>,
) -> Result<Rows> {
    if range.is_unbounded() || !connection.ranges_refused.load(Relaxed) {
        let select = Select::from(table.object).between(reference, range.after, range.to).order_by("Id");
        match columns.read(&connection.org, table, &select, by_id).await {
            Err(e) if !range.is_unbounded() && is_about_the_filter(&e) => {
                connection.ranges_refused.store(true, Relaxed)
            }
            result => return result,
        }
    }
    let mut rows = Rows::default();
    for users in range.users.chunks(IDS_PER_QUERY) {
        let select = Select::from(table.object).filter(one_of(reference, users)).order_by("Id");
        rows.append(columns.read(&connection.org, table, &select, by_id).await?);
    }
    Ok(rows)
}

/// Reads the rows of users that are not visible, which listing ids cannot find; none when such a query is refused. With
/// ranges they are part of [`read`].
pub(super) async fn orphans(
    connection: &Connection,
    columns: &Columns,
    table: &Table,
    reference: &'static str,
    range: &IdRange<'_>,
) -> Result<Vec<Value>> {
    let are_missing = range.to.is_none() && !range.is_unbounded() && connection.ranges_refused.load(Relaxed);
    if !are_missing {
        return Ok(Vec::new());
    }
    let select = Select::from(table.object).filter(format!("{reference} NOT IN (SELECT Id FROM User)")).order_by("Id");
    match columns.read(&connection.org, table, &select, by_id).await {
        Err(e) if is_about_the_filter(&e) => Ok(Vec::new()),
        rows => Ok(rows?.found),
    }
}

fn one_of(reference: &str, users: &[RecordId]) -> String {
    let ids: Vec<_> = users.iter().map(|id| text_literal(id.as_str())).collect();
    format!("{reference} IN ({})", ids.join(","))
}

/// Says whether the organisation refuses the filter, as opposed to hiding a column.
fn is_about_the_filter(error: &Error) -> bool {
    match error.get(CODE) {
        Some("MALFORMED_QUERY" | "INVALID_QUERY_FILTER_OPERATOR" | "MALFORMED_ID" | "OPERATION_TOO_LARGE") => true,
        Some("INVALID_FIELD") => error.get(COLUMN).is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_one_query_fit_into_a_url() {
        let users = vec![RecordId::parse("005xx000001SwiU").unwrap(); IDS_PER_QUERY];
        let encoded = url::form_urlencoded::byte_serialize(one_of("AssigneeId", &users).as_bytes()).collect::<String>();
        assert!(encoded.len() < 12_000, "{}", encoded.len());
        assert_eq!(one_of("UserId", &users[..2]), "UserId IN ('005xx000001SwiUAAS','005xx000001SwiUAAS')");
    }
}
