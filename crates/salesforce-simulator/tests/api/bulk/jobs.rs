//! Creating, polling and aborting jobs.

use reqwest::Method;
use serde_json::{Value, json};

use super::JOBS;
use crate::client::{Api, refusal};

const QUERY: &str = "SELECT Id FROM User";

#[tokio::test]
async fn a_job_is_described_as_documented_and_completes_at_the_first_poll() {
    let api = Api::start(60).await;
    let me = api.id("SELECT Id FROM User WHERE Profile.Name = 'API Integration'").await;
    let (status, made) = api.make_job(json!({ "operation": "query", "query": QUERY })).await;
    let (id, created) = (made["id"].as_str().unwrap(), made["createdDate"].as_str().unwrap());
    assert!(id.starts_with("750") && id.len() == 18, "{id}");
    assert!(created.starts_with("2026-11-24T10:0") && created.ends_with(".000+0000"), "{created}");
    let mut expected = json!({
        "id": id, "operation": "query", "object": "User", "createdById": me, "createdDate": created,
        "systemModstamp": created, "state": "UploadComplete", "concurrencyMode": "Parallel", "contentType": "CSV",
        "apiVersion": 62.0, "lineEnding": "LF", "columnDelimiter": "COMMA",
    });
    assert_eq!((status, &made), (200, &expected));
    let (_, polled) = api.get(&format!("{JOBS}/{id}")).await;
    for (name, value) in [
        ("state", json!("JobComplete")),
        ("jobType", json!("V2Query")),
        ("numberRecordsProcessed", json!(60)),
        ("retries", json!(0)),
        ("isPkChunkingSupported", json!(true)),
    ] {
        expected[name] = value;
    }
    expected["systemModstamp"] = polled["systemModstamp"].clone();
    expected["totalProcessingTime"] = polled["totalProcessingTime"].clone();
    assert_eq!(polled, expected);
}

#[tokio::test]
async fn a_job_is_described_in_json_even_if_the_client_accepts_csv() {
    let api = Api::start(30).await;
    let request = api.http.post(api.url(JOBS)).bearer_auth(&api.token).header("accept", "text/csv; charset=UTF-8");
    let body = json!({
        "operation": "query", "query": QUERY, "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "CRLF",
    });
    let made: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!((&made["columnDelimiter"], &made["lineEnding"]), (&json!("COMMA"), &json!("CRLF")));
}

#[tokio::test]
async fn bodies_with_unknown_members_or_values_are_refused() {
    let api = Api::start(30).await;
    for (name, value) in [
        ("operation", json!("insert")),
        ("operation", json!("queryAll")),
        ("columnDelimiter", json!("comma")),
        ("columnDelimiter", json!("TAB")),
        ("lineEnding", json!("CR")),
        ("contentType", json!("JSON")),
        ("object", json!("User")),
        ("query", json!(5)),
        ("query", Value::Null),
    ] {
        let mut body = json!({ "operation": "query", "query": QUERY });
        body[name] = value;
        let (status, answer) = api.make_job(body).await;
        let (status, code, message) = refusal(status, &answer);
        assert_eq!((status, code.as_str()), (400, "JSON_PARSER_ERROR"), "{name}: {message}");
    }
    let (status, answer) = api.make_job(json!({ "query": QUERY })).await;
    assert_eq!(refusal(status, &answer).1, "JSON_PARSER_ERROR");
}

/// Invalid queries of jobs, with the code and a part of the message.
const REFUSED: &[(&str, &str, &str)] = &[
    ("SELECT COUNT() FROM User", "API_ERROR", "Aggregate Functions not supported in Bulk V2 Query"),
    ("SELECT MAX(LastLoginDate) FROM User", "MALFORMED_QUERY", "unexpected token: '('"),
    ("SELECT TYPEOF Manager WHEN User THEN Id END FROM User", "MALFORMED_QUERY", "unexpected token"),
    ("SELECT Id, Id FROM User", "MALFORMED_QUERY", "duplicate field selected: Id"),
    ("SELECT Foo FROM User", "INVALID_FIELD", "No such column 'Foo' on entity 'User'."),
    ("SELECT Id FROM UserLicenseX", "INVALID_TYPE", "sObject type 'UserLicenseX' is not supported."),
    ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
];

