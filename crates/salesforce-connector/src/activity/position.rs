//! Where an activity pass is, and what it carries from its beginning to its end.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use seatgraph_core::{Cursor, Next, Result};
use serde::{Deserialize, Serialize};

use crate::query::{RecordId, TimeKey};

/// Where a pass is, or where the last one ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Position {
    /// The newest times of a finished pass; the next one begins there.
    Bookmark { users: Option<DateTime<Utc>>, logins: Option<DateTime<Utc>> },
    /// User records after the id `after`.
    LastLogins { after: Option<RecordId>, pass: Pass },
    /// Login history after the key `after`.
    Logins {
        after: Option<TimeKey>,
        /// How many days one query may span; unlimited until a query times out.
        days: Option<u16>,
        /// The end of the time that is read, where the last query gave no row to continue after.
        reached: Option<DateTime<Utc>>,
        users: LoginUsers,
        pass: Pass,
    },
}

impl Position {
    pub(super) fn next(&self) -> Result<Next> {
        Ok(Next::More(Cursor::new(self)?))
    }
}

/// What a pass carries from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pass {
    /// Users are read if they logged in at this time or later; all of them on the first pass.
    pub(super) users_since: Option<DateTime<Utc>>,
    /// Login history is read from this time on.
    pub(super) logins_since: DateTime<Utc>,
    /// How many rows were counted at the beginning; `None` if the organisation could not count them.
    pub(super) total: Option<u64>,
    /// How many user records were read.
    pub(super) read: u64,
    /// How many user records were counted at the beginning.
    pub(super) counted: Option<u64>,
    /// Whether the permissions say that only the connection's own logins are visible.
    #[serde(default)]
    pub(super) own_logins_only: bool,
    /// How many users logged in since `logins_since`, by their user records.
    pub(super) recent: u64,
    /// The newest times seen, for the bookmark.
    pub(super) newest_user: Option<DateTime<Utc>>,
    pub(super) newest_login: Option<DateTime<Utc>>,
}

impl Pass {
    /// Says whether at least `rows` logins were counted.
    pub(super) fn has_logins(&self, rows: u64) -> bool {
        self.total.zip(self.counted).is_some_and(|(total, users)| total.saturating_sub(users) >= rows)
    }

    /// Ends the pass with its bookmark.
    pub(super) fn done(&self) -> Result<Next> {
        let bookmark = Position::Bookmark { users: self.newest_user, logins: self.newest_login };
        Ok(Next::Done(Some(Cursor::new(&bookmark)?)))
    }
}

/// How many different users the login history showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum LoginUsers {
    #[default]
    None,
    One(RecordId),
    Several,
}

impl LoginUsers {
    pub(super) fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::None, users) | (users, Self::None) => users,
            (Self::One(one), Self::One(other)) if one == other => Self::One(one),
            _ => Self::Several,
        }
    }
}

/// Cuts off the fraction of a second, because not every way of writing one is documented.
pub(crate) fn start_of_second(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}

pub(super) fn start_of_day(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::days(1)).unwrap_or(at)
}
