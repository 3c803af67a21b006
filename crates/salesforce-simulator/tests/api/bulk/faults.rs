//! Faults of jobs.

use reqwest::Method;
use salesforce_simulator::{BulkFaults, FailedJobs, Faults};
use serde_json::{Value, json};

use crate::client::{Api, refusal};

const QUERY: &str = "SELECT Id, Department FROM User";

#[tokio::test]
async fn an_object_can_be_hidden_from_the_bulk_api_only() {
    let api = Api::start(30).await;
    api.set_faults(json!({ "bulk": { "unsupportedObjects": ["LoginHistory", "user"] } })).await;
    let (status, body) = api.make_job(json!({ "operation": "query", "query": QUERY })).await;
    let message = "Entity 'User' is not supported by the Bulk API.".to_owned();
    assert_eq!(refusal(status, &body), (400, "INVALIDENTITY".to_owned(), message));
    assert_eq!(api.count("SELECT COUNT() FROM User").await, 30);
    api.complete_job("SELECT Id FROM Profile").await;
}

#[tokio::test]
async fn jobs_fail_with_and_without_a_message() {
    let api = Api::start(30).await;
    for (reason, expected) in [
        (None, Value::Null),
        (
            Some("InternalServerError : retried more than 15 times"),
            json!("InternalServerError : retried more than 15 times"),
        ),
    ] {
        let failed_jobs = Some(FailedJobs { times: 1, error_message: reason.map(str::to_owned) });
        api.simulator
            .set_faults(Faults { bulk: BulkFaults { failed_jobs, ..BulkFaults::default() }, ..Faults::default() });
        let job = api.job(QUERY).await;
        let (_, polled) = api.get(&job).await;
        assert_eq!((&polled["state"], &polled["errorMessage"]), (&json!("Failed"), &expected));
        assert_eq!(polled["numberRecordsProcessed"], 0);
        let (status, body) = api.get(&format!("{job}/results")).await;
        assert_eq!(refusal(status, &body).1, "INVALIDJOBSTATE");
        api.complete_job(QUERY).await;
    }
}

#[tokio::test]
async fn a_job_stays_in_progress_for_the_polls_set_at_creation() {
    let api = Api::start(30).await;
    api.set_faults(json!({ "bulk": { "inProgressPolls": 2 } })).await;
    let job = api.job(QUERY).await;
    api.control(Method::DELETE, "faults", Value::Null).await;
    let mut states = Vec::new();
    for _ in 0..4 {
        states.push(api.state(&job).await);
    }
    assert_eq!(states, ["InProgress", "InProgress", "JobComplete", "JobComplete"]);
    api.set_faults(json!({ "bulk": { "inProgressPolls": 1000 } })).await;
    let stuck = api.job(QUERY).await;
    assert_eq!(api.state(&stuck).await, "InProgress");
    assert_eq!(api.call(Method::PATCH, &stuck, json!({ "state": "Aborted" })).await.1["state"], "Aborted");
}

#[tokio::test]
async fn the_daily_number_of_jobs_is_limited() {
    let api = Api::start(30).await;
    let remaining = async || {
        let (_, limits) = api.get("/services/data/v62.0/limits").await;
        limits["DailyBulkV2QueryJobs"]["Remaining"].as_u64().unwrap()
    };
    api.complete_job(QUERY).await;
    assert_eq!(remaining().await, 9_999);
    api.set_faults(json!({ "bulk": { "jobsRemaining": 1 } })).await;
    api.complete_job(QUERY).await;
    assert_eq!(remaining().await, 0);
    let (status, body) = api.make_job(json!({ "operation": "query", "query": QUERY })).await;
    let message = "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10001)".to_owned();
    assert_eq!(refusal(status, &body), (400, "LIMIT_EXCEEDED".to_owned(), message));
}

#[tokio::test]
async fn the_size_of_result_pages_can_be_limited() {
    let api = Api::start(30).await;
    let job = api.complete_job(QUERY).await;
    api.set_faults(json!({ "bulk": { "pageSize": 12 } })).await;
    for path in ["results", "results?maxRecords=50000"] {
        let page = api.results(&format!("{job}/{path}")).await;
        assert_eq!(page.count, 12, "{path}");
        assert_ne!(page.locator, "null");
    }
}

#[tokio::test]
async fn values_of_configured_fields_end_with_nul() {
    let api = Api::start(60).await;
    api.set_faults(json!({ "bulk": { "nulFields": ["user.department"] } })).await;
    let job = api.complete_job("SELECT Id, Department, Title FROM User").await;
    let rows = api.results(&format!("{job}/results")).await.rows();
    assert!(rows.iter().any(|row| row[1].is_empty()) && rows.iter().any(|row| !row[1].is_empty()));
    assert!(rows.iter().all(|row| row[1].is_empty() || row[1].ends_with('\0')));
    assert!(rows.iter().all(|row| !row[0].contains('\0') && !row[2].contains('\0')));
    assert!(api.rows(QUERY).await.iter().all(|row| !row["Department"].to_string().contains("u0000")));
}

#[tokio::test]
async fn results_can_be_truncated() {
    let api = Api::start(300).await;
    let job = api.complete_job(QUERY).await;
    api.set_faults(json!({ "dropBodyAt": 1 })).await;
    let path = format!("{job}/results");
    let broken = api.send(Method::GET, &path, None).await;
    assert_eq!(broken.headers()["sforce-numberofrecords"], "300");
    assert!(broken.bytes().await.is_err());
    assert_eq!(api.results(&path).await.count, 300);
}

#[tokio::test]
async fn a_job_times_out_only_if_an_order_or_a_limit_forbids_chunks() {
    let api = Api::start(60).await;
    api.set_faults(json!({ "queryTimeout": { "object": "LoginHistory", "untilDays": 10 } })).await;
    let soql = "SELECT Id FROM LoginHistory";
    assert_eq!(api.refused(soql).await.1, "QUERY_TIMEOUT");
    let job = api.complete_job(soql).await;
    assert_eq!(api.results(&format!("{job}/results")).await.count, api.simulator.expected().logins.total);
    let ordered = api.job(&format!("{soql} ORDER BY LoginTime")).await;
    let (_, polled) = api.get(&ordered).await;
    let message = "QUERY_TIMEOUT: Your query request was running for too long.";
    assert_eq!((&polled["state"], &polled["errorMessage"]), (&json!("Failed"), &json!(message)));
}

#[tokio::test]
async fn job_calls_are_counted_by_kind_and_jobs_by_object() {
    let api = Api::start(30).await;
    let job = api.complete_job(QUERY).await;
    api.results(&format!("{job}/results")).await;
    api.complete_job("SELECT Id FROM Profile").await;
    api.make_job(json!({ "operation": "query", "query": "SELECT Nope FROM User" })).await;
    let response = api.send(Method::GET, &job, None).await;
    assert_eq!(response.headers()["sforce-limit-info"], "api-usage=7/100000");
    let counts = api.control(Method::GET, "requests", Value::Null).await;
    let expected = json!({
        "token": 1, "bulk_create": 3, "bulk_poll": 3, "bulk_results": 1, "total": 8,
    });
    assert_eq!(counts, expected);
    let jobs = async || api.control(Method::GET, "requests/bulk", Value::Null).await;
    assert_eq!(jobs().await, json!({ "User": 1, "Profile": 1 }));
    api.control(Method::DELETE, "requests", Value::Null).await;
    assert_eq!(jobs().await, json!({}));
}
