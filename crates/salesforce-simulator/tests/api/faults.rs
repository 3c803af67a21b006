//! Faults.

use chrono::DateTime;
use reqwest::Method;
use salesforce_simulator::{Faults, Settings};
use serde_json::{Value, json};

use crate::client::{Api, refusal, settings};

const QUERY: &str = "SELECT Id FROM User LIMIT 1";

#[tokio::test]
async fn status_faults_apply_to_the_next_calls_only() {
    let api = Api::start(30).await;
    for code in [503, 502, 420, 406] {
        api.set_faults(json!({ "status": { "code": code, "times": 2, "retryAfter": 1 } })).await;
        assert_eq!(api.query_at(62, QUERY).await.0, code);
        assert_eq!(api.query_at(62, QUERY).await.0, code);
        assert_eq!(api.query_at(62, QUERY).await.0, 200);
    }
}

#[tokio::test]
async fn sessions_expire_at_once_or_on_every_nth_call() {
    let mut api = Api::start(30).await;
    api.set_faults(json!({ "expireSessions": true })).await;
    let (status, code, message) = api.refused(QUERY).await;
    assert_eq!((status, code.as_str(), message.as_str()), (401, "INVALID_SESSION_ID", "Session expired or invalid"));
    api.log_in().await;
    api.set_faults(json!({ "expireSessionEvery": 3 })).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(api.query_at(62, QUERY).await.0);
    }
    assert_eq!(statuses, [200, 200, 401]);
    api.log_in().await;
    assert_eq!(api.query_at(62, QUERY).await.0, 200);
}

#[tokio::test]
async fn limits_are_daily_or_concurrent() {
    let api = Api::start(30).await;
    api.set_faults(json!({ "dailyLimitRemaining": 1 })).await;
    let response = api.send(Method::GET, "/services/data/v62.0/limits", None).await;
    assert_eq!(response.headers()["sforce-limit-info"], "api-usage=100000/100000");
    let (status, code, message) = api.refused(QUERY).await;
    assert_eq!(
        (status, code.as_str(), message.as_str()),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    );
    api.set_faults(json!({ "concurrentLimit": 1 })).await;
    assert_eq!(api.refused(QUERY).await.2, "ConcurrentPerOrgLongTxn Limit exceeded.");
    assert_eq!(api.query_at(62, QUERY).await.0, 200);
}

#[tokio::test]
async fn bodies_are_truncated_or_not_json() {
    let api = Api::start(300).await;
    api.set_faults(json!({ "dropBodyAt": 2 })).await;
    let path = "/services/data/v62.0/query?q=SELECT+Id,Name+FROM+User";
    assert!(api.send(Method::GET, path, None).await.bytes().await.is_ok());
    assert!(api.send(Method::GET, path, None).await.bytes().await.is_err());
    assert!(api.send(Method::GET, path, None).await.bytes().await.is_ok());
    api.set_faults(json!({ "nonsenseBody": 1 })).await;
    let response = api.send(Method::GET, path, None).await;
    assert_eq!(response.status(), 200);
    assert!(serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).is_err());
    assert_eq!(api.query_at(62, QUERY).await.0, 200);
}

#[tokio::test]
async fn queries_with_a_long_time_range_time_out() {
    let api = Api::start(60).await;
    api.set_faults(json!({ "queryTimeout": { "object": "LoginHistory", "untilDays": 10 } })).await;
    let over = |condition: &str| format!("SELECT Id FROM LoginHistory {condition}");
    assert_eq!(api.refused(&over("")).await.1, "QUERY_TIMEOUT");
    assert_eq!(api.refused(&over("WHERE LoginTime >= 2026-10-01T00:00:00Z")).await.1, "QUERY_TIMEOUT");
    let narrow = over("WHERE LoginTime >= 2026-10-01T00:00:00Z AND LoginTime < 2026-10-08T00:00:00Z");
    assert_eq!(api.query_at(62, &narrow).await.0, 200);
    assert_eq!(api.query_at(62, QUERY).await.0, 200);
}

