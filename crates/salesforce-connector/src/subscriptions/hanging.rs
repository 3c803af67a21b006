//! What hangs on users by a reference: read by key range, or by naming the users where ranges are refused.

use std::sync::atomic::Ordering::Relaxed;

use seatgraph_core::{Error, Result};
use serde_json::Value;

use crate::connector::Salesforce;
use crate::describe::{Columns, Rows, Table};
use crate::dialect::{CODE, COLUMN};
use crate::query::{RecordId, Select, by_id, text_literal};

/// As many ids as fit into an address with room to spare: the vendor takes 16,384 bytes, an id costs up to 27.
const NAMED_AT_ONCE: usize = 300;

/// The users that rows are wanted of.
#[derive(Debug)]
pub(super) struct Span<'a> {
    pub(super) after: Option<&'a RecordId>,
    /// `None` is the end.
    pub(super) to: Option<&'a RecordId>,
    /// Those of them that the organisation shows.
    pub(super) users: Vec<RecordId>,
}

impl Span<'_> {
    const fn is_everybody(&self) -> bool {
        self.after.is_none() && self.to.is_none()
    }
}

/// Reads the rows of `table` whose `reference` is within `span`.
pub(super) async fn read(
    link: &Salesforce,
    columns: &Columns,
    table: &Table,
    reference: &'static str,
    span: &Span<'_>,
) -> Result<Rows> {
    if span.is_everybody() || !link.ranges_refused.load(Relaxed) {
        let select = Select::from(table.object).between(reference, span.after, span.to).order_by("Id");
        match columns.read(&link.org, table, &select, by_id).await {
            Err(e) if !span.is_everybody() && is_about_the_filter(&e) => link.ranges_refused.store(true, Relaxed),
            settled => return settled,
        }
    }
    let mut rows = Rows::default();
    for users in span.users.chunks(NAMED_AT_ONCE) {
        let select = Select::from(table.object).filter(naming(reference, users)).order_by("Id");
        rows.append(columns.read(&link.org, table, &select, by_id).await?);
    }
    Ok(rows)
}

/// Reads the rows of users that are not shown, which naming users cannot find; none when they cannot be asked for.
/// Ranges find them along the way.
pub(super) async fn orphans(
    link: &Salesforce,
    columns: &Columns,
    table: &Table,
    reference: &'static str,
    span: &Span<'_>,
) -> Result<Vec<Value>> {
    let are_missing = span.to.is_none() && !span.is_everybody() && link.ranges_refused.load(Relaxed);
    if !are_missing {
        return Ok(Vec::new());
    }
    let select = Select::from(table.object).filter(format!("{reference} NOT IN (SELECT Id FROM User)")).order_by("Id");
    match columns.read(&link.org, table, &select, by_id).await {
        Err(e) if is_about_the_filter(&e) => Ok(Vec::new()),
        rows => Ok(rows?.found),
    }
}

fn naming(reference: &str, users: &[RecordId]) -> String {
    let ids: Vec<_> = users.iter().map(|id| text_literal(id.as_str())).collect();
    format!("{reference} IN ({})", ids.join(","))
}

/// Says whether the organisation does not filter that way, as opposed to hiding something.
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
    fn as_many_users_as_are_named_at_once_fit_into_an_address() {
        let users = vec![RecordId::parse("005xx000001SwiU").unwrap(); NAMED_AT_ONCE];
        let address = url::form_urlencoded::byte_serialize(naming("AssigneeId", &users).as_bytes()).collect::<String>();
        assert!(address.len() < 12_000, "{}", address.len());
        assert_eq!(naming("UserId", &users[..2]), "UserId IN ('005xx000001SwiUAAS','005xx000001SwiUAAS')");
    }
}
