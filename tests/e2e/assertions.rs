//! An application that signs for a user: connected, renewed without anybody, and what stands in its way.

use salesforce_simulator::{Faults, Settings, Simulator};
use seatgraph_store::{each_backend, testkit::TestDatabase};
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Value, json};

const FIRST: &str = include_str!("../../fixtures/keys/first.key");
const FIRST_CERTIFICATE: &str = include_str!("../../fixtures/keys/first.crt");
const SECOND: &str = include_str!("../../fixtures/keys/second.key");
const SECOND_CERTIFICATE: &str = include_str!("../../fixtures/keys/second.crt");

struct KeyFlow {
    world: TestGateway,
    simulator: Simulator,
    vendor: Api,
    alias: String,
}

impl KeyFlow {
    /// An organisation that holds the first certificate, and an alias that signs with the first key.
    async fn begin(database: &TestDatabase) -> Self {
        let world = TestGateway::start_with(database, |config| {
            config.engine.retry_delay = std::time::Duration::from_millis(5);
        });
        let world = world.await.unwrap();
        let certificate = Some(FIRST_CERTIFICATE.to_owned());
        let settings = Settings { users: 60, seed: 63, certificate, ..Settings::default() };
        let simulator = Simulator::start(settings).await.unwrap();
        let vendor = Api::new(simulator.url());
        let alias = json!({ "connector": "salesforce", "name": "acme", "instanceUrl": simulator.url() });
        let alias = world.api.mutate("CreateConnectionAlias", alias).await.unwrap();
        let alias = alias["alias"]["id"].as_str().unwrap().to_owned();
        let story = Self { world, simulator, vendor, alias };
        story.sign_with(FIRST).await;
        story
    }

    fn input(&self, key: &str) -> Value {
        json!({
            "aliasId": self.alias,
            "clientId": self.simulator.client_id(),
            "username": self.simulator.username(),
            "privateKey": key,
        })
    }

    async fn sign_with(&self, key: &str) {
        self.world.api.mutate("SetJwtBearer", self.input(key)).await.unwrap();
    }

    async fn credential(&self) -> Value {
        let document = "query($id: ID!) { connectionAlias(by: { id: $id }) \
            { credential { state grant clientId username principal } } }";
        let mut found = self.world.api.ask(document, json!({ "id": self.alias })).await.unwrap();
        found["connectionAlias"]["credential"].take()
    }

    /// Publishes a profile and returns its id and how its first run ended.
    async fn publish(&self) -> (String, String) {
        let profile = json!({ "name": "Acme", "aliasId": self.alias });
        let profile = self.world.api.mutate("CreateProfile", profile).await.unwrap();
        let profile = profile["profile"]["id"].as_str().unwrap().to_owned();
        let published = self.world.api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap();
        let ended = self.world.api.finished(published["run"]["id"].as_str().unwrap()).await.unwrap();
        (profile, ended)
    }

    async fn sync(&self, profile: &str) -> String {
        let started = self.world.api.mutate("StartSync", json!({ "profileId": profile })).await.unwrap();
        self.world.api.finished(started["run"]["id"].as_str().unwrap()).await.unwrap()
    }

    /// The state of a profile, and the first thing that its last run found.
    async fn outcome(&self, profile: &str) -> (Value, Value) {
        let document = "query($id: ID!) { profile(by: { id: $id }) { state lastRun { id findings { code remedy } } } }";
        let mut found = self.world.api.ask(document, json!({ "id": profile })).await.unwrap();
        (found["profile"]["state"].take(), found["profile"]["lastRun"].take())
    }

    async fn end(self) {
        self.world.stop().await;
        self.simulator.shutdown().await;
    }
}

