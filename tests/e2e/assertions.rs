//! The JWT bearer grant: connection, token renewal, and errors.

use salesforce_simulator::{Faults, Settings, Simulator};
use seatgraph_store::{each_backend, testkit::TestDatabase};
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Value, json};

const FIRST: &str = include_str!("../../fixtures/keys/first.key");
const FIRST_CERTIFICATE: &str = include_str!("../../fixtures/keys/first.crt");
const SECOND: &str = include_str!("../../fixtures/keys/second.key");
const SECOND_CERTIFICATE: &str = include_str!("../../fixtures/keys/second.crt");

struct KeyFlow {
    gateway: TestGateway,
    simulator: Simulator,
    vendor: Api,
    alias: String,
}

impl KeyFlow {
    /// Starts with an organisation that has the first certificate, and an alias with the first key.
    async fn begin(database: &TestDatabase) -> Self {
        let gateway = TestGateway::start_with(database, |config| {
            config.engine.retry_delay = std::time::Duration::from_millis(5);
        });
        let gateway = gateway.await.unwrap();
        let certificate = Some(FIRST_CERTIFICATE.to_owned());
        let settings = Settings { users: 60, seed: 63, certificate, ..Settings::default() };
        let simulator = Simulator::start(settings).await.unwrap();
        let vendor = Api::new(simulator.url());
        let alias = json!({ "connector": "salesforce", "name": "acme", "instanceUrl": simulator.url() });
        let alias = gateway.api.mutate("CreateConnectionAlias", alias).await.unwrap();
        let alias = alias["alias"]["id"].as_str().unwrap().to_owned();
        let flow = Self { gateway, simulator, vendor, alias };
        flow.sign_with(FIRST).await;
        flow
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
        self.gateway.api.mutate("SetJwtBearer", self.input(key)).await.unwrap();
    }

    async fn credential(&self) -> Value {
        let document = "query($id: ID!) { connectionAlias(by: { id: $id }) \
            { credential { state grant clientId username principal } } }";
        let mut found = self.gateway.api.ask(document, json!({ "id": self.alias })).await.unwrap();
        found["connectionAlias"]["credential"].take()
    }

    /// Publishes a profile. Returns its ID and the final state of its first run.
    async fn publish(&self) -> (String, String) {
        let profile = json!({ "name": "Acme", "aliasId": self.alias });
        let profile = self.gateway.api.mutate("CreateProfile", profile).await.unwrap();
        let profile = profile["profile"]["id"].as_str().unwrap().to_owned();
        let published = self.gateway.api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap();
        let ended = self.gateway.api.finished(published["run"]["id"].as_str().unwrap()).await.unwrap();
        (profile, ended)
    }

    async fn sync(&self, profile: &str) -> String {
        let started = self.gateway.api.mutate("StartSync", json!({ "profileId": profile })).await.unwrap();
        self.gateway.api.finished(started["run"]["id"].as_str().unwrap()).await.unwrap()
    }

    /// The state of a profile, and the first finding of its last run.
    async fn outcome(&self, profile: &str) -> (Value, Value) {
        let document = "query($id: ID!) { profile(by: { id: $id }) { state lastRun { id findings { code remedy } } } }";
        let mut found = self.gateway.api.ask(document, json!({ "id": profile })).await.unwrap();
        (found["profile"]["state"].take(), found["profile"]["lastRun"].take())
    }

    async fn end(self) {
        self.gateway.stop().await;
        self.simulator.shutdown().await;
    }
}

