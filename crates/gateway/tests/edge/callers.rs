//! Authentication and permissions: unauthenticated callers are refused, others may do what they have permission for, and
//! withdrawn permissions take effect.

use std::sync::atomic::Ordering;
use std::time::Duration;

use seatgraph::edge::Limits;
use serde_json::json;

use crate::client::{Client, LIVE};
use crate::server::{Ask, Server};

const CHANGE: &str = "mutation { change }";

fn as_(name: &str, query: &str) -> Ask {
    Ask::post(query, json!({})).header("authorization", &format!("Bearer {name}"))
}

/// Checks permissions very often.
fn watchful() -> Limits {
    Limits { rights_checked_every: Duration::from_millis(20), ..Limits::default() }
}

#[tokio::test]
async fn an_unauthenticated_caller_learns_only_how_to_authenticate() {
    let server = Server::start().await;
    for query in ["{ hello }", "{ nonsense", "{ __schema { types { name } } }", ""] {
        let reply = server.request(as_("unknown", query)).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "UNAUTHENTICATED"), "{query}");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
}

#[tokio::test]
async fn a_failed_lookup_of_credentials_is_503_with_a_retry_hint() {
    let server = Server::start().await;
    let reply = server.request(as_("unlucky", "{ hello }")).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "SERVICE_UNAVAILABLE"));
}

#[tokio::test]
async fn a_forbidden_field_is_refused_wherever_it_is_in_the_document() {
    let server = Server::start().await;
    let hidden = [
        CHANGE,
        "mutation { innocent: change }",
        "mutation { ... on Mutation { change } }",
        "mutation { ...F } fragment F on Mutation { change }",
        "mutation { change @include(if: true) }",
    ];
    for query in hidden {
        let reply = server.request(as_("anna", query)).await;
        assert_eq!(reply.code(), "FORBIDDEN", "{query}");
        assert!(reply.body.contains("`change` is not for anna"), "{}", reply.body);
    }
    assert_eq!(server.controls.changes.load(Ordering::SeqCst), 0);
    let reply = server.post(CHANGE, json!({})).await;
    assert_eq!(reply.json()["data"]["change"], 1);
}

#[tokio::test]
async fn an_event_stream_ends_when_its_credentials_are_withdrawn() {
    let server = Server::limited(watchful()).await;
    let ask = Ask::post(LIVE, json!({})).accept("text/event-stream");
    let mut stream = server.open(ask).await;
    server.controls.tick(1, "first");
    assert!(stream.until("first").await.contains("next"));
    server.controls.withdrawn.store(true, Ordering::SeqCst);
    let rest = stream.until("event: complete").await;
    assert!(rest.contains("UNAUTHENTICATED"), "{rest}");
}

#[tokio::test]
async fn a_socket_closes_when_its_credentials_are_withdrawn() {
    let server = Server::limited(watchful()).await;
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("1", LIVE, json!({})).await;
    server.controls.withdrawn.store(true, Ordering::SeqCst);
    assert_eq!(client.closed().await, 4403);
}

#[tokio::test]
async fn an_idle_socket_is_refused_with_its_next_operation() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    server.controls.withdrawn.store(true, Ordering::SeqCst);
    client.subscribe("1", "{ hello }", json!({})).await;
    assert_eq!(client.closed().await, 4403);
}

#[tokio::test]
async fn a_socket_can_authenticate_by_header() {
    let server = Server::start().await;
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("authorization", "Bearer anna")];
    let mut client = Client::connect(&server, "/graphql/ws", &headers).await.unwrap();
    client.send(json!({ "type": "connection_init" })).await;
    assert_eq!(client.receive().await, json!({ "type": "connection_ack" }));
    client.subscribe("1", CHANGE, json!({})).await;
    let refused = client.receive().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "FORBIDDEN");
}
