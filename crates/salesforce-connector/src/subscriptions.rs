//! DOWNLOAD_SUBSCRIPTIONS: licence pools first, then users by key, each page with what hangs on exactly its users.
//!
//! Every row counts: pools, users and permission-set-licence assignments. Assignments are read by the same key
//! ranges as users, and the ranges cover everything, so a pass over an organisation that stands still takes in
//! exactly as many rows as were counted, those of users that it does not show included.

mod assignments;
pub(crate) mod feature;
mod hanging;
pub(crate) mod kind;
mod pools;
mod users;

pub(crate) use users::{column_finding, hidden_columns};

use seatgraph_core::{Cursor, Next, Page, Result};
use serde::{Deserialize, Serialize};

use crate::connector::Salesforce;
use crate::describe::Table;
use crate::query::RecordId;

/// What a pass reads besides users.
pub(crate) const TABLES: [&Table; 5] = [
    &pools::USER_LICENSES,
    &pools::PERMISSION_SET_LICENSES,
    &pools::FEATURE_METRICS,
    &assignments::TABLE,
    &users::FROZEN,
];

/// Where a pass stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", deny_unknown_fields)]
enum Position {
    /// Users behind `after`.
    Users {
        after: Option<RecordId>,
        /// Users read so far.
        read: u64,
        /// Users counted when the pass began.
        counted: Option<u64>,
        /// All rows counted when the pass began.
        total: Option<u64>,
    },
}

/// Reads one page.
pub(crate) async fn pull(link: &Salesforce, from: Option<&Cursor>) -> Result<Page> {
    match from.map(Cursor::read::<Position>).transpose()? {
        None => first(link).await,
        Some(Position::Users { after, read, counted, total }) => {
            let users = users::read(link, after.as_ref()).await?;
            let read = read + users.rows;
            // An organisation may give fewer rows than were asked for, so a short page ends the pass only when
            // everything that was counted has come, or nothing came at all.
            let more = users.is_full || (counted.is_none_or(|counted| read < counted) && users.rows > 0);
            let rest = if more { users.last.clone() } else { None };
            let hanging = users::complete(link, users, after.as_ref(), rest.as_ref()).await?;
            let next = match rest {
                Some(after) => Next::More(Cursor::new(&Position::Users { after: Some(after), read, counted, total })?),
                None => Next::Done(None),
            };
            Ok(hanging.into_page(next, total))
        }
    }
}

async fn first(link: &Salesforce) -> Result<Page> {
    let mut pools = pools::read(&link.org).await?;
    let (users, assigned) = users::count(&link.org).await?;
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
    fn a_position_is_kept_as_keys() {
        let after = RecordId::parse("005xx000001SwiU");
        let cursor = Cursor::new(&Position::Users { after, read: 1, counted: Some(2), total: Some(9) }).unwrap();
        let expected = json!({"step": "users", "after": "005xx000001SwiUAAS", "read": 1, "counted": 2, "total": 9});
        assert_eq!(cursor.as_json(), &expected);
    }

    #[test]
    fn a_position_of_another_hand_says_so() {
        for position in [json!(null), json!({"step": "moon"}), json!({"step": "users", "after": "x'; --"})] {
            let read = Cursor::from_json(position.clone()).read::<Position>();
            assert_eq!(read.unwrap_err().kind(), ErrorKind::CursorExpired, "{position}");
        }
    }
}
