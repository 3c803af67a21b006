//! Every count in the API equals the expected count of the simulator.

use std::collections::BTreeMap;

use salesforce_simulator::{Expected, Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Value, json};

each_backend! {
    async fn every_count_equals_the_expected_count(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        for seed in [7, 8, 9] {
            let settings = Settings { users: 5000, seed, ..Settings::default() };
            let simulator = Simulator::start(settings).await.unwrap();
            let connected = gateway.connect(&simulator, &format!("org {seed}")).await.unwrap();
            assert_eq!(gateway.api.finished(&connected.run).await.unwrap(), "SUCCEEDED", "seed {seed}");
            assert_expected_counts(&gateway.api, &connected.profile, &simulator.expected()).await;
            simulator.shutdown().await;
        }
        gateway.stop().await;
    }
}

/// Asserts every count of one profile.
pub(crate) async fn assert_expected_counts(api: &Api, profile: &str, expected: &Expected) {
    let accounts = |filter: Value| count(api, "accounts", "AccountFilter", profile, filter);
    assert_eq!(accounts(json!({})).await, expected.users.total, "accounts");
    assert_eq!(accounts(json!({ "active": true })).await, expected.users.active, "active accounts");
    let never = json!({ "neverActive": true });
    assert_eq!(accounts(never).await, expected.activity_all.never_logged_in, "never logged in");
    let never = json!({ "neverActive": true, "active": true });
    assert_eq!(accounts(never).await, expected.activity_active.never_logged_in, "active, never logged in");
    for (days, idle) in [
        (30, expected.activity_active.inactive30),
        (60, expected.activity_active.inactive60),
        (90, expected.activity_active.inactive90),
    ] {
        let filter = json!({ "inactiveDays": days, "active": true });
        assert_eq!(accounts(filter).await, idle, "active accounts without activity for {days} days");
    }
    let idle = accounts(json!({ "inactiveDays": 60 })).await;
    assert_eq!(idle, expected.activity_all.inactive60, "accounts without activity for 60 days");

    let subscriptions = |filter: Value| count(api, "subscriptions", "SubscriptionFilter", profile, filter);
    for (key, held) in &expected.subscriptions {
        assert_eq!(subscriptions(json!({ "identifierKey": { "eq": key } })).await, *held, "subscriptions of {key}");
    }
    assert_eq!(subscriptions(json!({})).await, expected.subscriptions.values().sum::<u64>(), "all subscriptions");
    assert_eq!(by_product(api, profile).await, expected.products, "subscriptions per product");
}

/// Counts the subscriptions of a profile per product.
async fn by_product(api: &Api, profile: &str) -> BTreeMap<String, u64> {
    const MODELS: &str = "query($first: Int, $after: String) { page: softwareModels(first: $first, after: $after) \
        { nodes { id publisher product } pageInfo { hasNextPage endCursor } } }";
    let mut products = BTreeMap::new();
    for model in api.all_nodes(MODELS, json!({})).await.unwrap() {
        let held = count(api, "subscriptions", "SubscriptionFilter", profile, json!({ "modelId": model["id"] })).await;
        if held > 0 {
            assert_eq!(model["publisher"], "Salesforce");
            *products.entry(model["product"].as_str().unwrap().to_owned()).or_insert(0) += held;
        }
    }
    products
}

async fn count(api: &Api, field: &str, input: &str, profile: &str, mut filter: Value) -> u64 {
    filter["profileId"] = json!(profile);
    let document = format!("query($filter: {input}) {{ {field}(filter: $filter, first: 1) {{ totalCount }} }}");
    let data = api.ask(&document, json!({ "filter": filter })).await.unwrap();
    data[field]["totalCount"].as_u64().unwrap()
}
