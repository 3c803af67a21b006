//! PULL_USER_ACTIVITY: last logins from the user records, then login history where it is visible.
//!
//! The first pass reads every user record and as much history as is configured. It ends with a bookmark: the newest
//! times it saw. Later passes begin there, with an overlap for rows that Salesforce wrote late.

mod kind;
mod last_logins;
mod logins;
mod position;

pub(crate) use logins::hidden_columns;
pub(crate) use position::start_of_second;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use seatgraph_core::{Cursor, ErrorKind, Page, Result};

use self::logins::LoginsCursor;
use self::position::{Pass, Position, start_of_day};
use crate::connection::Connection;
use crate::errors::is_withheld;
use crate::granted;

/// Reads one page.
pub(crate) async fn pull(connection: &Connection, from: Option<&Cursor>) -> Result<Page> {
    match from.map(Cursor::read::<Position>).transpose()? {
        None => begin(connection, None, None).await,
        Some(Position::Bookmark { users, logins }) => begin(connection, users, logins).await,
        Some(Position::LastLogins { after, pass }) => last_logins::page(connection, after, pass).await,
        Some(Position::Logins { after, days, reached, users, pass }) => {
            logins::page(connection, LoginsCursor { after, days, reached, users, pass }).await
        }
    }
}

async fn begin(connection: &Connection, users: Option<DateTime<Utc>>, logins: Option<DateTime<Utc>>) -> Result<Page> {
    let overlap = connection.settings.overlap;
    // Whole days, so that the same request gives the same page.
    let earliest = start_of_day(connection.clock.now() - connection.settings.lookback);
    let users_since = users.map(|newest| start_of_second(newest - overlap));
    let logins_since = logins.map_or(earliest, |newest| start_of_second(newest - overlap));
    let counted = last_logins::count(connection, users_since).await?;
    let logins_counted = logins::count(connection, logins_since).await?;
    let pass = Pass {
        users_since,
        logins_since,
        total: counted.zip(logins_counted).map(|(users, logins)| users + logins),
        read: 0,
        counted,
        own_logins_only: sees_own_logins_only(connection).await?,
        recent: 0,
        newest_user: users,
        newest_login: logins,
    };
    last_logins::page(connection, None, pass).await
}

/// Without either permission, Salesforce silently shows a user's own logins only. Where the permissions cannot be read,
/// the rows decide.
async fn sees_own_logins_only(connection: &Connection) -> Result<bool> {
    let either = BTreeSet::from(["PermissionsManageUsers", "PermissionsMonitorLoginHistory"]);
    match granted::among(&connection.org, either).await {
        Ok(granted) => Ok(granted.is_some_and(|granted| granted.is_empty())),
        Err(e) if is_withheld(&e) || e.kind() == ErrorKind::Forbidden => Ok(false),
        Err(e) => Err(e),
    }
}
