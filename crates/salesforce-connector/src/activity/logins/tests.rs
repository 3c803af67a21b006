//! Login history against the vendor's answer in `fixtures/`.

use serde_json::json;

use super::*;

fn rows() -> Vec<Value> {
    let answer: Value =
        serde_json::from_str(include_str!("../../../../../fixtures/salesforce/login-history.json")).unwrap();
    answer["records"].as_array().unwrap().clone()
}

fn stand(recent: u64) -> Stand {
    let pass = Pass {
        users_since: None,
        logins_since: "2026-09-02T00:00:00Z".parse().unwrap(),
        total: Some(8),
        read: 0,
        own_alone: false,
        counted: Some(0),
        recent,
        newest_user: None,
        newest_login: None,
    };
    Stand { after: None, days: None, reached: None, callers: Callers::Nobody, pass }
}

fn everything() -> Choice {
    Choice { shown: vec!["Id", "LoginTime"], hidden: vec![] }
}

#[test]
fn successful_logins_fold_to_the_newest_of_account_sort_and_day() {
    let mut logins: Logins = rows().into_iter().collect();
    assert_eq!(std::mem::take(&mut logins.rejected), []);
    let activity = logins.into_activity();
    let mut found: Vec<_> = activity.iter().map(|a| (a.at, json!([a.account, a.kind, a.at]))).collect();
    found.sort_by_key(|(at, row)| (*at, row.to_string()));
    let census: Value = serde_json::from_str(include_str!("../../../../../fixtures/salesforce/census.json")).unwrap();
    assert_eq!(json!(found.into_iter().map(|(_, row)| row).collect::<Vec<_>>()), census["activity"]);
}

#[test]
fn logins_of_the_same_second_are_told_apart_by_id() {
    let row = json!({"Id": "0Yaxx000000LH04CAG", "LoginTime": "2026-10-02T08:00:00.000+0000"});
    let mut stand = stand(0);
    stand.after = Key::of(&row);
    assert_eq!(
        stand.select(&everything(), 2000).to_string(),
        "SELECT Id, LoginTime FROM LoginHistory WHERE (LoginTime > 2026-10-02T08:00:00Z OR \
         (LoginTime = 2026-10-02T08:00:00Z AND Id > '0Yaxx000000LH04CAG')) ORDER BY LoginTime, Id LIMIT 2000"
    );
}

#[test]
fn a_question_that_takes_too_long_is_asked_in_shorter_spans() {
    let mut stand = stand(0);
    stand.days = Some(7);
    assert_eq!(
        stand.select(&everything(), 200).to_string(),
        "SELECT Id, LoginTime FROM LoginHistory WHERE LoginTime >= 2026-09-02T00:00:00Z AND \
         LoginTime < 2026-09-09T00:00:00Z ORDER BY LoginTime, Id LIMIT 200"
    );
}

#[test]
fn history_that_shows_one_user_alone_while_others_logged_in_is_restricted() {
    let mut own = stand(5);
    own.note(&mut rows().into_iter().take(4).collect());
    assert_eq!(own.own_alone().unwrap().code, "LOGIN_HISTORY_RESTRICTED");
    let mut all = stand(5);
    all.note(&mut rows().into_iter().collect());
    assert_eq!(all.own_alone(), None);
    all.pass.own_alone = true;
    assert_eq!(all.own_alone(), None, "permissions are told late");
    let mut alone_in_the_world = stand(1);
    alone_in_the_world.note(&mut rows().into_iter().take(4).collect());
    assert_eq!(alone_in_the_world.own_alone(), None);
    assert!(stand(2).own_alone().is_some(), "empty history");
}

#[test]
fn the_bookmark_is_the_newest_login_seen() {
    let mut stand = stand(0);
    stand.note(&mut rows().into_iter().collect());
    assert_eq!(stand.pass.newest_login, "2026-10-02T10:00:00Z".parse().ok());
}
