//! Results of jobs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, refusal};

#[tokio::test]
async fn results_have_the_rows_and_columns_of_the_query() {
    let api = Api::start(300).await;
    let soql = "select id, Profile.Name, IsActive, title, LastLoginDate, Manager.Username FROM User";
    let rows = api.rows(soql).await;
    let page = api.results(&format!("{}/results", api.complete_job(soql).await)).await;
    assert_eq!(page.header(), r#""Id","Profile.Name","IsActive","Title","LastLoginDate","Manager.Username""#);
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace("+0000", "Z"),
        other => other.to_string(),
    };
    let expected: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let columns = [&row["Id"], &row["Profile"]["Name"], &row["IsActive"], &row["Title"], &row["LastLoginDate"]];
            columns.into_iter().chain([&row["Manager"]["Username"]]).map(text).collect()
        })
        .collect();
    assert_eq!(page.rows(), expected);
    assert_eq!((page.count, page.locator.as_str()), (300, "null"));
}

#[tokio::test]
async fn every_value_is_quoted_and_has_the_format_of_the_bulk_api() {
    let api = Api::start(300).await;
    let title = r#"VP \"Global\" Sales\\Service"#;
    let soql = format!("SELECT Id FROM User WHERE Title = '{title}' AND Profile.Name = 'Sales Manager' LIMIT 1");
    let id = api.id(&soql).await;
    let (status, _) = api.patch(&format!("sobjects/User/{id}"), json!({ "Department": "Zoë,\nand \"others\"" })).await;
    assert_eq!(status, 204);
    let change = json!({ "isActive": true, "lastLoginDate": "2026-10-02T08:15:30Z" });
    api.control(Method::POST, &format!("users/{id}"), change).await;
    let soql = format!("SELECT IsActive, Title, Department, Division, LastLoginDate FROM User WHERE Id = '{id}'");
    let job = api.complete_job(&soql).await;
    let expected = r#""IsActive","Title","Department","Division","LastLoginDate"
"true","VP ""Global"" Sales\Service","Zoë,
and ""others""","","2026-10-02T08:15:30.000Z"
"#;
    assert_eq!(api.results(&format!("{job}/results")).await.text, expected);
}

#[tokio::test]
async fn null_is_an_empty_value_and_an_empty_result_is_a_header() {
    let api = Api::start(60).await;
    let job = api.complete_job("SELECT LastLoginDate FROM User WHERE LastLoginDate = null LIMIT 1").await;
    assert_eq!(api.results(&format!("{job}/results")).await.text, "\"LastLoginDate\"\n\"\"\n");
    let job = api.complete_job("SELECT Id FROM User WHERE Username = 'nobody'").await;
    let page = api.results(&format!("{job}/results")).await;
    assert_eq!((page.text.as_str(), page.count, page.locator.as_str()), ("\"Id\"\n", 0, "null"));
}

#[tokio::test]
async fn lines_end_as_requested() {
    let api = Api::start(30).await;
    for (ending, end) in [("LF", "\n"), ("CRLF", "\r\n")] {
        let soql = "SELECT Name, IsActive FROM User WHERE Name = 'Integration User'";
        let (_, made) = api.make_job(json!({ "operation": "query", "query": soql, "lineEnding": ending })).await;
        let job = format!("{}/{}", super::JOBS, made["id"].as_str().unwrap());
        assert_eq!(api.state(&job).await, "JobComplete");
        let expected = format!("\"Name\",\"IsActive\"{end}\"Integration User\",\"true\"{end}");
        assert_eq!(api.results(&format!("{job}/results")).await.text, expected, "{ending}");
    }
}

#[tokio::test]
async fn result_pages_follow_locators_and_can_be_read_again() {
    let api = Api::start(250).await;
    let job = api.complete_job("SELECT Id, Username FROM User").await;
    let first = api.results(&format!("{job}/results?maxRecords=100")).await;
    let second_path = format!("{job}/results?maxRecords=100&locator={}", first.locator);
    let second = api.results(&second_path).await;
    let third = api.results(&format!("{job}/results?locator={}", second.locator)).await;
    assert_eq!((first.count, second.count, third.count), (100, 100, 50));
    assert_eq!(third.locator, "null");
    assert!([&first, &second, &third].iter().all(|page| page.header() == "\"Id\",\"Username\""));
    let again = api.results(&second_path).await;
    assert_eq!((again.text, again.locator), (second.text.clone(), second.locator.clone()));
    let whole = api.results(&format!("{job}/results")).await;
    assert_eq!((whole.count, whole.locator.as_str()), (250, "null"));
    assert_eq!([first.rows(), second.rows(), third.rows()].concat(), whole.rows());
}

#[tokio::test]
async fn invalid_locators_and_sizes_are_refused() {
    let api = Api::start(30).await;
    let job = api.complete_job("SELECT Id FROM User").await;
    // MTAwMDA6NQ is a locator of a larger job: five rows at offset 10000.
    for (query, code) in [
        ("locator=nonsense!", "INVALID_QUERY_LOCATOR"),
        ("locator=MTAwMDA6NQ", "INVALID_QUERY_LOCATOR"),
        ("maxRecords=0", "API_ERROR"),
        ("maxRecords=many", "API_ERROR"),
    ] {
        let (status, body) = api.get(&format!("{job}/results?{query}")).await;
        assert_eq!((refusal(status, &body).0, refusal(status, &body).1.as_str()), (400, code), "{query}");
    }
}

#[tokio::test]
async fn results_need_a_completed_job_and_the_version_that_created_it() {
    let api = Api::start(30).await;
    let job = api.job("SELECT Id FROM User").await;
    let results = format!("{job}/results");
    let (status, body) = api.get(&results).await;
    let (status, code, _) = refusal(status, &body);
    assert_eq!((status, code.as_str()), (400, "INVALIDJOBSTATE"));
    assert_eq!(api.get(&job.replace("v62", "v63")).await.1["state"], "JobComplete", "info is for every version");
    assert_eq!(api.get(&results.replace("v62", "v63")).await.0, 409);
    assert_eq!(api.status(Method::GET, &results).await.0, 200);
}

#[tokio::test]
async fn results_have_the_rows_and_permissions_of_the_creation() {
    let api = Api::start(60).await;
    let active = api.simulator.expected().users.active;
    let job = api.complete_job("SELECT Id, Profile.UserLicense.Name FROM User WHERE IsActive = true").await;
    let id = api.id("SELECT Id FROM User WHERE IsActive = true AND Profile.Name = 'Sales Manager' LIMIT 1").await;
    api.control(Method::POST, &format!("users/{id}"), json!({ "isActive": false })).await;
    api.revoke("PermissionsViewSetup").await;
    let rows = api.results(&format!("{job}/results")).await.rows();
    assert_eq!(rows.len() as u64, active);
    assert!(rows.iter().any(|row| row[0] == id) && rows.iter().all(|row| !row[1].is_empty()));
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_one_result_page() {
    let api = Api::start(100_001).await;
    let job = api.complete_job("SELECT Id FROM User").await;
    let first = api.results(&format!("{job}/results")).await;
    assert_eq!(first.count, 100_000);
    let last = api.results(&format!("{job}/results?locator={}", first.locator)).await;
    assert_eq!((last.count, last.locator.as_str()), (1, "null"));
}
