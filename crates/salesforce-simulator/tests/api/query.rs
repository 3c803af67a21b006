//! SOQL queries: results, pages and errors.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, refusal, settings};

#[tokio::test]
async fn pages_follow_the_locator_and_can_be_read_again() {
    let api = Api::start(4500).await;
    let first = api.query("SELECT Id FROM User").await;
    assert_eq!(first["totalSize"], 4500);
    assert_eq!(first["done"], false);
    let next = first["nextRecordsUrl"].as_str().unwrap();
    assert!(next.starts_with("/services/data/v62.0/query/01g") && next.ends_with("-2000"), "{next}");
    let (_, again) = api.get(&format!("{next}?q=ignored")).await;
    assert_eq!(api.get(next).await.1, again);
    assert_eq!(again["records"].as_array().unwrap().len(), 2000);
    let rows = api.rows("SELECT Id FROM User").await;
    assert_eq!(rows.len(), 4500);
    let ids: Vec<&str> = rows.iter().map(|row| row["Id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted());
}

#[tokio::test]
async fn a_batch_size_is_a_hint_within_bounds() {
    let api = Api::start(600).await;
    for (asked, expected) in [("batchSize=250", 250), ("batchSize=5", 200), ("batchSize=9999", 600)] {
        let url = api.url("/services/data/v62.0/query?q=SELECT+Id+FROM+User");
        let request = api.http.get(url).bearer_auth(&api.token).header("Sforce-Query-Options", asked);
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(body["records"].as_array().unwrap().len(), expected, "{asked}");
    }
}

#[tokio::test]
async fn the_eleventh_cursor_closes_the_first() {
    let api = Api::start(2500).await;
    let mut locators = Vec::new();
    for _ in 0..11 {
        let page = api.query("SELECT Id FROM User").await;
        locators.push(page["nextRecordsUrl"].as_str().unwrap().to_owned());
    }
    let (status, body) = api.get(&locators[0]).await;
    assert_eq!(refusal(status, &body).1, "INVALID_QUERY_LOCATOR");
    assert_eq!(api.get(&locators[1]).await.0, 200);
}

#[tokio::test]
async fn forgotten_and_foreign_locators_are_refused() {
    let api = Api::start(2500).await;
    let next = api.query("SELECT Id FROM User").await["nextRecordsUrl"].as_str().unwrap().to_owned();
    api.set_faults(json!({ "cursorIdleSeconds": 0 })).await;
    let (status, body) = api.get(&next).await;
    assert_eq!(refusal(status, &body), (400, "INVALID_QUERY_LOCATOR".into(), "invalid query locator".into()));
    let (status, body) = api.get("/services/data/v62.0/query/nonsense-5").await;
    assert_eq!(refusal(status, &body).1, "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn responses_have_at_most_as_many_rows_as_a_fault_allows() {
    let api = Api::start(50).await;
    api.set_faults(json!({ "rowsPerAnswer": 20 })).await;
    let first = api.query("SELECT Id FROM User").await;
    assert_eq!((first["records"].as_array().unwrap().len(), &first["totalSize"]), (20, &json!(50)));
    assert!(first["nextRecordsUrl"].as_str().unwrap().ends_with("-20"));
    assert_eq!(api.rows("SELECT Id FROM User").await.len(), 50);
    assert_eq!(api.query("SELECT COUNT() FROM User").await["totalSize"], 50);
}

#[tokio::test]
async fn locators_of_one_object_or_of_all_are_refused_with_the_error_of_the_fault() {
    let api = Api::start(50).await;
    let mut fault =
        json!({ "status": 401, "errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid" });
    let next = async |object: &str| {
        let first = api.query(&format!("SELECT Id FROM {object}")).await;
        let (status, body) = api.get(first["nextRecordsUrl"].as_str().unwrap()).await;
        if status == 200 { "".to_owned() } else { refusal(status, &body).1 }
    };
    api.set_faults(json!({ "rowsPerAnswer": 5, "locatorRefusal": fault })).await;
    assert_eq!([next("User").await, next("Profile").await], ["INVALID_SESSION_ID"; 2]);
    fault["object"] = json!("User");
    api.set_faults(json!({ "rowsPerAnswer": 5, "locatorRefusal": fault })).await;
    assert_eq!([next("User").await, next("Profile").await], ["INVALID_SESSION_ID", ""]);
}

#[tokio::test]
async fn records_nest_their_parents() {
    let api = Api::start(60).await;
    let body = api
        .query(
            "select id, profile.name, Profile.UserLicense.LicenseDefinitionKey, Manager.Username FROM user \
             WHERE IsActive = true ORDER BY Id LIMIT 60",
        )
        .await;
    let records = body["records"].as_array().unwrap();
    let first = &records[0];
    assert_eq!(first["attributes"]["type"], "User");
    assert_eq!(first["Profile"]["UserLicense"]["LicenseDefinitionKey"], "SFDC");
    assert_eq!(first["Manager"], Value::Null);
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert!(keys.contains(&&"Id".to_owned()), "names are in the schema's case");
    assert_eq!(first["Profile"]["Name"], "API Integration");
    let url = first["Profile"]["attributes"]["url"].as_str().unwrap();
    assert!(url.starts_with("/services/data/v62.0/sobjects/Profile/00e"), "{url}");
}

#[tokio::test]
async fn a_count_has_its_own_shape() {
    let api = Api::start(300).await;
    assert_eq!(api.query("SELECT COUNT() FROM User").await, json!({"totalSize":300,"done":true,"records":[]}));
}

#[tokio::test]
async fn equivalent_queries_return_the_same_rows() {
    let api = Api::start(400).await;
    let all = "SELECT Id, UserId, LoginTime FROM LoginHistory";
    let everything = api.rows(all).await;
    let since = "2026-10-25T10:00:00Z";
    let by_index = api.rows(&format!("{all} WHERE LoginTime >= {since} ORDER BY LoginTime, Id")).await;
    let by_scan =
        everything.iter().filter(|row| row["LoginTime"].as_str().unwrap() >= "2026-10-25T10:00:00.000").count();
    assert_eq!(by_index.len(), by_scan);
    let times: Vec<&str> = by_index.iter().map(|row| row["LoginTime"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    let users: Vec<&str> = everything.iter().take(30).map(|row| row["UserId"].as_str().unwrap()).collect();
    let list = users.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let by_user = api.rows(&format!("{all} WHERE UserId IN ({list})")).await;
    let by_hand = everything.iter().filter(|row| users.contains(&row["UserId"].as_str().unwrap())).count();
    assert_eq!(by_user.len(), by_hand);
}

#[tokio::test]
async fn keyset_queries_over_logins_read_every_row_once() {
    let api = Api::start(700).await;
    let total = api.count("SELECT COUNT() FROM LoginHistory").await;
    let mut seen = std::collections::BTreeSet::new();
    let mut after = String::new();
    loop {
        let body = api
            .query(&format!("SELECT Id, LoginTime FROM LoginHistory {after} ORDER BY LoginTime, Id LIMIT 300"))
            .await;
        let records = body["records"].as_array().unwrap();
        for record in records {
            assert!(seen.insert(record["Id"].as_str().unwrap().to_owned()));
        }
        let Some(last) = records.last().filter(|_| records.len() == 300) else { break };
        let time = last["LoginTime"].as_str().unwrap().replace(".000+0000", "Z");
        let id = last["Id"].as_str().unwrap();
        after = format!("WHERE LoginTime > {time} OR (LoginTime = {time} AND Id > '{id}')");
    }
    assert_eq!(seen.len() as u64, total);
}

#[tokio::test]
async fn conditions_select_matching_rows() {
    let api = Api::start(300).await;
    let total = api.count("SELECT COUNT() FROM User").await;
    for (condition, complement) in [
        ("IsActive = true", "IsActive = false"),
        ("LastLoginDate = null", "LastLoginDate != null"),
        ("LastLoginDate >= 2026-10-25T00:00:00Z", "NOT LastLoginDate >= 2026-10-25T00:00:00Z"),
        ("Department IN ('Sales', 'finance')", "Department NOT IN ('Sales', 'Finance')"),
        ("Department = 'Sales'", "Department <> 'sales'"),
        (
            "Id IN (SELECT AssigneeId FROM PermissionSetLicenseAssign)",
            "Id NOT IN (SELECT AssigneeId FROM PermissionSetLicenseAssign)",
        ),
        ("Profile.UserLicense.Name = 'Salesforce'", "Profile.UserLicense.Name != 'Salesforce'"),
        ("Title = 'VP \\\"Global\\\" Sales\\\\Service'", "Title != 'VP \\\"Global\\\" Sales\\\\Service'"),
    ] {
        let yes = api.count(&format!("SELECT COUNT() FROM User WHERE {condition}")).await;
        let no = api.count(&format!("SELECT COUNT() FROM User WHERE {complement}")).await;
        assert_eq!(yes + no, total, "{condition}");
        assert!(yes > 0 && no > 0, "{condition}");
    }
}

#[tokio::test]
async fn null_sorts_as_the_smallest_value() {
    let api = Api::start(200).await;
    for (order, null_first) in [("ASC", true), ("DESC", false)] {
        let rows = api.rows(&format!("SELECT LastLoginDate FROM User ORDER BY LastLoginDate {order}")).await;
        assert_eq!(rows[0]["LastLoginDate"].is_null(), null_first, "{order}");
        assert_eq!(rows[199]["LastLoginDate"].is_null(), !null_first, "{order}");
    }
}

#[tokio::test]
async fn limits_cut_the_ordered_rows() {
    let api = Api::start(100).await;
    let all = api.rows("SELECT Id FROM User ORDER BY Id").await;
    let cut = api.rows("SELECT Id FROM User ORDER BY Id LIMIT 10").await;
    let ids = |rows: &[Value]| rows.iter().map(|row| row["Id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&cut), ids(&all[..10]));
    let from = all[49]["Id"].as_str().unwrap();
    let after = api.rows(&format!("SELECT Id FROM User WHERE Id > '{from}' ORDER BY Id LIMIT 7")).await;
    assert_eq!(ids(&after), ids(&all[50..57]));
    let before = api.rows(&format!("SELECT Id FROM User WHERE Id <= '{from}' ORDER BY Id DESC LIMIT 3")).await;
    assert_eq!(before[0]["Id"], all[49]["Id"]);
}

/// Invalid queries, with the code and a part of the message.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "SELECT Id, Foo FROM User",
        "INVALID_FIELD",
        "\nSELECT Id, Foo FROM User\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo' on entity 'User'.",
    ),
    (
        "SELECT Id FROM UserLicenseX",
        "INVALID_TYPE",
        "\nSELECT Id FROM UserLicenseX\n               ^\nERROR at Row:1:Column:16\nsObject type 'UserLicenseX' is not supported.",
    ),
    ("SELECT Id FORM User", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
    ("SELECT Id FROM User WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
    (
        "SELECT Id FROM User WHERE IsActive = true AND Name = 'a' OR Name = 'b'",
        "MALFORMED_QUERY",
        "unexpected token: 'OR'",
    ),
    ("SELECT Id, Id FROM User", "MALFORMED_QUERY", "duplicate field selected: Id"),
    ("SELECT Boss.Name FROM User", "INVALID_FIELD", "Didn't understand relationship 'Boss' in field path."),
    ("SELECT Id FROM User WHERE Id = '123'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: 123"),
    (
        "SELECT Id FROM LoginHistory WHERE Status = 'Success'",
        "INVALID_QUERY_FILTER_OPERATOR",
        "field 'Status' can not be filtered in a query call",
    ),
    (
        "SELECT Id FROM UserLicense WHERE UsedLicenses > 1",
        "INVALID_QUERY_FILTER_OPERATOR",
        "field 'UsedLicenses' can not be filtered in a query call",
    ),
    ("SELECT Id FROM User WHERE IsActive > true", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean field"),
    (
        "SELECT Id FROM TenantUsageEntitlement ORDER BY MasterLabel",
        "MALFORMED_QUERY",
        "field 'MasterLabel' can not be sorted in a query call",
    ),
    (
        "SELECT Id FROM User WHERE CreatedDate > '2026-01-01'",
        "INVALID_FIELD",
        "must be of type dateTime and should not be enclosed in quotes",
    ),
    ("SELECT Id FROM User WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be enclosed in quotes"),
    ("SELECT Id FROM User WHERE Name = 'open", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
    ("SELECT Name FROM User LIMIT 5 5", "MALFORMED_QUERY", "unexpected token: '5'"),
    ("SELECT Name, COUNT(Id) FROM User GROUP BY Name", "MALFORMED_QUERY", "unexpected token: '('"),
    ("SELECT Id FROM User WHERE CreatedDate > LAST_N_DAYS:30", "MALFORMED_QUERY", "unexpected token: ':'"),
    ("SELECT Id FROM User LIMIT 5 OFFSET 5", "MALFORMED_QUERY", "unexpected token: 'OFFSET'"),
];

#[tokio::test]
async fn invalid_queries_are_refused_with_the_errors_of_salesforce() {
    let api = Api::start(30).await;
    for (soql, code, message) in REFUSED {
        let (status, own_code, own_message) = api.refused(soql).await;
        assert_eq!((status, own_code.as_str()), (400, *code), "{soql}: {own_message}");
        assert!(own_message.contains(message), "{soql}: {own_message}");
    }
    assert_eq!(api.query_at(63, "SELECT Id FROM UserLicense WHERE UsedLicenses > 1").await.0, 200);
}

#[tokio::test]
async fn a_count_by_id_is_correct() {
    let api = Api::start_with(settings(100_000)).await;
    let id = api.id("SELECT Id FROM User ORDER BY Id DESC LIMIT 1").await;
    assert_eq!(api.count(&format!("SELECT COUNT() FROM User WHERE Id < '{id}'")).await, 99_999);
    assert_eq!(api.count(&format!("SELECT COUNT() FROM User WHERE Id > '{id}'")).await, 0);
}

#[tokio::test]
async fn resources_have_their_documented_urls() {
    let api = Api::start(30).await;
    let (status, versions) = api.get("/services/data").await;
    assert_eq!(status, 200);
    let labels: Vec<&Value> = versions.as_array().unwrap().iter().filter(|v| v["version"] == "67.0").collect();
    assert_eq!(labels[0]["label"], "Summer '26");
    assert_eq!(versions.as_array().unwrap().last().unwrap()["label"], "Winter '27");
    assert_eq!(api.get("/services/data/v62.0").await.1["query"], "/services/data/v62.0/query");
    assert_eq!(api.get("/services/data/v20.0/limits").await.0, 410);
    assert_eq!(api.get("/services/data/v99.0/limits").await.0, 404);
    assert_eq!(api.get("/services/data/v62.0//limits").await.0, 404);
    assert_eq!(api.send(Method::POST, "/services/data/v62.0/query", None).await.status(), 405);
    let long = format!("/services/data/v62.0/query?q={}", "x".repeat(17_000));
    assert_eq!(api.get(&long).await.0, 414);
    let response = api.send(Method::GET, "/services/data/v62.0/limits/", None).await;
    let usage = response.headers()["sforce-limit-info"].to_str().unwrap().to_owned();
    assert!(usage.starts_with("api-usage=") && usage.ends_with("/100000"), "{usage}");
    assert_eq!(response.headers()["content-type"], "application/json;charset=UTF-8");
    assert_eq!(response.json::<Value>().await.unwrap()["DailyApiRequests"]["Max"], 100_000);
}
