//! Visibility of objects, fields and rows without permissions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, refusal};

#[tokio::test]
async fn without_view_setup_the_license_objects_do_not_exist() {
    let api = Api::start(60).await;
    api.revoke("PermissionsViewSetup").await;
    for object in ["UserLicense", "PermissionSetLicense", "TenantUsageEntitlement"] {
        let (status, code, _) = api.refused(&format!("SELECT Id FROM {object}")).await;
        assert_eq!((status, code.as_str()), (400, "INVALID_TYPE"), "{object}");
        assert_eq!(api.get(&format!("/services/data/v62.0/sobjects/{object}/describe")).await.0, 404);
    }
    let (_, global) = api.get("/services/data/v62.0/sobjects").await;
    let names: Vec<&str> = global["sobjects"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"User") && !names.contains(&"UserLicense"));
    assert_eq!(api.refused("SELECT Profile.UserLicense.Name FROM User").await.1, "INVALID_FIELD");
    assert_eq!(api.get("/services/data/v62.0/limits").await.0, 403);
    assert!(api.count("SELECT COUNT() FROM PermissionSetLicenseAssign").await > 0);
    api.revoke("AssignPermissionSets").await;
    assert_eq!(api.refused("SELECT COUNT() FROM PermissionSetLicenseAssign").await.1, "INVALID_TYPE");
    let held = api.query("SELECT PermissionsViewSetup, PermissionsManageUsers FROM UserPermissionAccess").await;
    assert_eq!(held["records"][0]["PermissionsViewSetup"], false);
    assert_eq!(held["records"][0]["PermissionsManageUsers"], true);
}

#[tokio::test]
async fn without_manage_users_only_own_logins_are_visible_and_freezing_is_hidden() {
    let api = Api::start(60).await;
    api.revoke("PermissionsManageUsers").await;
    assert_eq!(api.refused("SELECT Id FROM UserLogin").await.1, "INVALID_TYPE");
    assert_eq!(api.refused("SELECT LoginGeoId FROM LoginHistory").await.1, "INVALID_FIELD");
    let all = api.count("SELECT COUNT() FROM LoginHistory").await;
    assert_eq!(all, api.simulator.expected().logins.total, "Monitor Login History is enough to read all");
    api.revoke("PermissionsMonitorLoginHistory").await;
    let me = api.id("SELECT Id FROM User WHERE Profile.Name = 'API Integration'").await;
    let own = api.rows("SELECT UserId FROM LoginHistory ORDER BY LoginTime DESC LIMIT 200").await;
    assert!(!own.is_empty() && own.iter().all(|row| row["UserId"] == me.as_str()));
    api.revoke("PermissionsManageInternalUsers").await;
    let user = api.id("SELECT Id FROM User WHERE Profile.Name = 'Sales Manager' LIMIT 1").await;
    let (status, body) = api.patch(&format!("sobjects/User/{user}"), json!({ "IsActive": false })).await;
    assert_eq!(refusal(status, &body).1, "INSUFFICIENT_ACCESS_OR_READONLY");
}

#[tokio::test]
async fn developer_names_need_one_of_two_permissions() {
    let api = Api::start(30).await;
    api.revoke("PermissionsViewDeveloperName").await;
    assert!(api.count("SELECT COUNT() FROM PermissionSetLicense WHERE DeveloperName != null").await > 0);
    api.control(Method::PUT, "permissions", json!({ "grant": ["ViewDeveloperName"], "revoke": ["ViewSetup"] })).await;
    assert_eq!(api.refused("SELECT DeveloperName FROM PermissionSetLicense").await.1, "INVALID_TYPE");
}

#[tokio::test]
async fn without_api_enabled_every_call_is_refused() {
    let api = Api::start(30).await;
    api.revoke("PermissionsApiEnabled").await;
    let (status, code, _) = api.refused("SELECT Id FROM User").await;
    assert_eq!((status, code.as_str()), (403, "API_DISABLED_FOR_ORG"));
}

#[tokio::test]
async fn hidden_profiles_and_users_are_silently_missing() {
    let api = Api::start(60).await;
    api.set_faults(json!({ "profileFiltering": true, "privateUsers": true })).await;
    assert_eq!(api.count("SELECT COUNT() FROM User").await, 60);
    api.revoke("PermissionsViewAllProfiles").await;
    assert_eq!(api.count("SELECT COUNT() FROM Profile").await, 1);
    let rows = api.rows("SELECT Profile.Name FROM User").await;
    assert_eq!(rows.iter().filter(|row| !row["Profile"].is_null()).count(), 1);
    api.revoke("PermissionsViewAllUsers").await;
    assert_eq!(api.count("SELECT COUNT() FROM User").await, 1);
}

#[tokio::test]
async fn hidden_fields_are_absent_everywhere() {
    let api = Api::start(30).await;
    api.set_faults(
        json!({ "hideFields": ["User.Department", "User.UserPermissionsSupportUser"], "hideObjects": ["UserRole"] }),
    )
    .await;
    let (_, describe) = api.get("/services/data/v62.0/sobjects/User/describe").await;
    let fields: Vec<&Value> = describe["fields"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
    assert!(!fields.contains(&&json!("Department")) && !fields.contains(&&json!("UserPermissionsSupportUser")));
    for soql in
        ["SELECT Department FROM User", "SELECT UserPermissionsSupportUser FROM User", "SELECT UserRole.Name FROM User"]
    {
        assert_eq!(api.refused(soql).await.1, "INVALID_FIELD", "{soql}");
    }
    api.control(Method::DELETE, "faults", Value::Null).await;
    assert!(api.query("SELECT UserRole.Name, Department FROM User").await["records"][1]["Department"].is_string());
}

#[tokio::test]
async fn describe_has_types_and_filterability() {
    let api = Api::start(30).await;
    let (_, describe) = api.get("/services/data/v66.0/sobjects/UserLicense/describe").await;
    let field =
        |name: &str| describe["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone();
    assert_eq!(field("UsedLicenses")["filterable"], false);
    assert_eq!(field("UsedLicensesLastUpdated")["type"], "datetime");
    let (_, describe) = api.get("/services/data/v62.0/sobjects/PermissionSetLicense/describe").await;
    assert_eq!(describe["customSetting"], false);
}
