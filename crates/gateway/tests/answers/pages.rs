//! Relay paging: every row is returned once in both directions, and cursors of other lists are refused.

use serde_json::{Value, json};

use crate::harness::{BASIC, Harness, PRO, text};

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $orderBy: SubscriptionOrder) {
    subscriptions(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
      edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// Reads all pages of a list and returns the IDs in the order of the list.
async fn all_pages(harness: &Harness, way: [&str; 4], order: &Value) -> Vec<String> {
    let [size, from, more, at] = way;
    let mut pages = Vec::new();
    let mut variables = json!({ size: 7, "orderBy": order });
    loop {
        let page = harness.ask(PAGE, variables.clone()).await["subscriptions"].take();
        let ids = page["edges"].as_array().unwrap().iter().map(|edge| text(&edge["node"]["id"]));
        pages.push(ids.collect::<Vec<_>>());
        if page["pageInfo"][more] == false {
            break;
        }
        variables[from] = page["pageInfo"][at].clone();
    }
    if size == "last" {
        pages.reverse();
    }
    pages.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_has_every_row_once_in_both_directions() {
    let (harness, ..) = Harness::synced().await;
    for field in ["LAST_ACTIVITY_AT", "ASSIGNED_AT", "FIRST_SEEN_AT"] {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "field": field, "direction": direction });
            let forwards = all_pages(&harness, ["first", "after", "hasNextPage", "endCursor"], &order).await;
            let backwards = all_pages(&harness, ["last", "before", "hasPreviousPage", "startCursor"], &order).await;
            assert_eq!(forwards, backwards, "{order}");
            let mut once = forwards.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!((once.len(), forwards.len()), ((BASIC + PRO) as usize, (BASIC + PRO) as usize), "{order}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_info_has_the_cursors_of_the_first_and_last_row() {
    let (harness, ..) = Harness::synced().await;
    let page = harness.ask(PAGE, json!({ "first": 3 })).await["subscriptions"].take();
    assert_eq!(page["pageInfo"]["startCursor"], page["edges"][0]["cursor"]);
    assert_eq!(page["pageInfo"]["endCursor"], page["edges"][2]["cursor"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_order_or_list_and_a_damaged_one_are_refused_by_name() {
    let (harness, ..) = Harness::synced().await;
    let page = harness.ask(PAGE, json!({ "first": 1 })).await;
    let cursor = text(&page["subscriptions"]["pageInfo"]["endCursor"]);
    let accounts = harness.ask("{ accounts(first: 1) { pageInfo { endCursor } } }", json!({})).await;
    let other_list = text(&accounts["accounts"]["pageInfo"]["endCursor"]);
    let other_order = json!({ "field": "FIRST_SEEN_AT", "direction": "DESC" });
    for variables in [
        json!({ "after": cursor, "orderBy": other_order }),
        json!({ "after": other_list }),
        json!({ "after": cursor[1..] }),
        json!({ "after": "" }),
    ] {
        let refusal = harness.refused(PAGE, variables.clone()).await;
        let message =
            "argument `after` is not a cursor of this list and order; use a cursor from a page with the same arguments"
                .to_owned();
        assert_eq!(refusal, ("BAD_USER_INPUT".to_owned(), message), "{variables}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_arguments_are_refused_by_name() {
    let harness = Harness::new().await;
    for (arguments, argument) in [
        ("first: 1, last: 1", "last"),
        ("last: -1", "last"),
        ("filter: { profileId: \"acc_1\" }", "filter.profileId"),
        ("filter: { inactiveDays: -1 }", "filter.inactiveDays"),
    ] {
        let (code, message) =
            harness.refused(&format!("{{ subscriptions({arguments}) {{ nodes {{ id }} }} }}"), json!({})).await;
        assert_eq!(code, "BAD_USER_INPUT");
        assert!(message.starts_with(&format!("argument `{argument}` ")), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_run_are_a_list_in_pages_too() {
    let (harness, _, run) = Harness::synced().await;
    let document = "query($id: ID!, $after: String) { syncRun(id: $id) { lastSequence events(first: 4, after: $after) {
        totalCount nodes { sequence } pageInfo { hasNextPage endCursor } } } }";
    let (mut after, mut sequences) = (Value::Null, Vec::new());
    loop {
        let found = harness.ask(document, json!({ "id": run, "after": after })).await["syncRun"].take();
        let events = &found["events"];
        assert_eq!(events["totalCount"], found["lastSequence"]);
        sequences.extend(events["nodes"].as_array().unwrap().iter().map(|event| event["sequence"].as_i64().unwrap()));
        if events["pageInfo"]["hasNextPage"] == false {
            assert_eq!(sequences, (1..=found["lastSequence"].as_i64().unwrap()).collect::<Vec<_>>());
            return;
        }
        after = events["pageInfo"]["endCursor"].clone();
    }
}
