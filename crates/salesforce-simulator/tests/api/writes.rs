//! Writes to users, UserLogin and assignments, single and in collections.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, refusal};

async fn ordinary_users(api: &Api, count: usize) -> Vec<String> {
    let soql = format!(
        "SELECT Id FROM User WHERE IsActive = true AND UserType = 'Standard' AND Profile.Name = 'Sales Manager' LIMIT {count}"
    );
    api.rows(&soql).await.iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
}

async fn used(api: &Api, key: &str) -> i64 {
    let soql = format!("SELECT UsedLicenses FROM UserLicense WHERE LicenseDefinitionKey = '{key}'");
    api.query(&soql).await["records"][0]["UsedLicenses"].as_i64().unwrap()
}

#[tokio::test]
async fn deactivation_frees_the_seat_and_leaves_the_assignments() {
    let api = Api::start(300).await;
    let holder = "SELECT Id, AssigneeId FROM PermissionSetLicenseAssign WHERE Assignee.IsActive = true AND \
                  Assignee.Profile.Name = 'Sales Manager' LIMIT 1";
    let user = api.query(holder).await["records"][0]["AssigneeId"].as_str().unwrap().to_owned();
    let held = format!("SELECT COUNT() FROM PermissionSetLicenseAssign WHERE AssigneeId = '{user}'");
    let (before, assignments) = (used(&api, "SFDC").await, api.count(&held).await);
    for _ in 0..2 {
        let (status, _) = api.patch(&format!("sobjects/User/{user}"), json!({ "IsActive": false })).await;
        assert_eq!(status, 204);
        assert_eq!(used(&api, "SFDC").await, before - 1);
    }
    assert_eq!(api.count(&held).await, assignments);
    assert_eq!(api.simulator.expected().licenses["SFDC"].used as i64, before - 1);
    api.patch(&format!("sobjects/User/{user}"), json!({ "IsActive": true })).await;
    assert_eq!(used(&api, "SFDC").await, before);
}

#[tokio::test]
async fn a_user_cannot_be_reactivated_without_a_free_seat() {
    let api = Api::start(100).await;
    let user = &ordinary_users(&api, 1).await[0];
    api.patch(&format!("sobjects/User/{user}"), json!({ "IsActive": false })).await;
    api.set_faults(json!({ "fullPools": ["SFDC"] })).await;
    let (status, body) = api.patch(&format!("sobjects/User/{user}"), json!({ "IsActive": true })).await;
    assert_eq!(refusal(status, &body), (400, "LICENSE_LIMIT_EXCEEDED".into(), "License Limit Exceeded".into()));
}

#[tokio::test]
async fn deactivations_are_refused_for_documented_reasons() {
    let api = Api::start(100).await;
    let user = ordinary_users(&api, 1).await.remove(0);
    let block = json!({ "errorCode": "FIELD_INTEGRITY_EXCEPTION", "message": "You cannot deactivate the Default Workflow User" });
    api.set_faults(json!({ "blockedDeactivations": { user.as_str(): block } })).await;
    let (status, body) = api.patch(&format!("sobjects/User/{user}"), json!({ "IsActive": false })).await;
    assert_eq!(refusal(status, &body).1, "FIELD_INTEGRITY_EXCEPTION");
    assert_eq!(body[0]["fields"], json!(["IsActive"]));
    let admins = api.rows("SELECT Id FROM User WHERE Profile.Name = 'System Administrator'").await;
    let codes = [204, 400];
    for (row, expected) in admins.iter().zip(codes) {
        let path = format!("sobjects/User/{}", row["Id"].as_str().unwrap());
        let (status, body) = api.patch(&path, json!({ "IsActive": false })).await;
        assert_eq!(status, expected, "{body}");
        assert!(status == 204 || body[0]["errorCode"] == "CANNOT_DISABLE_LAST_ADMIN");
    }
    let me = api.id("SELECT Id FROM User WHERE Profile.Name = 'API Integration'").await;
    let (status, _) = api.patch(&format!("sobjects/User/{me}"), json!({ "IsActive": false })).await;
    assert_eq!(status, 400);
    let machine = api.id("SELECT Id FROM User WHERE UserType = 'AutomatedProcess'").await;
    let (status, body) = api.patch(&format!("sobjects/User/{machine}"), json!({ "IsActive": false })).await;
    assert_eq!(refusal(status, &body).1, "INSUFFICIENT_ACCESS_OR_READONLY");
}

