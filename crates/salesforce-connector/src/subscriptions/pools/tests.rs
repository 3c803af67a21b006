//! Pools from the responses in `fixtures/`.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn rows(answer: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["records"].as_array().unwrap().clone()
}

fn pools() -> Pools {
    let mut pools = Pools::default();
    pools.take(&rows(include_str!("../../../../../fixtures/salesforce/user-licenses.json")), user_license);
    let sets = include_str!("../../../../../fixtures/salesforce/permission-set-licenses.json");
    pools.take(&rows(sets), permission_set_license);
    let metrics = rows(include_str!("../../../../../fixtures/salesforce/feature-metrics.json"));
    pools.take(&newest_day(metrics), feature_license);
    pools
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../../../../../fixtures/salesforce/expected_counts.json")).unwrap()
}

#[test]
fn every_expected_pool_has_its_numbers() {
    let pools = pools();
    let found: BTreeMap<_, _> = pools
        .batch
        .pools
        .iter()
        .map(|pool| {
            let id = &pool.identifier.id;
            (format!("{}/{}", id.kind, id.key), json!([pool.total, pool.used]))
        })
        .collect();
    assert_eq!(json!(found), expected()["pools"]);
    assert_eq!(json!(pools.rows), expected()["poolRows"]);
}

#[test]
fn a_license_without_a_name_is_rejected() {
    let rejected = pools().rejected;
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].external_id.as_deref(), Some("100xx0000004AAIAA2"));
    assert_eq!(rejected[0].message, "Name is malformed");
}

#[test]
fn states_and_expiry_dates_are_those_of_salesforce() {
    let pools = pools().batch.pools;
    let of = |key: &str| pools.iter().find(|pool| pool.identifier.id.key == key).unwrap();
    assert_eq!(of("EinsteinAnalyticsPlusPsl").status.as_deref(), Some("Disabled"));
    assert_eq!(of("EinsteinAnalyticsPlusPsl").expires, NaiveDate::from_ymd_opt(2026, 9, 30));
    assert_eq!(of("SupportUser").identifier.name, "Service Cloud User");
    assert_eq!(of("SalesUserPsl").identifier.name, "Sales User");
}

#[test]
fn a_repeated_key_gives_one_pool() {
    let mut pools = Pools::default();
    let license = json!({"Id": "100xx0000004AAAAA2", "LicenseDefinitionKey": "SFDC", "Name": "Salesforce"});
    pools.take(&[license.clone(), license], user_license);
    assert_eq!((pools.batch.pools.len(), pools.rows), (1, 2));
    assert_eq!(pools.rejected[0].code, "DUPLICATE");
}

#[test]
fn only_the_newest_day_of_metrics_counts() {
    assert_eq!(newest_day(vec![]), [] as [Value; 0]);
    let day = |day: &str| json!({ "MetricsDate": day });
    let days = vec![day("2026-10-01"), day("2026-10-02"), day("2026-09-30"), day("2026-10-02")];
    assert_eq!(newest_day(days), [day("2026-10-02"), day("2026-10-02")]);
}

#[test]
fn metrics_continue_with_the_other_features() {
    let metrics = rows(include_str!("../../../../../fixtures/salesforce/feature-metrics.json"));
    let select = || Select::from("ActiveFeatureLicenseMetric").columns(["FeatureType"]);
    assert_eq!(
        by_feature(select(), &metrics[..3]).unwrap().to_string(),
        "SELECT FeatureType FROM ActiveFeatureLicenseMetric WHERE FeatureType NOT IN ('MarketingUser','SupportUser')"
    );
    let broken = [json!({ "MetricsDate": "2026-10-02" })];
    assert_eq!(by_feature(select(), &broken).unwrap_err().kind(), ErrorKind::Malformed);
}
