//! Subscriptions to the progress of a run.

use serde_json::{Value, json};

use crate::harness::{Harness, MEMBERS, text};

fn sequences(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_events_of_a_run_are_streamed_in_order() {
    let harness = Harness::new().await;
    let (_, run) = harness.publish("Memory").await;
    let events = harness.run_to_the_end(&run).await;
    let last = events.len() as i64 - 1;
    assert_eq!(sequences(&events), (0..=last).collect::<Vec<_>>());
    assert_eq!(
        (text(&events[0]["__typename"]), text(&events[0]["state"])),
        ("RunStateChanged".into(), "QUEUED".into())
    );
    assert_eq!(events.last().unwrap()["state"], "SUCCEEDED");
    let seen = events.iter().filter_map(|event| event["counts"]["accountsSeen"].as_i64()).max();
    assert_eq!(seen, Some(i64::from(MEMBERS)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_stream_has_the_missed_events_once() {
    let harness = Harness::new().await;
    let (_, run) = harness.publish("Memory").await;
    let events = harness.run_to_the_end(&run).await;
    let last = events.last().unwrap()["sequence"].as_i64().unwrap();
    let again = harness.follow(json!({ "runId": run }), Some(3)).await;
    assert_eq!(sequences(&again), (3..=last).collect::<Vec<_>>());
    let over = harness.follow(json!({ "runId": run }), None).await;
    assert_eq!((sequences(&over), &over[0]["state"]), (vec![last], &json!("SUCCEEDED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_exist_is_not_found() {
    let harness = Harness::new().await;
    let document = "subscription($by: SyncProgressBy!) { syncProgress(by: $by) { sequence } }";
    for by in [json!({ "runId": "run_1" }), json!({ "runId": "run_00000000000000000000000000000000" })] {
        let (code, _) = harness.refused_stream(document, json!({ "by": by })).await;
        assert_eq!(code, "NOT_FOUND", "{by}");
    }
}
