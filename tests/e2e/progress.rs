//! Progress streams: every event once and in order, also for late and resuming subscribers.

use futures::StreamExt;
use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway, operation};
use serde_json::{Value, json};

each_backend! {
    async fn sync_progress_streams_every_event_once(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 700, seed: 51, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "watched").await.unwrap();
        let live = events(&gateway.api, json!({ "runId": connected.run }), Some(0)).await;

        // The first event has the current state and the requested number. Then 1, 2, 3… to the last state.
        assert_eq!(live[0]["sequence"], 0);
        let numbers: Vec<u64> = live[1..].iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        assert_eq!(live.last().unwrap()["state"], "SUCCEEDED");

        let run = gateway.api.run("SyncRun", json!({ "id": connected.run })).await.unwrap();
        assert_eq!(run["syncRun"]["lastSequence"].as_u64(), numbers.last().copied());

        // A stream can be resumed after any number.
        for seen in [1, numbers.len() as u64 / 2, numbers.len() as u64 - 1] {
            let resumed = events(&gateway.api, json!({ "runId": connected.run }), Some(seen)).await;
            let expected: Vec<u64> = (seen..=numbers.len() as u64).collect();
            assert_eq!(resumed.iter().map(|e| e["sequence"].as_u64().unwrap()).collect::<Vec<_>>(), expected);
        }
        gateway.stop().await;
    }

    async fn job_progress_streams_the_events_of_any_kind(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 50, seed: 54, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "watched").await.unwrap();
        let typed = events(&gateway.api, json!({ "runId": connected.run }), Some(0)).await;
        let job = connected.run.replace("run_", "job_");
        let document = operation("JobProgress");
        let general: Vec<_> =
            gateway.api.subscribe(&document, json!({ "id": job, "after": 0 })).await.unwrap().collect().await;
        let general: Vec<Value> =
            general.into_iter().map(|event| event.unwrap()["data"]["jobProgress"].take()).collect();
        let numbers = |events: &[Value]| events.iter().map(|event| event["sequence"].clone()).collect::<Vec<_>>();
        assert_eq!(numbers(&general), numbers(&typed));
        assert!(general.iter().any(|event| event["__typename"] == "JobProgressed"), "{general:?}");
        let last = general.last().unwrap();
        assert_eq!((&last["__typename"], &last["state"]), (&json!("JobStateChanged"), &json!("SUCCEEDED")));
        // Pruning is a job of the whole installation.
        let pruning = "{ jobs(filter: { kind: [\"prune\"] }) { nodes { id state profile { id } syncRun { id } } } }";
        let listed = gateway.api.ask(pruning, json!({})).await.unwrap();
        let prune = &listed["jobs"]["nodes"][0];
        assert_eq!((&prune["profile"], &prune["syncRun"]), (&Value::Null, &Value::Null), "{listed}");
        let node = gateway.api.run("Node", json!({ "id": prune["id"] })).await.unwrap();
        assert_eq!(node["node"]["__typename"], "Job");
        gateway.stop().await;
    }

    async fn a_subscription_to_a_profile_gets_its_next_run(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 300, seed: 52, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "watched").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let watching = events(&gateway.api, json!({ "profileId": connected.profile }), None);
        // It is unknown when the subscription starts, and a run may be finished by then. It must see any new run.
        let starting = async {
            loop {
                let started = gateway.api.mutate("StartSync", json!({ "profileId": connected.profile })).await.unwrap();
                gateway.api.finished(started["run"]["id"].as_str().unwrap()).await.unwrap();
            }
        };
        let seen = tokio::select! {
            seen = watching => seen,
            () = starting => unreachable!("it never ends"),
        };
        assert_ne!(seen.last().unwrap()["run"]["id"], connected.run);
        assert_eq!(seen.last().unwrap()["state"], "SUCCEEDED");
        gateway.stop().await;
    }

    async fn totals_are_never_exceeded_and_never_change(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 2500, seed: 53, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "counted").await.unwrap();
        let live = events(&gateway.api, json!({ "runId": connected.run }), Some(0)).await;
        let mut totals = std::collections::BTreeMap::new();
        for stage in live.iter().map(|event| &event["stage"]).filter(|stage| stage["total"].is_u64()) {
            let name = stage["name"].as_str().unwrap();
            let (done, total) = (stage["done"].as_u64().unwrap(), stage["total"].as_u64().unwrap());
            assert!(done <= total, "{name}: {done} of {total}");
            assert_eq!(*totals.entry(name).or_insert(total), total, "{name}");
        }
        assert!(!totals.is_empty());
        gateway.stop().await;
    }
}

/// The whole stream.
async fn events(api: &Api, by: Value, after: Option<u64>) -> Vec<Value> {
    let stream = api.subscribe(&operation("SyncProgress"), json!({ "by": by, "after": after })).await.unwrap();
    let events: Vec<_> = stream.collect().await;
    let events: Vec<Value> = events.into_iter().map(Result::unwrap).collect();
    events.into_iter().map(|mut event| event["data"]["syncProgress"].take()).collect()
}