#[tokio::test]
async fn invalid_queries_are_refused_at_creation() {
    let api = Api::start(30).await;
    for (soql, code, message) in REFUSED {
        let (status, answer) = api.make_job(json!({ "operation": "query", "query": soql })).await;
        let (status, own_code, own_message) = refusal(status, &answer);
        assert_eq!((status, own_code.as_str()), (400, *code), "{soql}: {own_message}");
        assert!(own_message.contains(message), "{soql}: {own_message}");
    }
    assert_eq!(api.control(Method::GET, "requests/bulk", Value::Null).await, json!({}));
}

#[tokio::test]
async fn jobs_do_not_return_hidden_fields() {
    let api = Api::start(60).await;
    api.set_faults(json!({ "hideFields": ["User.Department"], "privateUsers": true })).await;
    api.revoke("PermissionsViewSetup").await;
    for (soql, code) in [
        ("SELECT Department FROM User", "INVALID_FIELD"),
        ("SELECT Profile.UserLicense.Name FROM User", "INVALID_FIELD"),
        ("SELECT Id FROM UserLicense", "INVALID_TYPE"),
    ] {
        let (status, answer) = api.make_job(json!({ "operation": "query", "query": soql })).await;
        assert_eq!(refusal(status, &answer).1, code, "{soql}");
    }
    api.revoke("PermissionsViewAllUsers").await;
    let job = api.complete_job(QUERY).await;
    assert_eq!(api.results(&format!("{job}/results")).await.count, 1);
}

#[tokio::test]
async fn a_job_that_does_not_exist_is_not_found() {
    let api = Api::start(30).await;
    let job = api.job(QUERY).await;
    let unknown = [format!("{JOBS}/750000000000zlh9IAA"), format!("{JOBS}/nonsense"), job.replace("/750", "/005")];
    for path in unknown {
        for path in [path.clone(), format!("{path}/results")] {
            let (status, body) = api.get(&path).await;
            let expected = (404, "NOT_FOUND".to_owned(), "The requested resource does not exist".to_owned());
            assert_eq!(refusal(status, &body), expected, "{path}");
        }
    }
    assert_eq!(api.get(&format!("{job}/resultPages")).await.0, 404);
    assert_eq!(api.get("/services/data/v62.0").await.1["jobs"], "/services/data/v62.0/jobs");
    for method in [Method::PUT, Method::GET] {
        assert_eq!(api.status(method, JOBS).await.0, 405);
    }
    assert_eq!(api.status(Method::DELETE, &job).await.0, 405);
}

#[tokio::test]
async fn only_an_unfinished_job_can_be_aborted() {
    let api = Api::start(30).await;
    let job = api.job(QUERY).await;
    let (status, aborted) = api.call(Method::PATCH, &job, json!({ "state": "Aborted" })).await;
    assert_eq!((status, &aborted["state"]), (200, &json!("Aborted")));
    assert_eq!(api.state(&job).await, "Aborted", "no poll brings it back");
    let complete = api.complete_job(QUERY).await;
    for path in [&job, &complete] {
        let (status, body) = api.call(Method::PATCH, path, json!({ "state": "Aborted" })).await;
        let expected = (400, "INVALIDJOBSTATE".to_owned(), "Aborting already Completed Job not allowed".to_owned());
        assert_eq!(refusal(status, &body), expected);
    }
    let (status, body) = api.call(Method::PATCH, &complete, json!({ "state": "UploadComplete" })).await;
    assert_eq!(refusal(status, &body).1, "JSON_PARSER_ERROR");
}

#[tokio::test]
async fn a_job_belongs_to_its_user_unless_another_may_view_setup() {
    let mut api = Api::start(300).await;
    let own = api.complete_job(QUERY).await;
    let colleague = "SELECT Username FROM User WHERE IsActive = true AND Profile.Name = 'Sales Manager' \
                     AND Id IN (SELECT UserId FROM UserLogin WHERE IsFrozen = false) LIMIT 1";
    let username = api.query(colleague).await["records"][0]["Username"].as_str().unwrap().to_owned();
    let mine = std::mem::take(&mut api.token);
    api.log_in_as(&username).await;
    assert_eq!(api.get(&own).await.0, 404, "another user's job");
    let theirs = api.complete_job(QUERY).await;
    api.token = mine;
    assert_eq!(api.get(&theirs).await.0, 200);
}
