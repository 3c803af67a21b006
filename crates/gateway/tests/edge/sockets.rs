//! graphql-transport-ws, rule by rule.

use std::time::Duration;

use futures::SinkExt;
use seatgraph::edge::{Limits, Settings};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, LIVE};
use crate::server::{PATIENCE, Server};

fn next(id: &str, data: Value) -> Value {
    json!({ "id": id, "type": "next", "payload": { "data": data } })
}

fn complete(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}

#[tokio::test]
async fn the_plain_path_upgrades_too() {
    let server = Server::start().await;
    let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
    let mut client = Client::connect(&server, "/graphql", &protocol).await.unwrap();
    client.send(json!({ "type": "connection_init", "payload": {} })).await;
    assert_eq!(client.receive().await["type"], "connection_ack");
}

#[tokio::test]
async fn a_subscription_delivers_until_it_is_complete() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("s", "subscription { count(to: 2) { sequence } }", json!({})).await;
    assert_eq!(client.receive().await, next("s", json!({ "count": { "sequence": 1 } })));
    assert_eq!(client.receive().await, next("s", json!({ "count": { "sequence": 2 } })));
    assert_eq!(client.receive().await, complete("s"));
}

#[tokio::test]
async fn a_subscription_resumes_after_a_number() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    let query = "subscription($after: Int) { count(to: 9, after: $after) { sequence } }";
    client.subscribe("s", query, json!({ "after": 6 })).await;
    assert_eq!(client.receive().await, next("s", json!({ "count": { "sequence": 7 } })));
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_and_a_pong_is_not_answered() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.receive().await, json!({ "type": "pong" }));
    client.send(json!({ "type": "pong" })).await;
    client.send(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(client.receive().await, json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test]
async fn two_operations_run_concurrently() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    for id in ["a", "b"] {
        client.subscribe(id, LIVE, json!({})).await;
        assert_eq!(client.receive().await["id"], id);
    }
    server.controls.tick(4, "both");
    let mut ids = [client.receive().await, client.receive().await].map(|m| m["id"].clone());
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, ["a", "b"]);
}

#[tokio::test]
async fn no_message_follows_the_completion_of_an_operation() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("a", LIVE, json!({})).await;
    assert_eq!(client.receive().await["id"], "a");
    client.send(complete("a")).await;
    client.subscribe("b", LIVE, json!({})).await;
    assert_eq!(client.receive().await["id"], "b");
    server.controls.tick(1, "one");
    server.controls.end();
    assert_eq!(client.receive().await["id"], "b");
    assert_eq!(client.receive().await, complete("b"));
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.receive().await["type"], "pong");
}

#[tokio::test]
async fn completing_an_unknown_operation_is_harmless() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    client.send(complete("never")).await;
    client.subscribe("q", "{ hello }", json!({})).await;
    assert_eq!(client.receive().await["type"], "next");
}

#[tokio::test]
async fn a_message_that_makes_no_sense_closes_with_4400() {
    let server = Server::start().await;
    for message in [
        "",
        "{",
        "[]",
        "\"ping\"",
        r#"{"type":7}"#,
        r#"{"type":"start"}"#,
        r#"{"type":"connection_ack"}"#,
        r#"{"type":"connection_init","payload":[]}"#,
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}"#,
        r#"{"type":"subscribe","id":7,"payload":{"query":"{ hello }"}}"#,
        r#"{"type":"subscribe","id":"a"}"#,
        r#"{"type":"complete"}"#,
    ] {
        let mut client = Client::open(&server).await;
        client.text(message).await;
        assert_eq!(client.closed().await, 4400, "{message}");
    }
    for payload in [json!({}), json!({ "query": 1 }), json!([]), json!({ "query": "{ hello }", "variables": 1 })] {
        let mut client = Client::acknowledged(&server).await;
        client.send(json!({ "id": "a", "type": "subscribe", "payload": payload })).await;
        assert_eq!(client.closed().await, 4400, "{payload}");
    }
    let mut client = Client::open(&server).await;
    client.0.send(Message::binary(b"{}".to_vec())).await.unwrap();
    assert_eq!(client.closed().await, 4400);
}

#[tokio::test]
async fn an_operation_before_the_acknowledgement_closes_with_4401() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.subscribe("a", "{ hello }", json!({})).await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn an_unauthenticated_client_is_closed_with_4403() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.send(json!({ "type": "connection_init", "payload": { "authorization": "Bearer unknown" } })).await;
    assert_eq!(client.closed().await, 4403);
}

#[tokio::test]
async fn a_client_that_offers_another_subprotocol_or_none_is_closed_with_4406() {
    let server = Server::start().await;
    let mut client = Client::connect(&server, "/graphql/ws", &[]).await.unwrap();
    assert_eq!(client.closed().await, 4406);
}