each_backend! {
    async fn an_application_signs_for_a_user_and_the_organisation_is_synced(database: TestDatabase) {
        let flow = KeyFlow::begin(&database).await;
        let (profile, ended) = flow.publish().await;
        assert_eq!(ended, "SUCCEEDED");
        let found = flow.gateway.api.ask("{ accounts { totalCount } }", json!({})).await.unwrap();
        assert_eq!(found["accounts"]["totalCount"], flow.simulator.expected().users.total);
        let credential = flow.credential().await;
        assert_eq!((&credential["state"], &credential["grant"]), (&json!("READY"), &json!("JWT_BEARER")));
        assert_eq!(credential["username"], flow.simulator.username());
        assert!(credential["principal"].as_str().unwrap().contains("/id/00D"), "{credential}");

        // There is no refresh token: when a session ends, the gateway signs a new assertion.
        flow.vendor.delete("/_control/requests").await.unwrap();
        flow.simulator.set_faults(Faults { expire_session_every: Some(5), ..Faults::default() });
        assert_eq!(flow.sync(&profile).await, "SUCCEEDED");
        let requests: Value = serde_json::from_str(&flow.vendor.get("/_control/requests").await.unwrap().1).unwrap();
        assert!(requests["token"].as_u64().unwrap() >= 2, "{requests}");

        flow.gateway.api.mutate("DisconnectAlias", json!({ "id": flow.alias })).await.unwrap();
        let requests = flow.vendor.get("/_control/requests").await.unwrap().1;
        assert!(requests.contains("revoke"), "{requests}");
        assert_eq!(flow.credential().await["state"], "REVOKED");
        flow.end().await;
    }

    async fn a_key_that_was_replaced_at_the_vendor_has_a_remedy(database: TestDatabase) {
        let flow = KeyFlow::begin(&database).await;
        let (profile, _) = flow.publish().await;
        flow.vendor.put("/_control/app", json!({ "certificate": SECOND_CERTIFICATE })).await.unwrap();
        flow.simulator.set_faults(Faults { expire_sessions: true, ..Faults::default() });
        assert_eq!(flow.sync(&profile).await, "FAILED");
        assert_eq!(flow.credential().await["state"], "REAUTH_REQUIRED");
        let (state, run) = flow.outcome(&profile).await;
        assert_eq!((&state, &run["findings"][0]["code"]), (&json!("REAUTH_REQUIRED"), &json!("OAUTH_ASSERTION_REFUSED")));
        assert!(run["findings"][0]["remedy"].as_str().unwrap().contains("certificate"), "{run}");

        flow.sign_with(SECOND).await;
        flow.gateway.api.mutate("ResumeProfile", json!({ "id": profile })).await.unwrap();
        let (_, run) = flow.outcome(&profile).await;
        assert_eq!(flow.gateway.api.finished(run["id"].as_str().unwrap()).await.unwrap(), "SUCCEEDED");
        flow.end().await;
    }

    async fn a_wrong_clock_has_its_own_finding(database: TestDatabase) {
        let flow = KeyFlow::begin(&database).await;
        let (profile, _) = flow.publish().await;
        let ahead = Faults { expire_sessions: true, clock_ahead_seconds: 3600, ..Faults::default() };
        flow.simulator.set_faults(ahead);
        assert_eq!(flow.sync(&profile).await, "FAILED");
        let (state, run) = flow.outcome(&profile).await;
        assert_eq!((&state, &run["findings"][0]["code"]), (&json!("PUBLISHED"), &json!("OAUTH_ASSERTION_EXPIRED")));
        assert!(run["findings"][0]["remedy"].as_str().unwrap().contains("clock"), "{run}");
        assert_eq!(flow.credential().await["state"], "READY");
        // Two minutes are within the tolerance of an assertion.
        flow.simulator.set_faults(Faults { clock_ahead_seconds: 120, ..Faults::default() });
        assert_eq!(flow.sync(&profile).await, "SUCCEEDED");
        flow.end().await;
    }

    async fn a_user_without_approval_of_the_application_has_its_own_finding(database: TestDatabase) {
        let flow = KeyFlow::begin(&database).await;
        flow.vendor.put("/_control/app", json!({ "adminApproved": false })).await.unwrap();
        let profile = json!({ "name": "Acme", "aliasId": flow.alias });
        let profile = flow.gateway.api.mutate("CreateProfile", profile).await.unwrap();
        let validated = flow.gateway.api.mutate("ValidateProfile", json!({ "id": profile["profile"]["id"] })).await.unwrap();
        let finding = &validated["findings"][0];
        assert_eq!(finding["code"], "OAUTH_NOT_APPROVED", "{validated}");
        assert!(finding["remedy"].as_str().unwrap().contains("username"), "{finding}");
        assert_eq!(flow.credential().await["state"], "READY");
        flow.end().await;
    }

    async fn an_invalid_private_key_is_refused_with_its_reason_and_never_shown(database: TestDatabase) {
        let flow = KeyFlow::begin(&database).await;
        let before = flow.credential().await;
        let table = [
            (include_str!("../../fixtures/keys/encrypted.key"), "passphrase"),
            (include_str!("../../fixtures/keys/public.pem"), "public key"),
            (include_str!("../../fixtures/keys/short.key"), "2048"),
            (&FIRST[..700], "PEM"),
        ];
        for (key, word) in table {
            let answer = flow.gateway.api.run("SetJwtBearer", json!({ "input": flow.input(key) })).await.unwrap();
            let error = &answer["setJwtBearer"]["userErrors"][0];
            assert_eq!((&error["code"], &error["field"]), (&json!("INVALID"), &json!(["privateKey"])), "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(word), "{message}");
            let inside = key.lines().nth(3).unwrap();
            assert!(!answer.to_string().contains(inside), "{answer}");
        }
        let empty = json!({ "aliasId": flow.alias, "clientId": " ", "username": "", "privateKey": FIRST });
        let answer = flow.gateway.api.run("SetJwtBearer", json!({ "input": empty })).await.unwrap();
        let fields: Vec<_> = answer["setJwtBearer"]["userErrors"].as_array().unwrap().iter().map(|e| &e["field"][0]).collect();
        assert_eq!(fields, ["clientId", "username"]);
        assert_eq!(flow.credential().await, before);
        flow.end().await;
    }
}
