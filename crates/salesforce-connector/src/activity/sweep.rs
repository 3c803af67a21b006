//! The last login that each user record tells; of which sort it was, it does not say.

use chrono::{DateTime, Utc};
use seatgraph_core::{Activity, ActivityKind, Batch, Error, ErrorKind, Page, Process, Rejection, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::activity::{Pass, Position, logins, more};
use crate::connector::Salesforce;
use crate::dialect::COLUMN;
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

/// Counts the user records that the pass will read; none when their last login is hidden.
pub(super) async fn count(link: &Salesforce, since: Option<DateTime<Utc>>) -> Result<Option<u64>> {
    match link.org.count_if_told(&Select::count("User").filter(condition(since))).await {
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

/// Reads the user records behind `after`, as many as a page holds.
pub(super) async fn page(link: &Salesforce, after: Option<RecordId>, mut pass: Pass) -> Result<Page> {
    let select = Select::from("User")
        .columns(["Id", COLUMN_NAME])
        .filter(condition(pass.users_since))
        .between("Id", after.as_ref(), None)
        .order_by("Id")
        .limit(link.settings.page_size);
    let rows = match link.org.read(&select, by_id).await {
        Ok(rows) => rows,
        Err(e) if hides_last_login(&e) => {
            let mut page = Page::new(Batch::default(), more(&logins_from(pass.clone()))?, 0, pass.total);
            let without = "Last use is known from login history alone.";
            page.findings.push(findings::field_hidden(Process::PullUserActivity, "User", COLUMN_NAME, without));
            return Ok(page);
        }
        Err(e) => return Err(e),
    };
    let (activity, rejected) = records(&rows);
    pass.take(&rows, &activity);
    let total = pass.total;
    let is_full = rows.len() as u64 >= u64::from(link.settings.page_size);
    let next = if !rows.is_empty() && (is_full || pass.counted.is_none_or(|counted| pass.read < counted)) {
        let last = last_key(&rows).filter(|last| Some(last) != after.as_ref());
        let last = last.ok_or_else(|| Error::new(ErrorKind::Malformed, "page of users has no key to go on from"))?;
        Position::Sweep { after: Some(last), pass }
    } else {
        logins_from(pass)
    };
    let mut page = Page::new(Batch { activity, ..Batch::default() }, more(&next)?, rows.len() as u64, total);
    page.rejected = rejected;
    Ok(page)
}

fn last_key(rows: &[Value]) -> Option<RecordId> {
    rows.iter().rev().find_map(|row| RecordId::parse(row.get("Id")?.as_str()?))
}

fn logins_from(pass: Pass) -> Position {
    Position::Logins { after: None, days: None, reached: None, callers: logins::Callers::Nobody, pass }
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
    fn take(&mut self, rows: &[Value], activity: &[Activity]) {
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
    fn a_row_whose_time_is_nonsense_is_left_out_and_named() {
        let rows = [
            json!({"Id": "005xx000001SwiU", "LastLoginDate": "2026-10-02T08:15:30.000+0000"}),
            json!({"Id": "005xx000001SwiVAAS", "LastLoginDate": "yesterday"}),
        ];
        let (activity, rejected) = records(&rows);
        assert_eq!(activity.len(), 1);
        assert_eq!(activity[0].account, "005xx000001SwiUAAS");
        assert_eq!(activity[0].kind, ActivityKind::Other);
        assert_eq!(rejected[0].message, "LastLoginDate is not understood");
        assert_eq!(rejected[0].external_id.as_deref(), Some("005xx000001SwiVAAS"));
    }

    #[test]
    fn the_first_pass_takes_everybody_who_ever_logged_in() {
        assert_eq!(condition(None), "LastLoginDate != null");
        let since = "2026-10-02T08:15:30Z".parse().ok();
        assert_eq!(condition(since), "LastLoginDate >= 2026-10-02T08:15:30Z");
    }
}
