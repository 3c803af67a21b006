//! Temporary faults: the run completes, with retries or after a pause.

use std::time::Duration;

use salesforce_simulator::{Faults, LocatorRefusal, Settings, Simulator, StatusFault};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, Connected, TestGateway};
use serde_json::{Value, json};

/// A gateway with one organisation whose first sync has completed.
pub(crate) struct SyncedOrg {
    pub(crate) gateway: TestGateway,
    pub(crate) simulator: Simulator,
    pub(crate) connected: Connected,
}

impl SyncedOrg {
    pub(crate) async fn start(database: &seatgraph_store::testkit::TestDatabase) -> Self {
        let settings = Settings { users: 900, seed: 31, ..Settings::default() };
        let simulator = Simulator::start(settings).await.unwrap();
        let gateway = TestGateway::start_with(database, |config| {
            config.engine.retry_delay = Duration::from_millis(5);
            config.engine.backoff = Duration::from_millis(20);
            config.engine.poll_every = Duration::from_millis(50);
            config.engine.quota_pause = Duration::from_secs(1);
        })
        .await
        .unwrap();
        let shared = json!({ "connector": "salesforce", "name": "shared", "properties": { "pageSize": 200 } });
        let parent = gateway.api.mutate("CreateConnectionAlias", shared).await.unwrap();
        let parent = parent["alias"]["id"].as_str().unwrap();
        let connected = seatgraph_tests::connect(&gateway.api, &simulator, "calm", Some(parent)).await.unwrap();
        assert_eq!(gateway.api.finished(&connected.run).await.unwrap(), "SUCCEEDED");
        Self { gateway, simulator, connected }
    }

    /// Starts a run and returns its id.
    pub(crate) async fn sync(&self) -> String {
        let started = self.gateway.api.mutate("StartSync", json!({ "profileId": self.connected.profile })).await;
        started.unwrap()["run"]["id"].as_str().unwrap().to_owned()
    }

    /// Runs a sync to its end.
    pub(crate) async fn outcome(&self) -> Value {
        let run = self.sync().await;
        self.gateway.api.finished(&run).await.unwrap();
        outcome(&self.gateway.api, &run).await
    }

    /// Number of calls that the vendor has counted.
    async fn calls(&self) -> u64 {
        let (_, counts) = Api::new(self.simulator.url()).get("/_control/requests").await.unwrap();
        serde_json::from_str::<Value>(&counts).unwrap()["total"].as_u64().unwrap()
    }

    /// Runs a sync to its end. Returns the number of calls.
    async fn counted(&self) -> (Value, u64) {
        let before = self.calls().await;
        let outcome = self.outcome().await;
        (outcome, self.calls().await - before)
    }

    /// How many locators the vendor has refused.
    async fn refused_locators(&self) -> usize {
        let (_, log) = Api::new(self.simulator.url()).get("/_control/requests/log").await.unwrap();
        let log: Vec<Value> = serde_json::from_str(&log).unwrap();
        let is_refused = |call: &Value| {
            call["path_and_query"].as_str().unwrap().contains("/query/01g") && call["status"].as_u64().unwrap() >= 400
        };
        log.iter().filter(|call| is_refused(call)).count()
    }

    /// The vendor recovers, and the next run finds everybody.
    pub(crate) async fn recovers(self) {
        self.simulator.set_faults(Faults::default());
        let outcome = self.outcome().await;
        assert_eq!(outcome["state"], "SUCCEEDED", "{outcome}");
        let everybody = self.accounts().await;
        assert_eq!(everybody, self.simulator.expected().users.total);
        self.gateway.stop().await;
        self.simulator.shutdown().await;
    }

    /// Number of accounts that are not retired.
    pub(crate) async fn accounts(&self) -> u64 {
        self.total("accounts").await
    }

    async fn total(&self, list: &str) -> u64 {
        let query = format!("query($id: ID!) {{ {list}(filter: {{ profileId: $id }}, first: 1) {{ totalCount }} }}");
        let data = self.gateway.api.ask(&query, json!({ "id": self.connected.profile })).await.unwrap();
        data[list]["totalCount"].as_u64().unwrap()
    }
}

