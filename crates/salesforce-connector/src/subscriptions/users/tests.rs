//! Users and their subscriptions from the responses in `fixtures/`.

use std::collections::BTreeMap;

use seatgraph_core::{Account, Catalogue, Subscription};
use serde_json::json;

use super::*;
use crate::Config;
use crate::manifest::MANIFEST;

fn rows(answer: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["records"].as_array().unwrap().clone()
}

fn settings() -> Settings {
    let config = json!({ "instanceUrl": "https://acme.my.salesforce.com" });
    serde_json::from_value::<Config>(config).unwrap().settings().unwrap()
}

fn users() -> Vec<Value> {
    rows(include_str!("../../../../../fixtures/salesforce/users.json"))
}

fn records() -> Records {
    let frozen = rows(include_str!("../../../../../fixtures/salesforce/user-logins.json"));
    let frozen = frozen.iter().filter_map(user_row::frozen).collect();
    let mut records = Records::default();
    records.add_users(&settings(), &users(), &frozen);
    let assigned = rows(include_str!("../../../../../fixtures/salesforce/assignments.json"));
    assignments::add(&mut records.batch, &mut records.rejected, &assigned);
    records
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../../../../../fixtures/salesforce/expected_counts.json")).unwrap()
}

fn counts(keys: impl Iterator<Item = String>) -> Value {
    let mut counts = BTreeMap::<String, u64>::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    json!(counts)
}

fn account<'a>(records: &'a Records, name: &str) -> &'a Account {
    records.batch.accounts.iter().find(|account| account.display_name.as_deref() == Some(name)).unwrap()
}

fn held_by<'a>(records: &'a Records, name: &str) -> Vec<&'a Subscription> {
    let id = &account(records, name).external_id;
    records.batch.subscriptions.iter().filter(|subscription| subscription.account == *id).collect()
}

fn key(subscription: &Subscription) -> String {
    format!("{}/{}", subscription.identifier.id.kind, subscription.identifier.id.key)
}

#[test]
fn accounts_and_subscriptions_match_the_expected_counts() {
    let (records, expected) = (records(), expected());
    let kinds = records.batch.accounts.iter().map(|a| json!(a.kind).as_str().unwrap().to_owned());
    assert_eq!(counts(kinds), expected["accounts"]);
    assert_eq!(counts(records.batch.subscriptions.iter().map(key)), expected["subscriptions"]);
    assert_eq!(counts(records.rejected.iter().map(|r| r.code.clone())), expected["rejected"]);
    let count = |is: fn(&Account) -> bool| json!(records.batch.accounts.iter().filter(|a| is(a)).count());
    assert_eq!(count(|a| a.active), expected["active"]);
    assert_eq!(count(|a| a.frozen == Some(true)), expected["frozen"]);
    assert_eq!(count(|a| a.frozen.is_none()), expected["frozenUnknown"]);
}

#[test]
fn each_product_has_the_expected_number_of_subscriptions() {
    let catalogue = Catalogue::parse(MANIFEST.catalogue).unwrap();
    let records = records();
    let products = records.batch.subscriptions.iter().filter_map(|s| catalogue.recognize(&s.identifier));
    assert_eq!(counts(products.map(|product| product.product)), expected()["products"]);
}

#[test]
fn a_crm_license_with_the_service_feature_is_service_cloud_from_the_same_pool() {
    let records = records();
    let [held] = held_by(&records, "Ben Service")[..] else { panic!("one subscription") };
    assert_eq!(key(held), "USER_LICENSE/SFDC/SupportUser");
    assert_eq!(held.pool.as_ref().unwrap().key, "SFDC");
}

#[test]
fn the_service_feature_changes_no_other_license() {
    assert_eq!(key(held_by(&records(), "Dag Platform")[0]), "USER_LICENSE/AUL");
}

#[test]
fn a_frozen_user_keeps_the_subscription() {
    let records = records();
    assert_eq!(account(&records, "Ben Service").frozen, Some(true));
    assert_eq!(held_by(&records, "Ben Service").len(), 1);
}

#[test]
fn an_inactive_user_keeps_its_assignments_only() {
    let records = records();
    assert!(!account(&records, "Cleo Gone").active);
    let held: Vec<_> = held_by(&records, "Cleo Gone").into_iter().map(key).collect();
    assert_eq!(held, ["PERMISSION_SET_LICENSE/SalesUserPsl"]);
}

#[test]
fn a_hidden_feature_column_leaves_users_on_the_plain_license() {
    let mut users = users();
    for user in &mut users {
        user.as_object_mut().unwrap().remove("UserPermissionsSupportUser");
    }
    let mut records = Records::default();
    records.add_users(&settings(), &users, &HashMap::new());
    assert_eq!(key(held_by(&records, "Ben Service")[0]), "USER_LICENSE/SFDC");
    assert_eq!(user_row::finding("UserPermissionsSupportUser").unwrap().code, "FIELD_HIDDEN");
}

#[test]
fn an_account_has_the_fields_of_its_user() {
    let records = records();
    let ada = account(&records, "Ada Sales");
    assert_eq!(ada.username, "ada.sales@acme.example");
    assert_eq!(ada.department.as_deref(), Some("Field Sales"));
    assert_eq!(ada.employee_number.as_deref(), Some("E-17"));
    assert_eq!(ada.federation_id.as_deref(), Some("ada@idp.example"));
    assert_eq!(ada.manager, Some(account(&records, "Ben Service").external_id.clone()), "given in 15 characters");
    assert_eq!(ada.created_at, "2024-03-01T09:00:00Z".parse().ok());
    assert_eq!(ada.attributes["profile"], "Profile Salesforce");
    let assigned = held_by(&records, "Ada Sales")[1].assigned_at;
    assert_eq!(assigned, "2025-05-05T05:05:05Z".parse().ok());
}

#[test]
fn ids_of_15_characters_become_18() {
    assert_eq!(account(&records(), "Finn Partner").external_id.len(), 18);
}

#[test]
fn a_malformed_row_is_rejected_by_field() {
    let rejected = records().rejected;
    let malformed = rejected.iter().find(|r| r.code == "MALFORMED").unwrap();
    assert_eq!(malformed.message, "IsActive is malformed");
    assert!(malformed.external_id.is_some());
}

#[test]
fn an_active_user_with_a_hidden_license_gives_a_finding() {
    let mut users = users();
    users[0]["Profile"] = Value::Null;
    let mut records = Records::default();
    records.add_users(&settings(), &users, &HashMap::new());
    assert_eq!(records.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["LICENSE_UNREADABLE"]);
    assert_eq!(held_by(&records, "Ada Sales").len(), 0);
}

#[test]
fn an_automated_user_without_a_profile_gives_no_finding() {
    assert_eq!(records().findings, []);
}
