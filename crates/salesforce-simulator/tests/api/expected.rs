//! Compares the expected counts with counts through queries.

use reqwest::Method;
use salesforce_simulator::{Expected, Settings, Simulator};
use serde_json::{Value, json};

use crate::client::{Api, settings};

fn flag(row: &Value, name: &str) -> bool {
    row[name].as_bool().unwrap()
}

/// Counts the queried rows.
fn brute_force(users: &[Value], assigned: &[Value], frozen: &[Value]) -> Expected {
    let mut expected = Expected::default();
    let thirty = "2026-10-25T10:00:00.000+0000";
    for user in users {
        let key = user["Profile"]["UserLicense"]["LicenseDefinitionKey"].as_str().unwrap();
        let active = flag(user, "IsActive");
        let last = user["LastLoginDate"].as_str();
        expected.users.total += 1;
        expected.users.active += u64::from(active);
        *expected.user_types.entry(user["UserType"].as_str().unwrap().to_owned()).or_default() += 1;
        let counts = expected.licenses.entry(key.to_owned()).or_default();
        counts.holders += 1;
        counts.used += u64::from(active);
        expected.activity_all.never_logged_in += u64::from(last.is_none());
        if !active {
            continue;
        }
        let away = last.unwrap_or(user["CreatedDate"].as_str().unwrap()) < thirty;
        expected.activity_active.inactive30 += u64::from(away);
        let identifier =
            if key == "SFDC" && flag(user, "UserPermissionsSupportUser") { "SFDC/SupportUser" } else { key };
        *expected.subscriptions.entry(identifier.to_owned()).or_default() += 1;
    }
    for row in assigned {
        let key = row["PermissionSetLicense"]["PermissionSetLicenseKey"].as_str().unwrap();
        *expected.permission_set_licenses.entry(key.to_owned()).or_default() += 1;
        *expected.subscriptions.entry(key.to_owned()).or_default() += 1;
    }
    expected.users.frozen = frozen.iter().filter(|row| flag(row, "IsFrozen")).count() as u64;
    expected
}

#[tokio::test]
async fn queries_return_the_expected_counts() {
    let api = Api::start(500).await;
    let users = api
        .rows(
            "SELECT Id, IsActive, UserType, LastLoginDate, CreatedDate, UserPermissionsSupportUser, \
             Profile.UserLicense.LicenseDefinitionKey FROM User",
        )
        .await;
    let assigned =
        api.rows("SELECT PermissionSetLicense.PermissionSetLicenseKey FROM PermissionSetLicenseAssign").await;
    let frozen = api.rows("SELECT IsFrozen FROM UserLogin").await;
    let counted = brute_force(&users, &assigned, &frozen);
    let expected = api.simulator.expected();
    assert_eq!(expected.users.total, 500);
    assert_eq!((expected.users.active, expected.users.frozen), (counted.users.active, counted.users.frozen));
    assert_eq!(expected.user_types, counted.user_types);
    assert_eq!(expected.subscriptions, counted.subscriptions);
    assert_eq!(expected.permission_set_licenses, counted.permission_set_licenses);
    assert_eq!(expected.activity_all.never_logged_in, counted.activity_all.never_logged_in);
    assert_eq!(expected.activity_active.inactive30, counted.activity_active.inactive30);
    for (key, counts) in &expected.licenses {
        let (used, holders) = counted.licenses.get(key).map_or((0, 0), |counted| (counted.used, counted.holders));
        assert_eq!((counts.used, counts.holders), (used, holders), "{key}");
    }
}

