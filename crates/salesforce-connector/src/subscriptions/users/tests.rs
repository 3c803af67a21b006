//! Users and what they hold against the vendor's answers in `fixtures/`.

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
    let frozen = frozen.iter().filter_map(person::frozen).collect();
    let mut records = Records::default();
    records.add_users(&settings(), &users(), &frozen);
    let assigned = rows(include_str!("../../../../../fixtures/salesforce/assignments.json"));
    assignments::add(&mut records.batch, &mut records.rejected, &assigned);
    records
}

fn census() -> Value {
    serde_json::from_str(include_str!("../../../../../fixtures/salesforce/census.json")).unwrap()
}

fn tally(words: impl Iterator<Item = String>) -> Value {
    let mut tally = BTreeMap::<String, u64>::new();
    for word in words {
        *tally.entry(word).or_default() += 1;
    }
    json!(tally)
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
fn everybody_is_counted_as_the_census_counts() {
    let (records, census) = (records(), census());
    let kinds = records.batch.accounts.iter().map(|a| json!(a.kind).as_str().unwrap().to_owned());
    assert_eq!(tally(kinds), census["accounts"]);
    assert_eq!(tally(records.batch.subscriptions.iter().map(key)), census["subscriptions"]);
    assert_eq!(tally(records.rejected.iter().map(|r| r.code.clone())), census["rejected"]);
    let count = |is: fn(&Account) -> bool| json!(records.batch.accounts.iter().filter(|a| is(a)).count());
    assert_eq!(count(|a| a.active), census["active"]);
    assert_eq!(count(|a| a.frozen == Some(true)), census["frozen"]);
    assert_eq!(count(|a| a.frozen.is_none()), census["frozenUnknown"]);
}

#[test]
fn each_of_the_seven_products_is_held_once() {
    let catalogue = Catalogue::parse(MANIFEST.catalogue).unwrap();
    let records = records();
    let products = records.batch.subscriptions.iter().filter_map(|s| catalogue.recognize(&s.identifier));
    assert_eq!(tally(products.map(|product| product.product)), census()["products"]);
}

#[test]
fn the_service_feature_makes_another_product_of_a_crm_seat_from_the_same_pool() {
    let records = records();
    let [seat] = held_by(&records, "Ben Service")[..] else { panic!("one seat") };
    assert_eq!(key(seat), "USER_LICENSE/SFDC/SupportUser");
    assert_eq!(seat.pool.as_ref().unwrap().key, "SFDC");
}

#[test]
fn the_service_feature_changes_no_other_licence() {
    assert_eq!(key(held_by(&records(), "Dag Platform")[0]), "USER_LICENSE/AUL");
}

#[test]
fn a_frozen_user_still_holds_the_seat() {
    let records = records();
    assert_eq!(account(&records, "Ben Service").frozen, Some(true));
    assert_eq!(held_by(&records, "Ben Service").len(), 1);
}

#[test]
fn an_inactive_user_holds_no_seat_and_keeps_what_was_assigned_to_it() {
    let records = records();
    assert!(!account(&records, "Cleo Gone").active);
    let held: Vec<_> = held_by(&records, "Cleo Gone").into_iter().map(key).collect();
    assert_eq!(held, ["PERMISSION_SET_LICENSE/SalesUserPsl"]);
}

#[test]
fn a_hidden_feature_column_leaves_everybody_on_the_licence_alone() {
    let mut users = users();
    for user in &mut users {
        user.as_object_mut().unwrap().remove("UserPermissionsSupportUser");
    }
    let mut records = Records::default();
    records.add_users(&settings(), &users, &HashMap::new());
    assert_eq!(key(held_by(&records, "Ben Service")[0]), "USER_LICENSE/SFDC");
    assert_eq!(person::finding("UserPermissionsSupportUser").unwrap().code, "FIELD_HIDDEN");
}

#[test]
fn an_account_carries_what_the_vendor_knows_of_it() {
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
fn ids_of_fifteen_characters_are_the_same_ids() {
    assert_eq!(account(&records(), "Finn Partner").external_id.len(), 18);
}

#[test]
fn a_bad_row_is_left_out_and_names_its_field() {
    let rejected = records().rejected;
    let malformed = rejected.iter().find(|r| r.code == "MALFORMED").unwrap();
    assert_eq!(malformed.message, "IsActive is not understood");
    assert!(malformed.external_id.is_some());
}

#[test]
fn an_active_user_whose_licence_is_hidden_is_told_of() {
    let mut users = users();
    users[0]["Profile"] = Value::Null;
    let mut records = Records::default();
    records.add_users(&settings(), &users, &HashMap::new());
    assert_eq!(records.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["LICENSE_UNREADABLE"]);
    assert_eq!(held_by(&records, "Ada Sales").len(), 0);
}

#[test]
fn the_vendors_own_user_without_a_profile_is_nothing_to_tell_of() {
    assert_eq!(records().findings, []);
}
