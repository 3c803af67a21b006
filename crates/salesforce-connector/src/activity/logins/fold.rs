//! Logins folded as they come: the newest of each account, sort and day. A long page of them takes no more memory than
//! what it tells.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use seatgraph_core::{Activity, ActivityKind, Rejection};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Key;
use crate::activity::kind::kind;
use crate::query::{RecordId, parse_time, time};
use crate::row;

const SOURCE: &str = "LoginHistory";

/// Whose logins were shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::activity) enum Callers {
    #[default]
    Nobody,
    One(RecordId),
    Several,
}

impl Callers {
    pub(super) fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::Nobody, callers) | (callers, Self::Nobody) => callers,
            (Self::One(one), Self::One(other)) if one == other => Self::One(one),
            _ => Self::Several,
        }
    }
}

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

/// A page of logins.
#[derive(Debug, Default)]
pub(super) struct Logins {
    /// How many rows it has.
    pub(super) rows: u64,
    /// The key of the last row that has one.
    pub(super) last: Option<Key>,
    pub(super) newest: Option<DateTime<Utc>>,
    pub(super) callers: Callers,
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
        let text = |name: &str| row.get(name).and_then(Value::as_str);
        let id = |name: &str| text(name).and_then(RecordId::parse);
        let at = text("LoginTime").and_then(parse_time);
        self.rows += 1;
        self.newest = self.newest.max(at);
        self.last = at.zip(id("Id")).map(|(at, id)| Key { at, id }).or(self.last.take());
        if self.callers != Callers::Several {
            let caller = id("UserId").map_or(Callers::Nobody, Callers::One);
            self.callers = std::mem::take(&mut self.callers).and(caller);
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

    /// What they are evidence of.
    pub(super) fn into_activity(self) -> Vec<Activity> {
        let source = || SOURCE.to_owned();
        let newest = self.evidence.into_iter();
        newest
            .map(|((user, kind, _), at)| Activity { account: user.into_string(), kind, at, source: source() })
            .collect()
    }
}
