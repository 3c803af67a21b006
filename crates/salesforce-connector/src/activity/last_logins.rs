//! The last login of each user, from the user records; they do not say its kind.

use chrono::{DateTime, Utc};
use seatgraph_core::{Activity, ActivityKind, Batch, Error, ErrorKind, Page, Process, Rejection, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::activity::position::{LoginUsers, Pass, Position};
use crate::connection::Connection;
use crate::errors::COLUMN;
use crate::findings;
use crate::query::{RecordId, Select, by_id, time, time_literal};
use crate::row;

const COLUMN_NAME: &str = "LastLoginDate";
const SOURCE: &str = "User.LastLoginDate";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LastLogin {
    id: RecordId,
    #[serde(deserialize_with = "time")]
    last_login_date: DateTime<Utc>,
}

/// Counts the user records that the pass will read; zero when their last login is hidden.
pub(super) async fn count(connection: &Connection, since: Option<DateTime<Utc>>) -> Result<Option<u64>> {
    match connection.org.count_if_supported(&Select::count("User").filter(condition(since))).await {
        Err(e) if hides_last_login(&e) => Ok(Some(0)),
        counted => counted,
    }
}

fn condition(since: Option<DateTime<Utc>>) -> String {
    match since {
        Some(since) => format!("{COLUMN_NAME} >= {}", time_literal(since)),
        None => format!("{COLUMN_NAME} != null"),
    }
}

fn hides_last_login(error: &Error) -> bool {
    error.get(COLUMN).is_some_and(|column| column.eq_ignore_ascii_case(COLUMN_NAME))
}

/// Reads the page of user records after `after`.
pub(super) async fn page(connection: &Connection, after: Option<RecordId>, mut pass: Pass) -> Result<Page> {
    let select = Select::from("User")
        .columns(["Id", COLUMN_NAME])
        .filter(condition(pass.users_since))
        .between("Id", after.as_ref(), None)
        .order_by("Id")
        .limit(connection.settings.page_size);
    let rows = match connection.org.read(&select, by_id).await {
        Ok(rows) => rows,
        Err(e) if hides_last_login(&e) => {
            let mut page = Page::new(Batch::default(), logins_from(pass.clone()).next()?, 0, pass.total);
            let lost = "Last use is known from login history only.";
            page.findings.push(findings::field_hidden(Process::PullUserActivity, "User", COLUMN_NAME, lost));
            return Ok(page);
        }
        Err(e) => return Err(e),
    };
    let (activity, rejected) = records(&rows);
    pass.include(&rows, &activity);
    let total = pass.total;
    let is_full = rows.len() as u64 >= u64::from(connection.settings.page_size);
    let next = if !rows.is_empty() && (is_full || pass.counted.is_none_or(|counted| pass.read < counted)) {
        let last = last_key(&rows).filter(|last| Some(last) != after.as_ref());
        let last =
            last.ok_or_else(|| Error::new(ErrorKind::Malformed, "last user of the page has no Id to continue after"))?;
        Position::LastLogins { after: Some(last), pass }
    } else {
        logins_from(pass)
    };
    let mut page = Page::new(Batch { activity, ..Batch::default() }, next.next()?, rows.len() as u64, total);
    page.rejected = rejected;
    Ok(page)
}

fn last_key(rows: &[Value]) -> Option<RecordId> {
    rows.iter().rev().find_map(|row| RecordId::parse(row.get("Id")?.as_str()?))
}

fn logins_from(pass: Pass) -> Position {
    Position::Logins { after: None, days: None, reached: None, users: LoginUsers::None, pass }
}

fn records(rows: &[Value]) -> (Vec<Activity>, Vec<Rejection>) {
    let (mut activity, mut rejected) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        match row::read::<LastLogin>(row) {
            Ok(LastLogin { id, last_login_date: at }) => {
                let (account, source) = (id.into_string(), SOURCE.to_owned());
                activity.push(Activity { account, kind: ActivityKind::Other, at, source });
            }
            Err(rejection) => rejected.push(rejection),
        }
    }
    (activity, rejected)
}

impl Pass {
    fn include(&mut self, rows: &[Value], activity: &[Activity]) {
        self.read += rows.len() as u64;
        self.recent += activity.iter().filter(|login| login.at >= self.logins_since).count() as u64;
        self.newest_user = self.newest_user.max(activity.iter().map(|login| login.at).max());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_with_a_malformed_time_is_rejected_by_field() {
        let rows = [
            json!({"Id": "005xx000001SwiU", "LastLoginDate": "2026-10-02T08:15:30.000+0000"}),
            json!({"Id": "005xx000001SwiVAAS", "LastLoginDate": "yesterday"}),
        ];
        let (activity, rejected) = records(&rows);
        assert_eq!(activity.len(), 1);
        assert_eq!(activity[0].account, "005xx000001SwiUAAS");
        assert_eq!(activity[0].kind, ActivityKind::Other);
        assert_eq!(rejected[0].message, "LastLoginDate is malformed");
        assert_eq!(rejected[0].external_id.as_deref(), Some("005xx000001SwiVAAS"));
    }

    #[test]
    fn the_first_pass_reads_every_user_who_ever_logged_in() {
        assert_eq!(condition(None), "LastLoginDate != null");
        let since = "2026-10-02T08:15:30Z".parse().ok();
        assert_eq!(condition(since), "LastLoginDate >= 2026-10-02T08:15:30Z");
    }
}
