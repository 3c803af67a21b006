//! Logins reduced while they are read to the newest of each account, kind and day, so that a long page takes little
//! memory.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use seatgraph_core::{Activity, ActivityKind, Rejection};
use serde::Deserialize;
use serde_json::Value;

use crate::activity::kind::kind;
use crate::activity::position::LoginUsers;
use crate::query::{RecordId, TimeKey, time};
use crate::row;

/// The column by which login history is ordered and continued.
pub(super) const TIME: &str = "LoginTime";

const SOURCE: &str = "LoginHistory";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Login {
    user_id: Option<RecordId>,
    #[serde(deserialize_with = "time")]
    login_time: DateTime<Utc>,
    login_type: Option<String>,
    login_sub_type: Option<String>,
    status: Option<String>,
}

impl Login {
    fn succeeded(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("success"))
    }
}

/// The logins of one page.
#[derive(Debug, Default)]
pub(super) struct Logins {
    /// How many rows were read.
    pub(super) rows: u64,
    /// The key of the last row that has one.
    pub(super) last: Option<TimeKey>,
    pub(super) newest: Option<DateTime<Utc>>,
    pub(super) users: LoginUsers,
    pub(super) rejected: Vec<Rejection>,
    evidence: BTreeMap<(RecordId, ActivityKind, NaiveDate), DateTime<Utc>>,
}

impl FromIterator<Value> for Logins {
    fn from_iter<I: IntoIterator<Item = Value>>(rows: I) -> Self {
        let mut logins = Self::default();
        rows.into_iter().for_each(|row| logins.take(&row));
        logins
    }
}

impl Logins {
    fn take(&mut self, row: &Value) {
        let key = TimeKey::of(row, TIME);
        self.rows += 1;
        self.newest = self.newest.max(key.as_ref().map(|key| key.at));
        self.last = key.or(self.last.take());
        if self.users != LoginUsers::Several {
            let user = row.get("UserId").and_then(Value::as_str).and_then(RecordId::parse);
            self.users = std::mem::take(&mut self.users).and(user.map_or(LoginUsers::None, LoginUsers::One));
        }
        match row::read::<Login>(row) {
            Ok(login) if !login.succeeded() => {}
            Ok(Login { user_id: Some(user), login_time: at, login_type, login_sub_type, .. }) => {
                let kind = kind(login_type.as_deref(), login_sub_type.as_deref());
                let known = self.evidence.entry((user, kind, at.date_naive())).or_insert(at);
                *known = at.max(*known);
            }
            Ok(_) => {}
            Err(rejection) => self.rejected.push(rejection),
        }
    }

    /// Turns the logins into evidence of use.
    pub(super) fn into_activity(self) -> Vec<Activity> {
        let source = || SOURCE.to_owned();
        let newest = self.evidence.into_iter();
        newest
            .map(|((user, kind, _), at)| Activity { account: user.into_string(), kind, at, source: source() })
            .collect()
    }
}
