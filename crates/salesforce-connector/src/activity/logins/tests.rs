//! Login history from the response in `fixtures/`.

use seatgraph_core::Finding;
use serde_json::json;

use super::*;
use crate::activity::position::{LoginUsers, Pass};

fn rows() -> Vec<Value> {
    let answer: Value =
        serde_json::from_str(include_str!("../../../../../fixtures/salesforce/login-history.json")).unwrap();
    answer["records"].as_array().unwrap().clone()
}

fn cursor(recent: u64) -> LoginsCursor {
    let pass = Pass {
        users_since: None,
        logins_since: "2026-09-02T00:00:00Z".parse().unwrap(),
        total: Some(8),
        read: 0,
        own_logins_only: false,
        counted: Some(0),
        recent,
        newest_user: None,
        newest_login: None,
    };
    LoginsCursor { after: None, days: None, reached: None, users: LoginUsers::None, pass }
}

fn everything() -> ColumnSplit {
    ColumnSplit { shown: vec!["Id", "LoginTime"], hidden: vec![] }
}

#[test]
fn successful_logins_are_reduced_to_the_newest_of_account_kind_and_day() {
    let mut logins: Logins = rows().into_iter().collect();
    assert_eq!(std::mem::take(&mut logins.rejected), []);
    let activity = logins.into_activity();
    let mut found: Vec<_> = activity.iter().map(|a| (a.at, json!([a.account, a.kind, a.at]))).collect();
    found.sort_by_key(|(at, row)| (*at, row.to_string()));
    let expected: Value =
        serde_json::from_str(include_str!("../../../../../fixtures/salesforce/expected_counts.json")).unwrap();
    assert_eq!(json!(found.into_iter().map(|(_, row)| row).collect::<Vec<_>>()), expected["activity"]);
}

#[test]
fn logins_of_the_same_second_are_continued_by_id() {
    let row = json!({"Id": "0Yaxx000000LH04CAG", "LoginTime": "2026-10-02T08:00:00.000+0000"});
    let mut cursor = cursor(0);
    cursor.after = TimeKey::of(&row, TIME);
    assert_eq!(
        cursor.select(&everything(), 2000).to_string(),
        "SELECT Id, LoginTime FROM LoginHistory WHERE (LoginTime > 2026-10-02T08:00:00Z OR \
         (LoginTime = 2026-10-02T08:00:00Z AND Id > '0Yaxx000000LH04CAG')) ORDER BY LoginTime, Id LIMIT 2000"
    );
}

#[test]
fn a_query_that_times_out_is_sent_for_shorter_spans() {
    let mut cursor = cursor(0);
    cursor.days = Some(7);
    assert_eq!(
        cursor.select(&everything(), 200).to_string(),
        "SELECT Id, LoginTime FROM LoginHistory WHERE LoginTime >= 2026-09-02T00:00:00Z AND \
         LoginTime < 2026-09-09T00:00:00Z ORDER BY LoginTime, Id LIMIT 200"
    );
}

#[test]
fn history_of_one_user_is_restricted_if_others_logged_in() {
    let mut own = cursor(5);
    own.include(&mut rows().into_iter().take(4).collect());
    assert_eq!(own.restriction().unwrap().code, "LOGIN_HISTORY_RESTRICTED");
    let mut all = cursor(5);
    all.include(&mut rows().into_iter().collect());
    assert_eq!(all.restriction(), None::<Finding>);
    all.pass.own_logins_only = true;
    assert_eq!(all.restriction(), None, "Salesforce updates permissions late");
    let mut only_user = cursor(1);
    only_user.include(&mut rows().into_iter().take(4).collect());
    assert_eq!(only_user.restriction(), None);
    assert!(cursor(2).restriction().is_some(), "empty history");
}

#[test]
fn the_bookmark_is_the_newest_login_seen() {
    let mut cursor = cursor(0);
    cursor.include(&mut rows().into_iter().collect());
    assert_eq!(cursor.pass.newest_login, "2026-10-02T10:00:00Z".parse().ok());
}
