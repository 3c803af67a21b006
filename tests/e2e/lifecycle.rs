//! Aliases and profiles, from creation to deletion.

use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway, connect};
use serde_json::{Value, json};

each_backend! {
    async fn a_parents_property_takes_effect_in_its_children(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let shared = json!({ "connector": "salesforce", "name": "shared", "properties": { "pageSize": 500 } });
        let parent = gateway.api.mutate("CreateConnectionAlias", shared).await.unwrap()["alias"]["id"].take();
        let child = json!({
            "connector": "salesforce", "name": "child", "parentId": parent, "instanceUrl": "https://acme.my.salesforce.com"
        });
        let child = gateway.api.mutate("CreateConnectionAlias", child).await.unwrap()["alias"]["id"].take();
        assert_eq!(property(&gateway.api, &child, "pageSize").await, (json!(500), json!("PARENT")));

        let change = json!({ "id": parent, "properties": { "pageSize": 700 } });
        gateway.api.mutate("UpdateConnectionAlias", change).await.unwrap();
        assert_eq!(property(&gateway.api, &child, "pageSize").await, (json!(700), json!("PARENT")));
        let own = json!({ "id": child, "properties": { "pageSize": 300 } });
        gateway.api.mutate("UpdateConnectionAlias", own).await.unwrap();
        assert_eq!(property(&gateway.api, &child, "pageSize").await, (json!(300), json!("OWN")));
        let unset = json!({ "id": child, "unset": ["pageSize"] });
        gateway.api.mutate("UpdateConnectionAlias", unset).await.unwrap();
        assert_eq!(property(&gateway.api, &child, "pageSize").await, (json!(700), json!("PARENT")));
        gateway.stop().await;
    }

    async fn an_alias_serves_one_profile_and_the_refusal_has_a_remedy(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "first").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let again = json!({ "name": "second", "aliasId": connected.alias });
        let refused = gateway.api.mutate("CreateProfile", again).await.unwrap_err().to_string();
        assert!(refused.contains("NEEDS_CHILD_ALIAS"), "{refused}");
        let refused = gateway.api.mutate("DeleteConnectionAlias", json!({ "id": connected.alias })).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("IN_USE"), "{refused}");
        gateway.stop().await;
    }

    async fn a_wrong_secret_leaves_the_profile_a_draft_with_a_remedy(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, ..Settings::default() }).await.unwrap();
        let alias = json!({ "connector": "salesforce", "name": "wrong", "instanceUrl": simulator.url() });
        let alias = gateway.api.mutate("CreateConnectionAlias", alias).await.unwrap()["alias"]["id"].take();
        let credentials = json!({ "aliasId": alias, "clientId": simulator.client_id(), "clientSecret": "not-it" });
        gateway.api.mutate("SetClientCredentials", credentials).await.unwrap();
        let profile = json!({ "name": "wrong", "aliasId": alias });
        let profile = gateway.api.mutate("CreateProfile", profile).await.unwrap()["profile"]["id"].take();
        let refused = gateway.api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap_err().to_string();
        assert!(!refused.contains("not-it"), "{refused}");
        let query = "query($id: ID!) { profile(by: { id: $id }) { state findings { code remedy } } }";
        let data = gateway.api.ask(query, json!({ "id": profile })).await.unwrap();
        assert_eq!(data["profile"]["state"], "DRAFT");
        assert!(!data["profile"]["findings"][0]["remedy"].as_str().unwrap().is_empty());
        gateway.stop().await;
    }

    async fn deleting_a_profile_closes_its_dependents_and_reports_them(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "leaving").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let deleted = gateway.api.mutate("DeleteProfile", json!({ "id": connected.profile })).await.unwrap();
        assert_eq!(deleted["deletedId"], json!(connected.profile));
        let closed = deleted["closed"].as_array().unwrap();
        let accounts = closed.iter().find(|c| c["type"] == "Account").expect("accounts are closed");
        assert_eq!(accounts["count"], 60);
        let data = gateway.api.ask("{ accounts(first: 1) { totalCount } }", json!({})).await.unwrap();
        assert_eq!(data["accounts"]["totalCount"], 0);
        // The alias and the organisation can be used again.
        gateway.api.mutate("DeleteConnectionAlias", json!({ "id": connected.alias })).await.unwrap();
        let again = connect(&gateway.api, &simulator, "returning", None).await.unwrap();
        assert_eq!(gateway.api.finished(&again.run).await.unwrap(), "SUCCEEDED");
        gateway.stop().await;
    }

    async fn a_paused_profile_is_not_synced_until_it_is_resumed(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "resting").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let paused = gateway.api.mutate("PauseProfile", json!({ "id": connected.profile })).await.unwrap();
        assert_eq!(paused["profile"]["state"], "PAUSED");
        let sync = json!({ "profileId": connected.profile });
        let refused = gateway.api.mutate("StartSync", sync.clone()).await.unwrap_err().to_string();
        assert!(refused.contains("INVALID_STATE"), "{refused}");
        let resumed = gateway.api.mutate("ResumeProfile", json!({ "id": connected.profile })).await.unwrap();
        assert_eq!(resumed["profile"]["state"], "PUBLISHED");
        gateway.stop().await;
    }

    async fn an_idempotency_key_starts_one_run(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "once").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let start = json!({ "profileId": connected.profile, "idempotencyKey": "2026-11-24" });
        let first = gateway.api.mutate("StartSync", start.clone()).await.unwrap()["run"]["id"].take();
        let second = gateway.api.mutate("StartSync", start).await.unwrap()["run"]["id"].take();
        assert_eq!(first, second);
        let other = json!({
            "profileId": connected.profile, "idempotencyKey": "2026-11-24", "processes": ["DOWNLOAD_SUBSCRIPTIONS"]
        });
        let refused = gateway.api.mutate("StartSync", other).await.unwrap_err().to_string();
        assert!(refused.contains("IDEMPOTENCY_KEY_REUSED"), "{refused}");
        gateway.api.finished(first.as_str().unwrap()).await.unwrap();
        gateway.stop().await;
    }
}

async fn property(api: &Api, alias: &Value, name: &str) -> (Value, Value) {
    let query = "query($id: ID!) { connectionAlias(by: { id: $id }) { properties { name value origin } } }";
    let data = api.ask(query, json!({ "id": alias })).await.unwrap();
    let properties = data["connectionAlias"]["properties"].as_array().unwrap();
    let found = properties.iter().find(|p| p["name"] == name).expect("every property is listed");
    (found["value"].clone(), found["origin"].clone())
}