#[tokio::test]
async fn writes_to_locked_rows_fail() {
    let api = Api::start(60).await;
    let user = api.id("SELECT Id FROM User WHERE Profile.Name = 'Sales Manager' LIMIT 1").await;
    api.set_faults(json!({ "lockedRows": 1 })).await;
    let path = format!("sobjects/User/{user}");
    let (status, body) = api.patch(&path, json!({ "IsActive": false })).await;
    assert_eq!(refusal(status, &body).1, "UNABLE_TO_LOCK_ROW");
    assert_eq!(api.patch(&path, json!({ "IsActive": false })).await.0, 204);
    api.set_faults(json!({ "writeHoldMs": 300 })).await;
    let both =
        tokio::join!(api.patch(&path, json!({ "IsActive": true })), api.patch(&path, json!({ "IsActive": true })));
    let mut statuses = [both.0.0, both.1.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400]);
}

#[tokio::test]
async fn faults_can_be_read_set_in_process_and_cleared() {
    let api = Api::start(30).await;
    api.simulator.set_faults(Faults { latency_ms: 1, own_logins_only: true, ..Faults::default() });
    let faults = api.control(Method::GET, "faults", Value::Null).await;
    assert_eq!((faults["latencyMs"].clone(), faults["ownLoginsOnly"].clone()), (json!(1), json!(true)));
    let cleared = api.control(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(cleared, serde_json::to_value(Faults::default()).unwrap());
    let (status, _) = api.call(Method::PUT, "/_control/faults", json!({ "noSuchKnob": true })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn the_request_log_counts_and_lists_calls_until_reset() {
    let api = Api::start(30).await;
    api.query(QUERY).await;
    api.refused("SELECT Nope FROM User").await;
    let counts = api.control(Method::GET, "requests", Value::Null).await;
    assert_eq!(counts, json!({ "token": 1, "query": 2, "total": 3 }));
    let log = api.control(Method::GET, "requests/log", Value::Null).await;
    let statuses: Vec<&Value> = log.as_array().unwrap().iter().map(|entry| &entry["status"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(400)]);
    assert!(log[0]["path_and_query"].as_str().unwrap().starts_with("/services/data/v62.0/query/?q=SELECT"));
    api.control(Method::DELETE, "requests", Value::Null).await;
    assert_eq!(api.control(Method::GET, "requests", Value::Null).await, json!({ "total": 0 }));
}

#[tokio::test]
async fn the_clock_and_the_granted_scopes_can_be_set() {
    let api = Api::start_with(Settings { clock: Some("2026-11-24T10:00:30Z".parse().unwrap()), ..settings(30) }).await;
    let date = async || {
        let response = api.send(Method::GET, "/services/data", None).await;
        DateTime::parse_from_rfc2822(response.headers()["date"].to_str().unwrap()).unwrap().timestamp()
    };
    let started = date().await;
    let clock = DateTime::parse_from_rfc3339("2026-11-24T10:00:30Z").unwrap().timestamp();
    assert!((clock..clock + 60).contains(&started), "{started}");
    api.set_faults(json!({ "clockOffsetSeconds": -3600, "grantedScope": "id" })).await;
    assert!((3540..=3600).contains(&(started - date().await)));
    assert_eq!(api.token(&[("grant_type", "client_credentials")]).await.1["scope"], "id");
}

#[tokio::test]
async fn a_read_only_field_is_described_and_refused() {
    let api = Api::start(30).await;
    api.set_faults(json!({ "readOnlyFields": ["User.IsActive"], "sandbox": true })).await;
    let (_, user) = api.get("/services/data/v62.0/sobjects/User/describe").await;
    let field = user["fields"].as_array().unwrap().iter().find(|field| field["name"] == "IsActive").unwrap();
    assert_eq!(field["updateable"], false);
    let id = api.id("SELECT Id FROM User WHERE Profile.Name = 'Sales Representative' LIMIT 1").await;
    let (status, body) = api.patch(&format!("sobjects/User/{id}"), json!({ "IsActive": false })).await;
    assert_eq!(refusal(status, &body).1, "INVALID_FIELD_FOR_INSERT_UPDATE");
    let sandbox = "SELECT IsSandbox FROM Organization";
    assert_eq!(api.query(sandbox).await["records"][0]["IsSandbox"], true);
    api.set_faults(json!({})).await;
    assert_eq!(api.query(sandbox).await["records"][0]["IsSandbox"], false);
}
