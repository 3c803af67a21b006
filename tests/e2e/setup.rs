//! Setup steps: their state and remedies during the setup of a profile.

use salesforce_simulator::{Faults, Settings, Simulator, TokenRefusal};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Value, json};

/// The setup steps of a profile with client credentials.
async fn steps(api: &Api, profile: &Value) -> Vec<Value> {
    let variables = json!({ "id": profile, "grant": "CLIENT_CREDENTIALS" });
    let mut found = api.run("ProfileSetup", variables).await.unwrap();
    found["profile"]["setupSteps"].as_array_mut().unwrap().drain(..).collect()
}

async fn undone(api: &Api, profile: &Value) -> Vec<String> {
    let steps = steps(api, profile).await;
    let undone = steps.iter().filter(|step| step["done"] == false);
    undone.map(|step| step["key"].as_str().unwrap().to_owned()).collect()
}

async fn remedy(api: &Api, profile: &Value, key: &str) -> String {
    let steps = steps(api, profile).await;
    let step = steps.iter().find(|step| step["key"] == key).unwrap_or_else(|| panic!("no step {key}"));
    step["remedy"].as_str().unwrap_or_else(|| panic!("{key} is done")).to_owned()
}

const UNSEEN: [&str; 6] = ["CONNECTION_USER", "PERMISSION_SET", "OAUTH_FLOW", "SCOPES", "APP_POLICIES", "RUN_AS_USER"];

fn with<'a>(first: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    [first, rest].concat()
}

each_backend! {
    async fn the_setup_steps_lead_to_the_first_sync(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, seed: 71, ..Settings::default() }).await.unwrap();
        let api = &gateway.api;
        let shared = json!({ "connector": "salesforce", "name": "shared" });
        let shared = api.mutate("CreateConnectionAlias", shared).await.unwrap()["alias"]["id"].take();
        let profile = json!({ "name": "Acme", "aliasId": shared, "schedule": { "every": "MANUAL" } });
        let profile = api.mutate("CreateProfile", profile).await.unwrap()["profile"]["id"].take();
        let ours = ["VALIDATE", "PUBLISH", "FIRST_SYNC"];
        let all = steps(api, &profile).await;
        assert!(all.iter().all(|step| step["done"] == false && step["remedy"].is_string()), "{all:#?}");

        let address = json!({ "id": shared, "instanceUrl": simulator.url() });
        api.mutate("UpdateConnectionAlias", address).await.unwrap();
        let credentials = json!({
            "aliasId": shared, "clientId": simulator.client_id(), "clientSecret": simulator.client_secret()
        });
        api.mutate("SetClientCredentials", credentials).await.unwrap();
        assert_eq!(undone(api, &profile).await, with(&UNSEEN, &ours));

        let no_user = TokenRefusal {
            error: "invalid_grant".into(), error_description: "no client credentials user enabled".into(), times: None,
        };
        simulator.set_faults(Faults { token_refusal: Some(no_user), ..Faults::default() });
        api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
        assert!(remedy(api, &profile, "RUN_AS_USER").await.contains("Set Run As in the app's policies"));

        simulator.set_faults(Faults::default());
        api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
        assert_eq!(undone(api, &profile).await, ["PUBLISH", "FIRST_SYNC"]);

        let published = api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap();
        api.finished(published["run"]["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(undone(api, &profile).await, Vec::<String>::new());

        // A completed step can become incomplete again.
        api.mutate("DisconnectAlias", json!({ "id": shared })).await.unwrap();
        assert!(undone(api, &profile).await.contains(&"CREDENTIAL".to_owned()));
        gateway.stop().await;
    }

    async fn scopes_that_were_not_granted_keep_a_profile_from_being_published(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 60, seed: 72, ..Settings::default() }).await.unwrap();
        let api = &gateway.api;
        let alias = json!({ "connector": "salesforce", "name": "acme", "instanceUrl": simulator.url() });
        let alias = api.mutate("CreateConnectionAlias", alias).await.unwrap()["alias"]["id"].take();
        let credentials = json!({
            "aliasId": alias, "clientId": simulator.client_id(), "clientSecret": simulator.client_secret()
        });
        api.mutate("SetClientCredentials", credentials).await.unwrap();
        let profile = json!({ "name": "Acme", "aliasId": alias, "schedule": { "every": "MANUAL" } });
        let profile = api.mutate("CreateProfile", profile).await.unwrap()["profile"]["id"].take();

        simulator.set_faults(Faults { granted_scope: Some("id".into()), ..Faults::default() });
        let validated = api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
        let findings = validated["findings"].as_array().unwrap();
        let missing: Vec<_> = findings.iter().filter(|finding| finding["code"] == "SCOPE_MISSING").collect();
        assert_eq!(missing.len(), 2, "one for each enabled process: {findings:#?}");
        assert_eq!((&missing[0]["severity"], &missing[0]["seen"]), (&json!("ERROR"), &json!("granted: id")));
        assert!(remedy(api, &profile, "SCOPES").await.starts_with("Add api to the scopes"));
        let refused = api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap_err().to_string();
        assert!(refused.contains("INVALID_STATE") && refused.contains("did not grant the scopes"), "{refused}");

        simulator.set_faults(Faults { expire_sessions: true, ..Faults::default() });
        api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap();
        assert!(!undone(api, &profile).await.contains(&"SCOPES".to_owned()));
        gateway.stop().await;
    }
}