#[tokio::test]
async fn a_socket_without_connection_init_is_closed_with_4408() {
    let limits = Limits { init_time: Duration::from_millis(50), ..Limits::default() };
    let server = Server::limited(limits).await;
    assert_eq!(Client::open(&server).await.closed().await, 4408);
}

#[tokio::test]
async fn an_id_in_use_closes_with_4409() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("a", LIVE, json!({})).await;
    client.subscribe("a", LIVE, json!({})).await;
    assert_eq!(client.closed().await, 4409);
    let mut client = Client::acknowledged(&server).await;
    let long = "ü".repeat(500);
    client.subscribe(&long, LIVE, json!({})).await;
    client.subscribe(&long, LIVE, json!({})).await;
    assert_eq!(client.closed().await, 4409);
}

#[tokio::test]
async fn a_second_connection_init_closes_with_4429() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    client.send(json!({ "type": "connection_init" })).await;
    assert_eq!(client.closed().await, 4429);
}

#[tokio::test]
async fn a_slow_consumer_is_closed_with_4290_and_others_continue() {
    let limits = Limits { socket_queue_bytes: 1 << 20, ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut slow = Client::acknowledged(&server).await;
    slow.subscribe("s", LIVE, json!({})).await;
    slow.receive().await;
    let mut quick = Client::acknowledged(&server).await;
    quick.subscribe("q", LIVE, json!({})).await;
    quick.receive().await;
    // Far more than the kernel holds for a socket; the quick one reads each before the next is sent.
    for sequence in 1..=256 {
        server.controls.tick(sequence, "x".repeat(128 << 10));
        assert_eq!(quick.receive().await["payload"]["data"]["live"]["sequence"], sequence);
    }
    assert_eq!(slow.closed().await, 4290);
}

#[tokio::test]
async fn a_message_beyond_the_limit_closes_with_1009() {
    let server = Server::limited(Limits { message_bytes: 1000, ..Limits::default() }).await;
    let mut client = Client::acknowledged(&server).await;
    client.text(format!("{:<1000}", r#"{"type":"ping"}"#)).await;
    assert_eq!(client.receive().await["type"], "pong");
    client.text(format!("{:<1001}", r#"{"type":"ping"}"#)).await;
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn operations_beyond_the_limit_are_refused_one_by_one() {
    let server = Server::limited(Limits { socket_operations: 2, ..Limits::default() }).await;
    let mut client = Client::acknowledged(&server).await;
    for id in ["a", "b"] {
        client.subscribe(id, LIVE, json!({})).await;
        assert_eq!(client.receive().await["type"], "next");
    }
    client.subscribe("c", LIVE, json!({})).await;
    let refused = client.receive().await;
    assert_eq!((&refused["id"], &refused["type"]), (&json!("c"), &json!("error")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    client.send(complete("a")).await;
    client.subscribe("c", LIVE, json!({})).await;
    assert_eq!(client.receive().await["type"], "next");
}

#[tokio::test]
async fn a_silent_socket_is_pinged_and_stays_open() {
    let limits = Limits { heartbeat: Duration::from_millis(30), ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut client = Client::acknowledged(&server).await;
    // Reading answers pings, so the socket lives on; its own ping comes back.
    for _ in 0..3 {
        assert!(matches!(client.frame().await, Message::Ping(_)));
    }
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.receive().await["type"], "pong");
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_open_a_socket() {
    let settings = Settings { allowed_origins: vec!["https://app.example".parse().unwrap()], ..Settings::default() };
    let server = Server::with(settings).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let from = |origin| [protocol, ("origin", origin)];
    let refused = Client::connect(&server, "/graphql/ws", &from("https://evil.example")).await;
    assert_eq!(refused.err(), Some(403));
    assert!(Client::connect(&server, "/graphql/ws", &from("https://app.example")).await.is_ok());
    let foreign_host = [protocol, ("host", "evil.example")];
    assert_eq!(Client::connect(&server, "/graphql/ws", &foreign_host).await.err(), Some(403));
}

#[tokio::test]
async fn a_socket_that_does_not_answer_pings_is_closed() {
    let limits = Limits { heartbeat: Duration::from_millis(30), ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut client = Client::acknowledged(&server).await;
    // Bare bytes are read, so that nobody answers: a ping, then a close frame with code 1001.
    let mut bytes = [0; 6];
    let raw = client.0.get_mut();
    timeout(PATIENCE, raw.read_exact(&mut bytes)).await.expect("the server says something").unwrap();
    assert_eq!(bytes[..3], [0x89, 0, 0x88]);
    assert_eq!(bytes[4..], 1001_u16.to_be_bytes());
}

#[tokio::test]
async fn a_server_that_ends_closes_its_sockets_with_1001() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("s", LIVE, json!({})).await;
    client.receive().await;
    server.closing.cancel();
    assert_eq!(client.closed().await, 1001);
}
