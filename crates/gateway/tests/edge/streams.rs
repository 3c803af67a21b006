//! Subscriptions over HTTP: server-sent events and multipart.

use std::time::Duration;

use seatgraph::edge::Limits;
use serde_json::{Value, json};

use crate::server::{Ask, Incoming, Server};

const COUNT: &str = "subscription($to: Int!, $after: Int) { count(to: $to, after: $after) { sequence } }";
const LIVE: &str = "subscription { live { sequence text } }";
const MULTIPART: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json";

fn post_events(query: &str, variables: Value) -> Ask {
    Ask::post(query, variables).accept("text/event-stream")
}

/// The next event that is not a comment: its lines.
async fn event(stream: &mut Incoming) -> String {
    loop {
        let event = stream.until("\n\n").await;
        if event != ":\n\n" {
            return event;
        }
    }
}

fn next(sequence: i32) -> String {
    format!("id: {sequence}\nevent: next\ndata: {{\"data\":{{\"count\":{{\"sequence\":{sequence}}}}}}}\n\n")
}

#[tokio::test]
async fn events_have_their_number_and_the_stream_ends_with_complete() {
    let server = Server::start().await;
    let mut stream = server.open(post_events(COUNT, json!({ "to": 2 }))).await;
    assert_eq!(stream.status, 200);
    assert_eq!(stream.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(event(&mut stream).await, next(1));
    assert_eq!(event(&mut stream).await, next(2));
    assert_eq!(event(&mut stream).await, "event: complete\ndata:\n\n");
    assert_eq!(stream.until("\n\n").await, "");
}

#[tokio::test]
async fn an_event_source_resumes_after_the_last_event_it_saw() {
    let server = Server::start().await;
    let ask = Ask::get(&[("query", COUNT), ("variables", r#"{"to":9,"after":1}"#)])
        .accept("text/event-stream")
        .header("last-event-id", "7");
    let mut stream = server.open(ask).await;
    assert_eq!(event(&mut stream).await, next(8));
}

#[tokio::test]
async fn an_unusable_last_event_id_is_ignored() {
    let server = Server::start().await;
    let ask = post_events(COUNT, json!({ "to": 9, "after": 3 })).header("last-event-id", "x7");
    assert_eq!(event(&mut server.open(ask).await).await, next(4));
    let ask = post_events("subscription { count { sequence } }", json!({})).header("last-event-id", "2");
    assert_eq!(event(&mut server.open(ask).await).await, next(1));
}

#[tokio::test]
async fn live_events_arrive_when_they_happen() {
    let server = Server::start().await;
    let mut stream = server.open(post_events(LIVE, json!({}))).await;
    assert!(event(&mut stream).await.contains("ready"));
    server.controls.tick(5, "five");
    assert!(event(&mut stream).await.starts_with("id: 5\nevent: next\n"));
    server.controls.end();
    assert_eq!(event(&mut stream).await, "event: complete\ndata:\n\n");
}

#[tokio::test]
async fn a_silent_stream_is_kept_open_by_comments() {
    let limits = Limits { heartbeat: Duration::from_millis(20), ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut stream = server.open(post_events(LIVE, json!({}))).await;
    assert!(event(&mut stream).await.contains("ready"));
    assert_eq!(stream.until("\n\n").await, ":\n\n");
    assert_eq!(stream.until("\n\n").await, ":\n\n");
    server.controls.tick(1, "still here");
    assert!(event(&mut stream).await.contains("still here"));
}

#[tokio::test]
async fn a_query_over_events_is_one_event() {
    let server = Server::start().await;
    let mut stream = server.open(post_events("{ hello }", json!({}))).await;
    assert_eq!(event(&mut stream).await, "event: next\ndata: {\"data\":{\"hello\":\"world\"}}\n\n");
    assert_eq!(event(&mut stream).await, "event: complete\ndata:\n\n");
}

#[tokio::test]
async fn a_client_that_prefers_json_gets_a_query_as_json_and_a_subscription_as_events() {
    let server = Server::start().await;
    let accept = "application/graphql-response+json, application/json, text/event-stream";
    let reply = server.request(Ask::post("{ hello }", json!({})).accept(accept)).await;
    assert_eq!(reply.json()["data"]["hello"], "world");
    let mut stream = server.open(Ask::post(COUNT, json!({ "to": 1 })).accept(accept)).await;
    assert_eq!(event(&mut stream).await, next(1));
}

#[tokio::test]
async fn a_document_that_is_refused_is_an_event_and_a_malformed_request_is_not() {
    let server = Server::start().await;
    let mut stream = server.open(post_events("subscription { nothing }", json!({}))).await;
    assert_eq!(stream.status, 200);
    let refusal = event(&mut stream).await;
    assert!(refusal.contains("GRAPHQL_VALIDATION_FAILED") && !refusal.contains("\"data\""), "{refusal}");
    assert_eq!(event(&mut stream).await, "event: complete\ndata:\n\n");

    let reply = server.request(Ask::json("[]").accept("text/event-stream")).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "BAD_REQUEST"));
}

#[tokio::test]
async fn a_stream_that_panics_ends_with_an_internal_error() {
    let server = Server::start().await;
    let mut stream = server.open(post_events("subscription { breaks }", json!({}))).await;
    assert!(event(&mut stream).await.contains("\"breaks\":1"));
    let error = event(&mut stream).await;
    assert!(error.contains("INTERNAL_SERVER_ERROR") && !error.contains("ink"), "{error}");
    assert_eq!(event(&mut stream).await, "event: complete\ndata:\n\n");
}

#[tokio::test]
async fn a_multipart_subscription_wraps_its_payloads() {
    let server = Server::start().await;
    let mut stream = server.open(Ask::post(COUNT, json!({ "to": 2 })).accept(MULTIPART)).await;
    assert_eq!(stream.header("content-type"), Some("multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"));
    let part = |sequence: i32| {
        format!(
            "\r\ncontent-type: application/json\r\n\r\n\
             {{\"payload\":{{\"data\":{{\"count\":{{\"sequence\":{sequence}}}}}}}}}\r\n--graphql"
        )
    };
    assert_eq!(stream.until("--graphql").await, "\r\n--graphql");
    assert_eq!(stream.until("--graphql").await, part(1));
    assert_eq!(stream.until("--graphql").await, part(2));
    assert_eq!(stream.until("!").await, "--\r\n");
}

#[tokio::test]
async fn a_silent_multipart_stream_is_kept_open_by_empty_objects() {
    let limits = Limits { heartbeat: Duration::from_millis(20), ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut stream = server.open(Ask::post(LIVE, json!({})).accept(MULTIPART)).await;
    stream.until("--graphql").await;
    assert!(stream.until("--graphql").await.contains("ready"));
    assert!(stream.until("--graphql").await.contains("\r\n\r\n{}\r\n"));
}

#[tokio::test]
async fn streams_can_be_resumed_after_a_server_shutdown() {
    let server = Server::start().await;
    let mut stream = server.open(post_events(LIVE, json!({}))).await;
    assert!(event(&mut stream).await.contains("ready"));
    server.closing.cancel();
    // No `complete`: that would tell the client that there is nothing more to come.
    assert_eq!(stream.until("!").await, "");
}
