//! DOWNLOAD_SUBSCRIPTIONS: licence pools first, then users by key, each page with the assignments of its users.
//!
//! Pools, users and permission-set-licence assignments all count as rows. Assignments are read by the same id ranges as
//! users, and the ranges cover every id. A pass over an organisation that does not change therefore reads exactly as
//! many rows as were counted, including assignments of users that are not visible.

mod assignments;
pub(crate) mod feature;
pub(crate) mod kind;
mod pools;
mod related_rows;
mod users;

pub(crate) use users::{column_finding, hidden_columns};

use seatgraph_core::{Cursor, Next, Page, Result};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::describe::Table;
use crate::query::RecordId;

/// The objects that a pass reads besides User.
pub(crate) const TABLES: [&Table; 5] = [
    &pools::USER_LICENSES,
    &pools::PERMISSION_SET_LICENSES,
    &pools::FEATURE_METRICS,
    &assignments::TABLE,
    &users::FROZEN,
];

/// Where a pass is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", deny_unknown_fields)]
enum Position {
    /// Users after the id `after`.
    Users {
        after: Option<RecordId>,
        /// How many users were read.
        read: u64,
        /// How many users were counted at the beginning.
        counted: Option<u64>,
        /// How many rows were counted at the beginning.
        total: Option<u64>,
    },
}

/// Reads one page.
pub(crate) async fn pull(connection: &Connection, from: Option<&Cursor>) -> Result<Page> {
    match from.map(Cursor::read::<Position>).transpose()? {
        None => first(connection).await,
        Some(Position::Users { after, read, counted, total }) => {
            let users = users::read(connection, after.as_ref()).await?;
            let read = read + users.rows;
            // An organisation may give fewer rows than requested. A short page therefore ends the pass only when every
            // counted user was read, or no row came.
            let more = users.is_full || (counted.is_none_or(|counted| read < counted) && users.rows > 0);
            let rest = if more { users.last.clone() } else { None };
            let records = users::complete(connection, users, after.as_ref(), rest.as_ref()).await?;
            let next = match rest {
                Some(after) => Next::More(Cursor::new(&Position::Users { after: Some(after), read, counted, total })?),
                None => Next::Done(None),
            };
            Ok(records.into_page(next, total))
        }
    }
}

async fn first(connection: &Connection) -> Result<Page> {
    let mut pools = pools::read(&connection.org).await?;
    let (users, assigned) = users::count(&connection.org).await?;
    if assigned == Some(0) && pools.permission_sets_used > 0 {
        pools.findings.push(crate::findings::assignments_hidden(pools.permission_sets_used));
    }
    let total = users.zip(assigned).map(|(users, assigned)| pools.rows + users + assigned);
    let position = Position::Users { after: None, read: 0, counted: users, total };
    let mut page = Page::new(pools.batch, Next::More(Cursor::new(&position)?), pools.rows, total);
    page.findings = pools.findings;
    page.rejected = pools.rejected;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use seatgraph_core::ErrorKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_position_is_stored_as_keys() {
        let after = RecordId::parse("005xx000001SwiU");
        let cursor = Cursor::new(&Position::Users { after, read: 1, counted: Some(2), total: Some(9) }).unwrap();
        let expected = json!({"step": "users", "after": "005xx000001SwiUAAS", "read": 1, "counted": 2, "total": 9});
        assert_eq!(cursor.as_json(), &expected);
    }

    #[test]
    fn an_unknown_position_is_an_expired_cursor() {
        for position in [json!(null), json!({"step": "moon"}), json!({"step": "users", "after": "x'; --"})] {
            let read = Cursor::from_json(position.clone()).read::<Position>();
            assert_eq!(read.unwrap_err().kind(), ErrorKind::CursorExpired, "{position}");
        }
    }
}