/// A run's state and findings.
pub(crate) async fn outcome(api: &Api, run: &str) -> Value {
    let query = "query($id: ID!) { syncRun(id: $id) { state wakesAt apiCalls counts { accountsRetired rejected } \
        findings { code severity process message seen remedy } } }";
    api.ask(query, json!({ "id": run })).await.unwrap()["syncRun"].take()
}

async fn recovers_from(database: &seatgraph_store::testkit::TestDatabase, faults: Faults) {
    let calm = SyncedOrg::start(database).await;
    let (_, without) = calm.counted().await;
    calm.simulator.set_faults(faults);
    let (outcome, with) = calm.counted().await;
    assert!(with > without, "the fault was not met: {with} calls with it, {without} without");
    assert_eq!(outcome["state"], "SUCCEEDED", "{outcome}");
    assert_eq!(outcome["counts"]["accountsRetired"], 0);
    calm.recovers().await;
}

/// Refuses the locators of short responses: a run needs no second attempt, and its counts are exact.
async fn replaces_locators(database: &seatgraph_store::testkit::TestDatabase, faults: Faults) {
    let calm = SyncedOrg::start(database).await;
    assert_eq!(calm.refused_locators().await, 0);
    calm.simulator.set_faults(Faults { rows_per_answer: Some(20), ..faults });
    let outcome = calm.outcome().await;
    assert_eq!((&outcome["state"], &outcome["findings"]), (&json!("SUCCEEDED"), &json!([])), "{outcome}");
    assert_eq!(outcome["counts"], json!({ "accountsRetired": 0, "rejected": 0 }));
    // 900 users take 45 responses, and each but the last of a page has a locator.
    let refused = calm.refused_locators().await;
    assert!(refused >= 40, "the fault was not met: {refused} locators were refused");
    let expected = calm.simulator.expected();
    assert_eq!(calm.accounts().await, expected.users.total);
    assert_eq!(calm.total("subscriptions").await, expected.subscriptions.values().sum::<u64>());
    calm.recovers().await;
}

fn locator_refusal(status: u16, error_code: &str, message: &str) -> Faults {
    let refusal = LocatorRefusal { object: None, status, error_code: error_code.into(), message: message.into() };
    Faults { locator_refusal: Some(refusal), ..Faults::default() }
}

each_backend! {
    async fn a_session_that_expires_again_and_again_is_renewed(database: TestDatabase) {
        recovers_from(&database, Faults { expire_session_every: Some(4), ..Faults::default() }).await;
    }

    async fn a_burst_of_503_is_retried(database: TestDatabase) {
        let burst = StatusFault { code: 503, times: 3, retry_after: None };
        recovers_from(&database, Faults { status: Some(burst), ..Faults::default() }).await;
    }

    async fn a_truncated_body_is_requested_again(database: TestDatabase) {
        recovers_from(&database, Faults { drop_body_every: Some(5), ..Faults::default() }).await;
    }

    async fn a_forgotten_locator_is_replaced_by_a_key(database: TestDatabase) {
        replaces_locators(&database, Faults { cursor_idle_seconds: Some(0), ..Faults::default() }).await;
    }

    async fn a_locator_of_an_ended_session_is_replaced_by_a_key(database: TestDatabase) {
        replaces_locators(&database, locator_refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")).await;
    }

    async fn a_locator_that_times_out_is_replaced_by_a_key(database: TestDatabase) {
        let message = "Your query request was running for too long.";
        replaces_locators(&database, locator_refusal(400, "QUERY_TIMEOUT", message)).await;
    }

    async fn too_many_concurrent_calls_are_retried(database: TestDatabase) {
        recovers_from(&database, Faults { concurrent_limit: 2, ..Faults::default() }).await;
    }

    async fn the_daily_limit_pauses_the_run_until_it_is_lifted(database: TestDatabase) {
        let calm = SyncedOrg::start(&database).await;
        calm.simulator.set_faults(Faults { daily_limit_remaining: Some(3), ..Faults::default() });
        let run = calm.sync().await;
        calm.gateway.api.until(&run, |state| state == "PAUSED_QUOTA").await.unwrap();
        let paused = outcome(&calm.gateway.api, &run).await;
        assert!(paused["wakesAt"].is_string(), "{paused}");
        calm.simulator.set_faults(Faults::default());
        assert_eq!(calm.gateway.api.finished(&run).await.unwrap(), "SUCCEEDED");
        calm.recovers().await;
    }
}
