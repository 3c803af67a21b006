//! Following a run as it happens.

use serde_json::{Value, json};

use crate::harness::{Harness, MEMBERS, text};

fn sequences(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_from_its_first_event_to_its_last_without_a_gap() {
    let world = Harness::new().await;
    let (_, run) = world.publish("Memory").await;
    let events = world.work_until_the_end_of(&run).await;
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
async fn who_comes_back_hears_what_was_missed_and_nothing_twice() {
    let world = Harness::new().await;
    let (_, run) = world.publish("Memory").await;
    let events = world.work_until_the_end_of(&run).await;
    let last = events.last().unwrap()["sequence"].as_i64().unwrap();
    let again = world.follow(json!({ "runId": run }), Some(3)).await;
    assert_eq!(sequences(&again), (3..=last).collect::<Vec<_>>());
    let over = world.follow(json!({ "runId": run }), None).await;
    assert_eq!((sequences(&over), &over[0]["state"]), (vec![last], &json!("SUCCEEDED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_exist_is_not_found() {
    let world = Harness::new().await;
    let document = "subscription($by: SyncProgressBy!) { syncProgress(by: $by) { sequence } }";
    for by in [json!({ "runId": "run_1" }), json!({ "runId": "run_00000000000000000000000000000000" })] {
        let (code, _) = world.refused_stream(document, json!({ "by": by })).await;
        assert_eq!(code, "NOT_FOUND", "{by}");
    }
}
