//! Making, polling, listing, aborting and deleting jobs.

use reqwest::Method;
use serde_json::{Value, json};

use super::JOBS;
use crate::client::{Api, refusal};

const QUERY: &str = "SELECT Id FROM User";

#[tokio::test]
async fn a_job_is_answered_as_documented_and_complete_at_the_first_poll() {
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
async fn a_client_that_asks_for_csv_gets_json_of_a_new_job() {
    let api = Api::start(30).await;
    let request = api.http.post(api.url(JOBS)).bearer_auth(&api.token).header("accept", "text/csv; charset=UTF-8");
    let body = json!({
        "operation": "queryAll", "query": QUERY, "contentType": "CSV", "columnDelimiter": "TAB", "lineEnding": "CRLF",
    });
    let made: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&made["operation"], &made["columnDelimiter"], &made["lineEnding"]),
        (&json!("queryAll"), &json!("TAB"), &json!("CRLF"))
    );
}

#[tokio::test]
async fn bodies_with_unknown_members_or_values_are_refused() {
    let api = Api::start(30).await;
    for (name, value) in [
        ("operation", json!("insert")),
        ("columnDelimiter", json!("comma")),
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

/// Queries that REST may answer and a job does not, with the code and a part of the message.
const REFUSED: &[(&str, &str, &str)] = &[
    ("SELECT COUNT() FROM User", "API_ERROR", "Aggregate Functions not supported in Bulk V2 Query"),
    ("SELECT MAX(LastLoginDate) FROM User", "API_ERROR", "Aggregate Functions not supported"),
    ("SELECT UserType FROM User GROUP BY UserType", "API_ERROR", "GROUP BY not supported"),
    ("SELECT Id FROM User ORDER BY Id LIMIT 5 OFFSET 5", "API_ERROR", "OFFSET not supported"),
    (
        "SELECT Id, (SELECT Id FROM PermissionSetLicenseAssignments) FROM User",
        "API_ERROR",
        "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
    ),
    ("SELECT FIELDS(ALL) FROM User LIMIT 200", "MALFORMED_QUERY", "not supported with an unbounded set of fields"),
    ("SELECT TYPEOF Manager WHEN User THEN Id END FROM User", "MALFORMED_QUERY", "unexpected token"),
    ("SELECT Id, Id FROM User", "MALFORMED_QUERY", "duplicate field selected: Id"),
    ("SELECT Foo FROM User", "INVALID_FIELD", "No such column 'Foo' on entity 'User'."),
    ("SELECT Id FROM UserLicenseX", "INVALID_TYPE", "sObject type 'UserLicenseX' is not supported."),
    ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
];

#[tokio::test]
async fn queries_that_no_job_serves_are_refused_as_it_is_made() {
    let api = Api::start(30).await;
    for (soql, code, message) in REFUSED {
        let (status, answer) = api.make_job(json!({ "operation": "query", "query": soql })).await;
        let (status, own_code, own_message) = refusal(status, &answer);
        assert_eq!((status, own_code.as_str()), (400, *code), "{soql}: {own_message}");
        assert!(own_message.contains(message), "{soql}: {own_message}");
    }
    let (_, list) = api.get(JOBS).await;
    assert_eq!(list, json!({ "done": true, "records": [], "nextRecordsUrl": null }));
}

#[tokio::test]
async fn what_permissions_hide_from_queries_they_hide_from_jobs() {
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
    assert_eq!(api.sheet(&format!("{job}/results")).await.count, 1);
}

#[tokio::test]
async fn a_job_that_does_not_exist_is_not_found() {
    let api = Api::start(30).await;
    let job = api.job(QUERY).await;
    let unknown = [format!("{JOBS}/750000000000zlh9IAA"), format!("{JOBS}/nonsense"), job.replace("/750", "/005")];
    for path in unknown {
        for path in [path.clone(), format!("{path}/results"), format!("{path}/resultPages")] {
            let (status, body) = api.get(&path).await;
            let expected = (404, "NOT_FOUND".to_owned(), "The requested resource does not exist".to_owned());
            assert_eq!(refusal(status, &body), expected, "{path}");
        }
    }
    assert_eq!(api.get("/services/data/v46.0/jobs/query").await.0, 404, "query jobs came with v47");
    assert_eq!(api.get("/services/data/v62.0").await.1["jobs"], "/services/data/v62.0/jobs");
    assert_eq!(api.status(Method::PUT, JOBS).await.0, 405);
}

#[tokio::test]
async fn a_job_is_aborted_while_it_is_under_way_and_not_after() {
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
async fn a_job_is_deleted_unless_it_is_in_progress() {
    let api = Api::start(30).await;
    api.set_faults(json!({ "bulk": { "inProgressPolls": 1 } })).await;
    let job = api.job(QUERY).await;
    assert_eq!(api.state(&job).await, "InProgress");
    let (status, body) = api.status(Method::DELETE, &job).await;
    assert_eq!(refusal(status, &body).1, "INVALIDJOBSTATE");
    assert_eq!(api.state(&job).await, "JobComplete");
    assert_eq!(api.status(Method::DELETE, &job).await.0, 204);
    assert_eq!(api.get(&job).await.0, 404);
    let waiting = api.job(QUERY).await;
    assert_eq!(api.status(Method::DELETE, &waiting).await.0, 204);
}

#[tokio::test]
async fn jobs_are_listed_for_who_made_them_and_for_who_may_view_setup() {
    let mut api = Api::start(300).await;
    let own = api.complete_job(QUERY).await;
    let (_, list) = api.get(&format!("{JOBS}?jobType=V2Query&concurrencyMode=parallel")).await;
    assert_eq!((&list["done"], &list["nextRecordsUrl"]), (&json!(true), &Value::Null));
    let listed = &list["records"][0];
    assert_eq!((&listed["state"], &listed["jobType"]), (&json!("JobComplete"), &json!("V2Query")));
    assert_eq!(api.get(&format!("{JOBS}?jobType=Classic")).await.1["records"], json!([]));
    let colleague = "SELECT Username FROM User WHERE IsActive = true AND Profile.Name = 'Sales Manager' \
                     AND Id IN (SELECT UserId FROM UserLogin WHERE IsFrozen = false) LIMIT 1";
    let username = api.query(colleague).await["records"][0]["Username"].as_str().unwrap().to_owned();
    let form = [("grant_type", "password"), ("username", username.as_str()), ("password", "correct horse")];
    let mine = std::mem::take(&mut api.token);
    api.token = api.token(&form).await.1["access_token"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&own).await.0, 404, "another's job is not there");
    assert_eq!(api.status(Method::DELETE, &own).await.0, 404);
    let theirs = api.complete_job(QUERY).await;
    assert_eq!(api.get(JOBS).await.1["records"].as_array().unwrap().len(), 1);
    api.token = mine;
    assert_eq!(api.get(&theirs).await.0, 200);
    assert_eq!(api.get(JOBS).await.1["records"].as_array().unwrap().len(), 2);
}