#[tokio::test]
async fn freezing_blocks_the_user_and_frees_no_seat() {
    let api = Api::start(100).await;
    let user = ordinary_users(&api, 1).await.remove(0);
    let before = used(&api, "SFDC").await;
    let login = api.id(&format!("SELECT Id FROM UserLogin WHERE UserId = '{user}'")).await;
    assert_eq!(api.patch(&format!("sobjects/UserLogin/{login}"), json!({ "IsFrozen": true })).await.0, 204);
    assert_eq!(used(&api, "SFDC").await, before);
    let expected = api.control(Method::GET, &format!("expected/users/{user}"), Value::Null).await;
    assert_eq!((expected["frozen"].clone(), expected["active"].clone()), (json!(true), json!(true)));
    let (status, body) = api.patch(&format!("sobjects/UserLogin/{login}"), json!({ "IsPasswordLocked": true })).await;
    assert_eq!(refusal(status, &body).1, "FIELD_INTEGRITY_EXCEPTION");
}

#[tokio::test]
async fn bad_writes_are_refused_with_their_codes() {
    let api = Api::start(60).await;
    let user = ordinary_users(&api, 1).await.remove(0);
    let missing = "005000000000ZZZAA2";
    for (path, body, status, code) in [
        (format!("User/{user}"), json!({ "Nope": 1 }), 400, "INVALID_FIELD"),
        (
            format!("User/{user}"),
            json!({ "LastLoginDate": "2026-01-01T00:00:00Z" }),
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
        (format!("User/{user}"), json!({ "IsActive": "no" }), 400, "JSON_PARSER_ERROR"),
        (format!("User/{user}"), json!({ "Alias": "far too long" }), 400, "STRING_TOO_LONG"),
        (format!("User/{user}"), json!({ "ProfileId": "00e000000000001AAA" }), 400, "INVALID_CROSS_REFERENCE_KEY"),
        (format!("User/{user}"), json!([1]), 400, "JSON_PARSER_ERROR"),
        (format!("User/{missing}"), json!({ "IsActive": false }), 404, "NOT_FOUND"),
        ("User/123".to_owned(), json!({ "IsActive": false }), 400, "MALFORMED_ID"),
        ("Nothing/123".to_owned(), json!({ "IsActive": false }), 404, "NOT_FOUND"),
    ] {
        let (own_status, answer) = api.patch(&format!("sobjects/{path}"), body.clone()).await;
        let refused = refusal(own_status, &answer);
        assert_eq!((refused.0, refused.1.as_str()), (status, code), "{path} {body}: {answer}");
    }
    let (status, body) =
        api.call(Method::DELETE, &format!("/services/data/v62.0/sobjects/User/{user}"), Value::Null).await;
    assert_eq!(refusal(status, &body).1, "INSUFFICIENT_ACCESS_OR_READONLY");
}

#[tokio::test]
async fn a_removed_assignment_can_be_created_again() {
    let api = Api::start(300).await;
    let soql = "SELECT Id, AssigneeId, PermissionSetLicenseId FROM PermissionSetLicenseAssign \
                WHERE PermissionSetLicense.DeveloperName = 'AcmeDispatchPsl' LIMIT 1";
    let row = api.query(soql).await["records"][0].clone();
    let path = format!("/services/data/v62.0/sobjects/PermissionSetLicenseAssign/{}", row["Id"].as_str().unwrap());
    let before = api.simulator.expected().permission_set_licenses["AcmeDispatchPsl"];
    assert_eq!(api.call(Method::DELETE, &path, Value::Null).await.0, 204);
    assert_eq!(api.simulator.expected().permission_set_licenses["AcmeDispatchPsl"], before - 1);
    let (status, body) = api.call(Method::DELETE, &path, Value::Null).await;
    assert_eq!(refusal(status, &body).0, 404);
    assert_eq!(refusal(status, &body).1, "ENTITY_IS_DELETED");
    let new = json!({ "AssigneeId": row["AssigneeId"], "PermissionSetLicenseId": row["PermissionSetLicenseId"] });
    let (status, body) =
        api.call(Method::POST, "/services/data/v62.0/sobjects/PermissionSetLicenseAssign", new.clone()).await;
    assert_eq!((status, body["success"].clone()), (201, json!(true)));
    let id = body["id"].as_str().unwrap();
    assert_eq!(api.count(&format!("SELECT COUNT() FROM PermissionSetLicenseAssign WHERE Id = '{id}'")).await, 1);
    let (status, body) = api.call(Method::POST, "/services/data/v62.0/sobjects/PermissionSetLicenseAssign", new).await;
    assert_eq!(refusal(status, &body).1, "DUPLICATE_VALUE");
}

#[tokio::test]
async fn a_license_required_by_a_permission_set_cannot_be_removed() {
    let api = Api::start(400).await;
    let row = api
        .query(
            "SELECT Id, AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Analytics_Viewer' LIMIT 1",
        )
        .await["records"][0]
        .clone();
    let user = row["AssigneeId"].as_str().unwrap();
    let held = format!(
        "SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = '{user}' AND PermissionSetLicense.DeveloperName = 'EinsteinAnalyticsPlusPsl'"
    );
    let seat = format!("/services/data/v62.0/sobjects/PermissionSetLicenseAssign/{}", api.id(&held).await);
    let (status, body) = api.call(Method::DELETE, &seat, Value::Null).await;
    assert_eq!(refusal(status, &body).1, "FIELD_INTEGRITY_EXCEPTION");
    api.set_faults(json!({ "freeLicenseWithPermissionSet": true })).await;
    let assignment = format!("/services/data/v62.0/sobjects/PermissionSetAssignment/{}", row["Id"].as_str().unwrap());
    assert_eq!(api.call(Method::DELETE, &assignment, Value::Null).await.0, 204);
    assert_eq!(api.call(Method::DELETE, &seat, Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_collection_reports_each_record_on_its_own() {
    let api = Api::start(100).await;
    let users = ordinary_users(&api, 2).await;
    let record = |id: &str| json!({ "attributes": { "type": "User" }, "id": id, "IsActive": false });
    let records = json!([record(&users[0]), record("005000000000ZZZAA2"), record(&users[1])]);
    let (status, body) = api.patch("composite/sobjects", json!({ "allOrNone": true, "records": records })).await;
    assert_eq!(status, 200);
    assert_eq!(body[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(body[1]["errors"][0]["statusCode"], "NOT_FOUND");
    let active = format!("SELECT COUNT() FROM User WHERE IsActive = true AND Id IN ('{}', '{}')", users[0], users[1]);
    assert_eq!(api.count(&active).await, 2);
    let (status, body) = api.patch("composite/sobjects", json!({ "allOrNone": false, "records": records })).await;
    assert_eq!(status, 200);
    assert_eq!(body[0], json!({ "id": users[0], "success": true, "errors": [] }));
    assert_eq!((body[1]["success"].clone(), body[2]["success"].clone()), (json!(false), json!(true)));
    assert_eq!(api.count(&active).await, 0);
    let many: Vec<Value> = (0..201).map(|_| record(&users[0])).collect();
    let (status, _) = api.patch("composite/sobjects", json!({ "records": many })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn collections_read_and_delete_too() {
    let api = Api::start(200).await;
    let users = ordinary_users(&api, 1).await;
    let asked = json!({ "ids": [users[0], "005000000000ZZZAA2"], "fields": ["Id", "Username"] });
    let (_, body) = api.call(Method::POST, "/services/data/v62.0/composite/sobjects/User", asked).await;
    assert_eq!(body[0]["Id"], users[0].as_str());
    assert_eq!(body[1], Value::Null);
    let seats = api.rows("SELECT Id FROM UserPackageLicense LIMIT 2").await;
    let ids = format!("{},{}", seats[0]["Id"].as_str().unwrap(), seats[1]["Id"].as_str().unwrap());
    let before = api.simulator.expected().package_seats;
    let (_, body) =
        api.call(Method::DELETE, &format!("/services/data/v62.0/composite/sobjects?ids={ids}"), Value::Null).await;
    assert_eq!((body[0]["success"].clone(), body[1]["success"].clone()), (json!(true), json!(true)));
    assert_eq!(api.simulator.expected().package_seats, before - 2);
}

#[tokio::test]
async fn a_conditional_write_fails_after_a_newer_change() {
    let api = Api::start(60).await;
    let user = ordinary_users(&api, 1).await.remove(0);
    let url = api.url(&format!("/services/data/v62.0/sobjects/User/{user}"));
    for (since, expected) in [("Sat, 01 Jan 2000 00:00:00 GMT", 412), ("Fri, 01 Jan 2100 00:00:00 GMT", 204)] {
        let request = api.http.patch(&url).bearer_auth(&api.token).header("If-Unmodified-Since", since);
        let response = request.json(&json!({ "IsActive": false })).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{since}");
    }
}
