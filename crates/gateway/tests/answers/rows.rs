//! Lists of records, their number of statements, and lookups by ID.

use serde_json::{Value, json};

use crate::harness::{BASIC, Harness, MEMBERS, PRO, text};

const FIFTY: &str = "{ subscriptions(first: 50) {
    nodes { id state lastActivityAt daysInactive identifier { key }
      account { id username } model { id product edition } pool { id total used available } }
    pageInfo { hasNextPage endCursor } } }";

#[tokio::test(flavor = "multi_thread")]
async fn fifty_subscriptions_with_account_model_and_pool_are_one_statement() {
    let (harness, ..) = Harness::synced().await;
    let (answer, statements) = harness.send(FIFTY, json!({})).await;
    assert_eq!((answer.errors.len(), statements), (0, 1));
    let page = answer.data.into_json().unwrap()["subscriptions"].take();
    let nodes = page["nodes"].as_array().unwrap();
    assert_eq!((nodes.len(), &page["pageInfo"]["hasNextPage"]), (50, &json!(true)));
    assert!(nodes.iter().all(|node| node["pool"]["total"].is_i64() && node["model"]["product"] == "Memory"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_over_all_pages_is_one_statement_more() {
    let (harness, ..) = Harness::synced().await;
    let (answer, statements) = harness.send(&FIFTY.replace("pageInfo", "totalCount pageInfo"), json!({})).await;
    let count = answer.data.into_json().unwrap()["subscriptions"]["totalCount"].take();
    assert_eq!((count, statements), (json!(BASIC + PRO), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relation_under_edges_is_joined_as_one_under_nodes() {
    let (harness, ..) = Harness::synced().await;
    let document = "query($with: Boolean!) { subscriptions(first: 50) { edges { cursor node { ...Seat } } } }
        fragment Seat on SoftwareSubscription { model @include(if: $with) { id } pool { id } }";
    let (answer, statements) = harness.send(document, json!({ "with": true })).await;
    assert_eq!((answer.errors.len(), statements), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn models_count_their_subscriptions_and_name_their_identifiers() {
    let (harness, ..) = Harness::synced().await;
    let models = harness.run("SoftwareModels", json!({ "first": 10 })).await["softwareModels"].take();
    let counts = models["nodes"].as_array().unwrap().iter().map(|model| {
        let keys = model["identifiers"].as_array().unwrap().iter().map(|identifier| text(&identifier["key"]));
        (model["edition"].clone(), model["subscriptionCount"].as_i64().unwrap(), keys.collect::<Vec<_>>())
    });
    let expected = vec![(Value::Null, PRO, vec!["PRO".to_owned()]), (json!("Basic"), BASIC, vec!["BASIC".to_owned()])];
    assert_eq!(counts.collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_have_purchased_and_assigned_seats() {
    let (harness, ..) = Harness::synced().await;
    let pools = harness.run("LicensePools", json!({ "first": 10 })).await["licensePools"]["nodes"].take();
    let basic = pools.as_array().unwrap().iter().find(|pool| pool["identifier"]["key"] == "BASIC").unwrap();
    let counts = ["total", "used", "assigned", "available"].map(|field| basic[field].as_i64());
    assert_eq!(counts, [Some(1_000), Some(BASIC), Some(BASIC), Some(1_000 - BASIC)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_match_the_expected_counts() {
    let (harness, profile, _) = Harness::synced().await;
    let document = "query($a: AccountFilter, $s: SubscriptionFilter) {
        accounts(filter: $a) { totalCount } subscriptions(filter: $s) { totalCount } }";
    // Every fourth was never active: 15 of 60. Of those 20, 40 and 60 have nothing, and 12, 24, 36 and 48 also have PRO.
    for (accounts, subscriptions, expected) in [
        (json!({}), json!({}), (i64::from(MEMBERS), BASIC + PRO)),
        (json!({ "neverActive": true }), json!({ "neverActive": true }), (15, 12 + 4)),
        (json!({ "active": false }), json!({ "identifierKey": { "eq": "PRO" } }), (6, PRO)),
        (json!({ "search": "U-0007" }), json!({ "search": "u-0009@" }), (1, 2)),
        (json!({ "profileId": profile }), json!({ "state": ["FROZEN", "RETIRED"] }), (60, 0)),
        (json!({ "kind": ["AUTOMATED"] }), json!({ "unrecognized": true }), (0, 0)),
        (json!({ "email": { "in": ["u-0001@example.com"] } }), json!({ "inactiveDays": 36_000 }), (1, 0)),
    ] {
        let data = harness.ask(document, json!({ "a": accounts, "s": subscriptions })).await;
        let counts = ["accounts", "subscriptions"].map(|list| data[list]["totalCount"].as_i64().unwrap());
        assert_eq!((counts[0], counts[1]), expected, "{accounts} {subscriptions}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_finds_every_type_of_object() {
    let (harness, ..) = Harness::synced().await;
    let listed = harness
        .ask(
            "{ connectors { id } connectionAliases { nodes { id } } profiles { nodes { id } } syncRuns { nodes { id } }
               jobs { nodes { id } }
               accounts(first: 1) { nodes { id } } subscriptions(first: 1) { nodes { id } }
               licensePools(first: 1) { nodes { id } } softwareModels(first: 1) { nodes { id } } }",
            json!({}),
        )
        .await;
    for (list, of) in [
        ("connectors", "Connector"),
        ("connectionAliases", "ConnectionAlias"),
        ("profiles", "IntegrationProfile"),
        ("syncRuns", "SyncRun"),
        ("jobs", "Job"),
        ("accounts", "Account"),
        ("subscriptions", "SoftwareSubscription"),
        ("licensePools", "LicensePool"),
        ("softwareModels", "SoftwareModel"),
    ] {
        let rows = if list == "connectors" { &listed[list] } else { &listed[list]["nodes"] };
        let id = text(&rows[0]["id"]);
        let node = harness.run("Node", json!({ "id": id })).await["node"].take();
        assert_eq!(node, json!({ "__typename": of, "id": id }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_null_whatever_the_reason() {
    let harness = Harness::new().await;
    let ids = ["acc_00000000000000000000000000000000", "acc_1", "conn_nothing", "nothing", ""];
    let nodes = harness.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
    assert_eq!(nodes["nodes"], json!([null, null, null, null, null]));
    let one =
        "{ syncRun(id: \"run_1\") { id } profile(by: { id: \"prof_1\" }) { id } connector(key: \"none\") { id } }";
    let none = harness.ask(one, json!({})).await;
    assert_eq!(none, json!({ "syncRun": null, "profile": null, "connector": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shared_query_is_answered() {
    let (harness, profile, run) = Harness::synced().await;
    for (name, variables) in [
        ("StartHere", json!({})),
        ("Subscriptions", json!({ "orderBy": { "field": "ASSIGNED_AT", "direction": "DESC" } })),
        ("InactiveSubscriptions", json!({ "inactiveDays": 0 })),
        ("Accounts", json!({ "filter": { "profileId": profile } })),
        ("InactiveAccounts", json!({ "inactiveDays": 0 })),
        ("NeverActive", json!({})),
        ("LicensePools", json!({})),
        ("SoftwareModels", json!({})),
        ("UnrecognizedIdentifiers", json!({})),
        ("Connectors", json!({})),
        ("ConnectionAliases", json!({})),
        ("Profiles", json!({})),
        ("SyncRuns", json!({ "filter": { "profileId": profile, "state": ["SUCCEEDED"] } })),
        ("SyncRun", json!({ "id": run })),
    ] {
        let answer = harness.run(name, variables).await;
        assert!(answer.as_object().is_some_and(|fields| fields.values().all(|field| !field.is_null())), "{name}");
    }
}
