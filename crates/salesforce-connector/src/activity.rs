//! PULL_USER_ACTIVITY: last logins from the user records, then login history where it is shown.
//!
//! The first pass reads what each user record says and as much history as is configured; it leaves the newest times
//! it saw as a bookmark, and later passes go on from there with an overlap, for rows that the vendor wrote late.

mod kind;
mod logins;
mod sweep;

pub(crate) use logins::{Ahead, hidden_columns};

use std::collections::BTreeSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use seatgraph_core::{Cursor, ErrorKind, Next, Page, Result};
use serde::{Deserialize, Serialize};

use crate::check::permissions;
use crate::connector::Salesforce;
use crate::describe::is_withheld;
use crate::query::RecordId;

/// Where a pass stands, or where the last one ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", deny_unknown_fields)]
enum Position {
    /// The newest times of a finished pass; the next begins there.
    Bookmark { users: Option<DateTime<Utc>>, logins: Option<DateTime<Utc>> },
    /// User records behind `after`.
    Sweep { after: Option<RecordId>, pass: Pass },
    /// Login history behind `after`.
    Logins {
        after: Option<logins::Key>,
        /// How many days one question may span; unlimited until the organisation finds a question too long.
        days: Option<u16>,
        /// Up to where the history is read although it showed nothing there.
        reached: Option<DateTime<Utc>>,
        callers: logins::Callers,
        pass: Pass,
    },
}

/// What a pass carries from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pass {
    /// Logins of users from here on; all of them on the first pass.
    users_since: Option<DateTime<Utc>>,
    /// History from here on.
    logins_since: DateTime<Utc>,
    /// How many rows were counted when the pass began; unknown when an organisation cannot count them.
    total: Option<u64>,
    /// User records read so far.
    read: u64,
    /// User records counted when the pass began.
    counted: Option<u64>,
    /// Whether the organisation says that it shows us our own logins alone.
    #[serde(default)]
    own_alone: bool,
    /// How many users logged in within the history that is read, by their own records.
    recent: u64,
    /// The newest times seen, for the bookmark.
    newest_user: Option<DateTime<Utc>>,
    newest_login: Option<DateTime<Utc>>,
}

impl Pass {
    /// Says whether at least so many logins were counted.
    fn has_logins(&self, rows: u64) -> bool {
        self.total.zip(self.counted).is_some_and(|(total, users)| total.saturating_sub(users) >= rows)
    }
}

/// Reads one page.
pub(crate) async fn pull(link: &Salesforce, from: Option<&Cursor>) -> Result<Page> {
    match from.map(Cursor::read::<Position>).transpose()? {
        None => begin(link, None, None).await,
        Some(Position::Bookmark { users, logins }) => begin(link, users, logins).await,
        Some(Position::Sweep { after, pass }) => sweep::page(link, after, pass).await,
        Some(Position::Logins { after, days, reached, callers, pass }) => {
            logins::page(link, logins::Stand { after, days, reached, callers, pass }).await
        }
    }
}

async fn begin(link: &Salesforce, users: Option<DateTime<Utc>>, logins: Option<DateTime<Utc>>) -> Result<Page> {
    let overlap = link.settings.overlap;
    // Whole days, so that asking again gives the same page.
    let earliest = start_of_day(link.clock.now() - link.settings.lookback);
    let users_since = users.map(|newest| start_of_second(newest - overlap));
    let logins_since = logins.map_or(earliest, |newest| start_of_second(newest - overlap));
    let counted = sweep::count(link, users_since).await?;
    let logins_counted = logins::count(link, logins_since).await?;
    let pass = Pass {
        users_since,
        logins_since,
        total: counted.zip(logins_counted).map(|(users, logins)| users + logins),
        read: 0,
        counted,
        own_alone: shows_own_logins_alone(link).await?,
        recent: 0,
        newest_user: users,
        newest_login: logins,
    };
    sweep::page(link, None, pass).await
}

/// Without either permission the vendor silently shows a user's own logins. An organisation that cannot be asked is
/// judged by the rows it shows.
async fn shows_own_logins_alone(link: &Salesforce) -> Result<bool> {
    let either = BTreeSet::from(["PermissionsManageUsers", "PermissionsMonitorLoginHistory"]);
    match permissions::among(&link.org, either).await {
        Ok(granted) => Ok(granted.is_some_and(|granted| granted.is_empty())),
        Err(e) if is_withheld(&e) || e.kind() == ErrorKind::Forbidden => Ok(false),
        Err(e) => Err(e),
    }
}

/// Not every way of writing a fraction of a second is documented.
pub(crate) fn start_of_second(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}

fn start_of_day(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::days(1)).unwrap_or(at)
}

fn more(position: &Position) -> Result<Next> {
    Ok(Next::More(Cursor::new(position)?))
}

/// Ends a pass with its bookmark.
fn done(pass: &Pass) -> Result<Next> {
    let bookmark = Position::Bookmark { users: pass.newest_user, logins: pass.newest_login };
    Ok(Next::Done(Some(Cursor::new(&bookmark)?)))
}
