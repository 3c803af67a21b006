//! Mutations and their refusals.

use serde_json::{Value, json};

use crate::harness::{BASIC, Harness, MEMBERS, PRO, document};

fn refusal(payload: &Value) -> (Value, Value) {
    let error = &payload["userErrors"][0];
    (error["code"].clone(), error["field"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_refused_with_its_field() {
    let harness = Harness::new().await;
    for (name, input, field) in [
        ("CreateProfile", json!({ "name": "A", "aliasId": "alias_1" }), "aliasId"),
        ("UpdateProfile", json!({ "id": "prof_00000000000000000000000000000000" }), "id"),
        ("PublishProfile", json!({ "id": "run_1" }), "id"),
        ("ValidateProfile", json!({ "id": "prof_1" }), "id"),
        ("PauseProfile", json!({ "id": "" }), "id"),
        ("ResumeProfile", json!({ "id": "prof_00000000000000000000000000000000" }), "id"),
        ("DeleteProfile", json!({ "id": "prof_1" }), "id"),
        ("StartSync", json!({ "profileId": "prof_00000000000000000000000000000000" }), "profileId"),
        ("CancelSync", json!({ "id": "run_00000000000000000000000000000000" }), "id"),
        ("ConfirmSuspectSync", json!({ "id": "run_1" }), "id"),
        ("UpdateConnectionAlias", json!({ "id": "alias_1" }), "id"),
        ("DeleteConnectionAlias", json!({ "id": "alias_00000000000000000000000000000000" }), "id"),
        ("SetClientCredentials", json!({ "aliasId": "alias_1", "clientId": "a", "clientSecret": "b" }), "aliasId"),
        ("ResolveIdentifier", json!({ "ids": ["ident_1"], "target": { "modelId": "model_1" } }), "ids"),
    ] {
        let payload = harness.try_input(name, input).await;
        assert_eq!(refusal(&payload), (json!("NOT_FOUND"), json!([field])), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_shows_where_each_property_comes_from() {
    let harness = Harness::new().await;
    let (profile, _) = harness.publish("Memory").await;
    let document = "query($id: ID!) { profile(by: { id: $id }) { connector { key }
        alias { name properties { name value origin } children { totalCount } } } }";
    let found = harness.ask(document, json!({ "id": profile })).await["profile"].take();
    let expected =
        json!({ "name": "instanceUrl", "value": harness.organisation.config()["instanceUrl"], "origin": "OWN" });
    assert_eq!(found["alias"]["properties"], json!([expected]));
    assert_eq!(found["connector"]["key"], "memory");
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_that_are_not_an_object_are_refused() {
    let harness = Harness::new().await;
    let input = json!({ "connector": "memory", "name": "A", "properties": [1] });
    let payload = harness.try_input("CreateConnectionAlias", input).await;
    assert_eq!(refusal(&payload), (json!("INVALID"), json!(["properties"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn resolving_needs_a_model_or_a_product_and_not_both() {
    let harness = Harness::new().await;
    let product = json!({ "publisher": "Memory Inc.", "product": "Memory" });
    for target in [json!({}), json!({ "modelId": "model_1", "product": product }), json!(null)] {
        let input = json!({ "input": { "ids": [], "target": target } });
        let (answer, _) = harness.send(&document("ResolveIdentifier"), input).await;
        let paths: Vec<_> = answer.errors.iter().map(|error| format!("{:?}", error.path)).collect();
        assert_eq!(paths, [r#"[Field("resolveIdentifier")]"#], "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_while_one_is_open_is_a_conflict_and_the_same_key_is_the_same_run() {
    let harness = Harness::new().await;
    let (profile, run) = harness.publish("Memory").await;
    let second = harness.try_input("StartSync", json!({ "profileId": profile })).await;
    assert_eq!(second["userErrors"][0]["code"], "CONFLICT");
    harness.run_to_the_end(&run).await;
    let input = json!({ "profileId": profile, "idempotencyKey": "once" });
    let first = harness.input("StartSync", input.clone()).await;
    assert_eq!(harness.input("StartSync", input).await["run"]["id"], first["run"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_profile_reports_its_dependents_and_keeps_the_history() {
    let (harness, profile, run) = Harness::synced().await;
    let deleted = harness.input("DeleteProfile", json!({ "id": profile })).await;
    let closed = json!([
        { "type": "Account", "count": MEMBERS },
        { "type": "SoftwareSubscription", "count": BASIC + PRO },
        { "type": "LicensePool", "count": 5 },
    ]);
    assert_eq!((&deleted["deletedId"], &deleted["closed"]), (&json!(profile), &closed));
    let document = "query($run: ID!) { profiles { totalCount } subscriptions { totalCount }
        syncRun(id: $run) { profile { id deletedAt alias { id } } } }";
    let left = harness.ask(document, json!({ "run": run })).await;
    assert_eq!((&left["profiles"]["totalCount"], &left["subscriptions"]["totalCount"]), (&json!(0), &json!(0)));
    let kept = &left["syncRun"]["profile"];
    assert_eq!((&kept["id"], &kept["alias"], kept["deletedAt"].is_string()), (&json!(profile), &Value::Null, true));
}