#[tokio::test]
async fn license_objects_have_the_expected_counts() {
    let api = Api::start(500).await;
    let expected = api.simulator.expected();
    for row in api.rows("SELECT LicenseDefinitionKey, TotalLicenses, UsedLicenses FROM UserLicense").await {
        let counts = &expected.licenses[row["LicenseDefinitionKey"].as_str().unwrap()];
        assert_eq!(
            (row["TotalLicenses"].as_u64(), row["UsedLicenses"].as_u64()),
            (Some(counts.total), Some(counts.used))
        );
    }
    for row in api.rows("SELECT PermissionSetLicenseKey, UsedLicenses FROM PermissionSetLicense").await {
        let key = row["PermissionSetLicenseKey"].as_str().unwrap();
        assert_eq!(row["UsedLicenses"].as_u64(), expected.permission_set_licenses.get(key).copied(), "{key}");
    }
    let logins = api.rows("SELECT Status, LoginTime FROM LoginHistory").await;
    let succeeded = logins.iter().filter(|row| row["Status"] == "Success").count() as u64;
    assert_eq!((expected.logins.total, expected.logins.succeeded), (logins.len() as u64, succeeded));
    let metric = api
        .query(
            "SELECT AssignedUserCount FROM ActiveFeatureLicenseMetric WHERE FeatureType = 'SupportUser' \
             ORDER BY MetricsDate DESC LIMIT 1",
        )
        .await;
    assert_eq!(metric["records"][0]["AssignedUserCount"].as_u64(), Some(expected.sfdc_with_support_user));
    assert_eq!(expected.products.len(), 7);
    assert!(expected.products.values().all(|count| *count > 0), "{:?}", expected.products);
    assert!(expected.unknown_identifiers.len() >= 2 && expected.permission_set_licenses_of_inactive > 0);
}

#[tokio::test]
async fn queries_return_the_expected_values_of_a_user() {
    let api = Api::start(120).await;
    let users = api.rows("SELECT Id, Username, IsActive, LastLoginDate, ManagerId FROM User").await;
    assert!(users.len() >= 120, "{}", users.len());
    for user in users {
        let id = user["Id"].as_str().unwrap();
        let expected = api.control(Method::GET, &format!("expected/users/{id}"), Value::Null).await;
        assert_eq!(expected["username"], user["Username"]);
        assert_eq!(expected["active"], user["IsActive"]);
        assert_eq!(expected["manager"], user["ManagerId"]);
        assert_eq!(expected["lastLogin"].is_null(), user["LastLoginDate"].is_null());
        assert_eq!(expected["identifier"].is_null(), !flag(&user, "IsActive"));
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_organisation_and_another_seed_another() {
    let query = "SELECT Id, Username, Name, LastLoginDate, IsActive, ManagerId, ProfileId FROM User";
    let one = Api::start(300).await;
    let two = Api::start(300).await;
    assert_eq!(one.rows(query).await, two.rows(query).await);
    assert_eq!(one.simulator.expected(), two.simulator.expected());
    let other = Simulator::start(Settings { seed: 8, ..settings(300) }).await.unwrap();
    assert_ne!(one.simulator.organization_id(), other.organization_id());
    assert_ne!(one.simulator.expected().subscriptions, other.expected().subscriptions);
    other.shutdown().await;
}

#[tokio::test]
async fn removed_users_lose_their_assignments() {
    let api = Api::start(500).await;
    let before = api.simulator.expected();
    let answer = api.control(Method::POST, "users/remove", json!({ "count": 200 })).await;
    assert_eq!(answer["users"], 300);
    let after = api.simulator.expected();
    assert_eq!(after.users.total, 300);
    assert!(after.logins.total < before.logins.total);
    assert_eq!(api.count("SELECT COUNT() FROM User").await, 300);
    assert_eq!(api.count("SELECT COUNT() FROM LoginHistory").await, after.logins.total);
    let assigned: u64 = after.permission_set_licenses.values().sum();
    assert_eq!(api.count("SELECT COUNT() FROM PermissionSetLicenseAssign").await, assigned);
    let row = api.query("SELECT UsedLicenses FROM UserLicense WHERE LicenseDefinitionKey = 'SFDC'").await;
    assert_eq!(row["records"][0]["UsedLicenses"].as_u64(), Some(after.licenses["SFDC"].used));
}

#[tokio::test]
async fn a_control_change_is_visible_in_queries_and_expected_counts() {
    let api = Api::start(50).await;
    let id = api.id("SELECT Id FROM User WHERE LastLoginDate = null AND IsActive = true LIMIT 1").await;
    let change = json!({ "lastLoginDate": "2026-11-24T09:00:00Z", "isFrozen": true });
    let expected = api.control(Method::POST, &format!("users/{id}"), change).await;
    assert_eq!(expected["lastLogin"], "2026-11-24T09:00:00Z");
    let row = api.query(&format!("SELECT LastLoginDate FROM User WHERE Id = '{id}'")).await;
    assert_eq!(row["records"][0]["LastLoginDate"], "2026-11-24T09:00:00.000+0000");
    let frozen = api.query(&format!("SELECT IsFrozen FROM UserLogin WHERE UserId = '{id}'")).await;
    assert_eq!(frozen["records"][0]["IsFrozen"], true);
}