each_backend! {
    async fn an_application_signs_for_a_user_and_the_organisation_is_synced(database: TestDatabase) {
        let story = KeyFlow::begin(&database).await;
        let (profile, ended) = story.publish().await;
        assert_eq!(ended, "SUCCEEDED");
        let found = story.world.api.ask("{ accounts { totalCount } }", json!({})).await.unwrap();
        assert_eq!(found["accounts"]["totalCount"], story.simulator.expected().users.total);
        let credential = story.credential().await;
        assert_eq!((&credential["state"], &credential["grant"]), (&json!("READY"), &json!("JWT_BEARER")));
        assert_eq!(credential["username"], story.simulator.username());
        assert!(credential["principal"].as_str().unwrap().contains("/id/00D"), "{credential}");

        // There is nothing to refresh with: whenever a session ends, the application signs again.
        story.vendor.delete("/_control/requests").await.unwrap();
        story.simulator.set_faults(Faults { expire_session_every: Some(5), ..Faults::default() });
        assert_eq!(story.sync(&profile).await, "SUCCEEDED");
        let requests: Value = serde_json::from_str(&story.vendor.get("/_control/requests").await.unwrap().1).unwrap();
        assert!(requests["token"].as_u64().unwrap() >= 2, "{requests}");

        story.world.api.mutate("DisconnectAlias", json!({ "id": story.alias })).await.unwrap();
        let requests = story.vendor.get("/_control/requests").await.unwrap().1;
        assert!(requests.contains("revoke"), "{requests}");
        assert_eq!(story.credential().await["state"], "REVOKED");
        story.end().await;
    }

    async fn a_key_that_was_replaced_at_the_vendor_asks_for_the_new_one(database: TestDatabase) {
        let story = KeyFlow::begin(&database).await;
        let (profile, _) = story.publish().await;
        story.vendor.put("/_control/app", json!({ "certificate": SECOND_CERTIFICATE })).await.unwrap();
        story.simulator.set_faults(Faults { expire_sessions: true, ..Faults::default() });
        assert_eq!(story.sync(&profile).await, "FAILED");
        assert_eq!(story.credential().await["state"], "REAUTH_REQUIRED");
        let (state, run) = story.outcome(&profile).await;
        assert_eq!((&state, &run["findings"][0]["code"]), (&json!("REAUTH_REQUIRED"), &json!("OAUTH_ASSERTION_REFUSED")));
        assert!(run["findings"][0]["remedy"].as_str().unwrap().contains("certificate"), "{run}");

        story.sign_with(SECOND).await;
        story.world.api.mutate("ResumeProfile", json!({ "id": profile })).await.unwrap();
        let (_, run) = story.outcome(&profile).await;
        assert_eq!(story.world.api.finished(run["id"].as_str().unwrap()).await.unwrap(), "SUCCEEDED");
        story.end().await;
    }

    async fn a_clock_that_is_wrong_is_named_and_no_credential_is_blamed(database: TestDatabase) {
        let story = KeyFlow::begin(&database).await;
        let (profile, _) = story.publish().await;
        let ahead = Faults { expire_sessions: true, clock_ahead_seconds: 3600, ..Faults::default() };
        story.simulator.set_faults(ahead);
        assert_eq!(story.sync(&profile).await, "FAILED");
        let (state, run) = story.outcome(&profile).await;
        assert_eq!((&state, &run["findings"][0]["code"]), (&json!("PUBLISHED"), &json!("OAUTH_ASSERTION_EXPIRED")));
        assert!(run["findings"][0]["remedy"].as_str().unwrap().contains("clock"), "{run}");
        assert_eq!(story.credential().await["state"], "READY");
        // Two minutes are within what an assertion allows for.
        story.simulator.set_faults(Faults { clock_ahead_seconds: 120, ..Faults::default() });
        assert_eq!(story.sync(&profile).await, "SUCCEEDED");
        story.end().await;
    }

    async fn a_user_for_whom_the_application_was_not_approved_is_told_apart(database: TestDatabase) {
        let story = KeyFlow::begin(&database).await;
        story.vendor.put("/_control/app", json!({ "adminApproved": false })).await.unwrap();
        let profile = json!({ "name": "Acme", "aliasId": story.alias });
        let profile = story.world.api.mutate("CreateProfile", profile).await.unwrap();
        let validated = story.world.api.mutate("ValidateProfile", json!({ "id": profile["profile"]["id"] })).await.unwrap();
        let finding = &validated["findings"][0];
        assert_eq!(finding["code"], "OAUTH_NOT_APPROVED", "{validated}");
        assert!(finding["remedy"].as_str().unwrap().contains("username"), "{finding}");
        assert_eq!(story.credential().await["state"], "READY");
        story.end().await;
    }

    async fn a_key_that_cannot_sign_is_refused_by_its_fault_and_never_shown(database: TestDatabase) {
        let story = KeyFlow::begin(&database).await;
        let before = story.credential().await;
        let table = [
            (include_str!("../../fixtures/keys/encrypted.key"), "passphrase"),
            (include_str!("../../fixtures/keys/public.pem"), "public key"),
            (include_str!("../../fixtures/keys/short.key"), "2048"),
            (&FIRST[..700], "PEM"),
        ];
        for (key, word) in table {
            let answer = story.world.api.run("SetJwtBearer", json!({ "input": story.input(key) })).await.unwrap();
            let error = &answer["setJwtBearer"]["userErrors"][0];
            assert_eq!((&error["code"], &error["field"]), (&json!("INVALID"), &json!(["privateKey"])), "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(word), "{message}");
            let inside = key.lines().nth(3).unwrap();
            assert!(!answer.to_string().contains(inside), "{answer}");
        }
        let empty = json!({ "aliasId": story.alias, "clientId": " ", "username": "", "privateKey": FIRST });
        let answer = story.world.api.run("SetJwtBearer", json!({ "input": empty })).await.unwrap();
        let fields: Vec<_> = answer["setJwtBearer"]["userErrors"].as_array().unwrap().iter().map(|e| &e["field"][0]).collect();
        assert_eq!(fields, ["clientId", "username"]);
        assert_eq!(story.credential().await, before);
        story.end().await;
    }
}
