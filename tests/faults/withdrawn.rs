//! Withdrawn permissions: the run is degraded or fails with a finding, and nothing is retired.

use salesforce_simulator::{Faults, TokenRefusal};
use seatgraph_store::each_backend;
use seatgraph_tests::Api;
use serde_json::{Value, json};

use crate::faults::SyncedOrg;

/// Asserts that all findings of at least this severity have a remedy. Returns them as one text.
fn findings(outcome: &Value) -> String {
    let findings = outcome["findings"].as_array().unwrap();
    assert!(!findings.is_empty(), "no finding in {outcome}");
    for finding in findings {
        assert!(!finding["remedy"].as_str().unwrap().is_empty(), "no remedy in {finding}");
    }
    outcome["findings"].to_string()
}

async fn permissions(calm: &SyncedOrg, change: Value) {
    Api::new(calm.simulator.url()).put("/_control/permissions", change).await.unwrap();
}

each_backend! {
    async fn a_hidden_field_degrades_the_run_and_is_named(database: TestDatabase) {
        let calm = SyncedOrg::start(&database).await;
        calm.simulator.set_faults(Faults { hide_fields: vec!["User.Department".to_owned()], ..Faults::default() });
        let outcome = calm.outcome().await;
        assert_eq!(outcome["state"], "SUCCEEDED_WITH_FINDINGS", "{outcome}");
        assert!(findings(&outcome).contains("Department"), "{outcome}");
        calm.recovers().await;
    }

    async fn withdrawn_login_history_degrades_the_run_and_is_named(database: TestDatabase) {
        let calm = SyncedOrg::start(&database).await;
        let taken = ["PermissionsManageUsers", "PermissionsMonitorLoginHistory"];
        permissions(&calm, json!({ "revoke": taken })).await;
        let outcome = calm.outcome().await;
        assert_eq!(outcome["state"], "SUCCEEDED_WITH_FINDINGS", "{outcome}");
        assert!(findings(&outcome).contains("Login History"), "{outcome}");
        assert_eq!(outcome["counts"]["accountsRetired"], 0);
        permissions(&calm, json!({ "grant": taken })).await;
        calm.recovers().await;
    }

    async fn withdrawn_view_setup_fails_the_run_and_retires_no_account(database: TestDatabase) {
        let calm = SyncedOrg::start(&database).await;
        let taken = ["PermissionsViewSetup"];
        permissions(&calm, json!({ "revoke": taken })).await;
        let outcome = calm.outcome().await;
        assert_eq!(outcome["state"], "FAILED", "{outcome}");
        assert!(findings(&outcome).contains("View Setup"), "{outcome}");
        assert_eq!(calm.accounts().await, calm.simulator.expected().users.total);
        permissions(&calm, json!({ "grant": taken })).await;
        calm.recovers().await;
    }

    async fn a_refused_credential_requires_a_new_one(database: TestDatabase) {
        let calm = SyncedOrg::start(&database).await;
        let refusal = TokenRefusal {
            error: "invalid_client".to_owned(),
            error_description: "invalid client credentials".to_owned(),
            times: None,
        };
        let refused = Faults { expire_sessions: true, token_refusal: Some(refusal), ..Faults::default() };
        calm.simulator.set_faults(refused);
        let outcome = calm.outcome().await;
        assert_eq!(outcome["state"], "FAILED", "{outcome}");
        findings(&outcome);
        assert_eq!(profile_state(&calm).await, "REAUTH_REQUIRED");
        assert_eq!(calm.accounts().await, calm.simulator.expected().users.total);

        calm.simulator.set_faults(Faults::default());
        let credentials = json!({
            "aliasId": calm.connected.alias,
            "clientId": calm.simulator.client_id(),
            "clientSecret": calm.simulator.client_secret(),
        });
        calm.gateway.api.mutate("SetClientCredentials", credentials).await.unwrap();
        calm.gateway.api.mutate("ResumeProfile", json!({ "id": calm.connected.profile })).await.unwrap();
        assert_eq!(profile_state(&calm).await, "PUBLISHED");
        calm.gateway.api.finished(&last_run(&calm).await).await.unwrap();
        calm.recovers().await;
    }

    async fn many_missing_users_are_not_retired_without_confirmation(database: TestDatabase) {
        let calm = SyncedOrg::start(&database).await;
        let everybody = calm.accounts().await;
        let vendor = Api::new(calm.simulator.url());
        vendor.post_json("/_control/users/remove", json!({ "count": everybody * 3 / 10 })).await.unwrap();
        let run = calm.sync().await;
        calm.gateway.api.until(&run, |state| state == "SUSPECT").await.unwrap();
        assert_eq!(calm.accounts().await, everybody);
        calm.gateway.api.mutate("ConfirmSuspectSync", json!({ "id": run })).await.unwrap();
        let state = calm.gateway.api.finished(&run).await.unwrap();
        assert!(state.starts_with("SUCCEEDED"), "{state}");
        assert_eq!(calm.accounts().await, calm.simulator.expected().users.total);
        calm.recovers().await;
    }
}

async fn last_run(calm: &SyncedOrg) -> String {
    let query = "query($id: ID!) { profile(by: { id: $id }) { lastRun { id } } }";
    let data = calm.gateway.api.ask(query, json!({ "id": calm.connected.profile })).await.unwrap();
    data["profile"]["lastRun"]["id"].as_str().unwrap().to_owned()
}

async fn profile_state(calm: &SyncedOrg) -> String {
    let query = "query($id: ID!) { profile(by: { id: $id }) { state } }";
    let data = calm.gateway.api.ask(query, json!({ "id": calm.connected.profile })).await.unwrap();
    data["profile"]["state"].as_str().unwrap().to_owned()
}
