//! Limits per caller: cost over time, concurrent operations and sockets.

use std::num::NonZeroU32;
use std::time::Duration;

use seatgraph::edge::Limits;
use serde_json::json;

use crate::client::Client;
use crate::server::{Ask, Server};

/// A budget of ten, filled by one each minute.
async fn poor() -> Server {
    let (budget_per_minute, budget_burst) = (NonZeroU32::MIN, NonZeroU32::new(10).unwrap());
    Server::limited(Limits { cost: 10, budget_per_minute, budget_burst, ..Limits::default() }).await
}

#[tokio::test]
async fn a_budget_is_spent_by_cost_and_not_by_request() {
    let server = poor().await;
    let dear = "{ books(first: 8) { title } }";
    assert_eq!(server.post(dear, json!({})).await.status, 200);
    let reply = server.post(dear, json!({})).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "RATE_LIMITED"));
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(reply.json()["errors"][0]["extensions"]["details"]["retryAfterSeconds"], seconds);
    // The attempt took one of two; seven are needed besides it, and six of them come at one a minute.
    assert!((300..=361).contains(&seconds), "{seconds}");
    assert_eq!(server.post("{ hello }", json!({})).await.status, 200, "the one that is left");
    assert_eq!(server.post("{ hello }", json!({})).await.status, 429);
}

#[tokio::test]
async fn each_caller_has_its_own_budget() {
    let server = poor().await;
    let dear = "{ books(first: 10) { title } }";
    let by_anna = || Ask::post(dear, json!({})).header("authorization", "Bearer anna");
    assert_eq!(server.request(by_anna()).await.status, 200);
    assert_eq!(server.request(by_anna()).await.status, 429);
    assert_eq!(server.post(dear, json!({})).await.status, 200, "somebody else");
}

#[tokio::test]
async fn refused_documents_use_the_budget_too() {
    let server = poor().await;
    for _ in 0..10 {
        assert_eq!(server.post("{ nothing }", json!({})).await.code(), "GRAPHQL_VALIDATION_FAILED");
    }
    assert_eq!(server.post("{ nothing }", json!({})).await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn a_client_that_accepts_only_streams_gets_refusals_as_a_stream() {
    let server = poor().await;
    server.post("{ books(first: 10) { title } }", json!({})).await;
    let ask = Ask::post("subscription { count { sequence } }", json!({})).accept("text/event-stream");
    let reply = server.request(ask).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "RATE_LIMITED"));
}

#[tokio::test]
async fn operations_of_one_caller_count_over_all_its_sockets() {
    let server = Server::limited(Limits { operations_per_visitor: 2, ..Limits::default() }).await;
    let live = "subscription { live { sequence } }";
    let mut clients = [Client::acknowledged(&server).await, Client::acknowledged(&server).await];
    for client in &mut clients {
        client.subscribe("a", live, json!({})).await;
        assert_eq!(client.receive().await["type"], "next");
    }
    let reply = server.post("{ hello }", json!({})).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "RATE_LIMITED"));
    let [first, second] = &mut clients;
    first.send(json!({ "id": "a", "type": "complete" })).await;
    // The pong says that the message before the ping was read.
    first.send(json!({ "type": "ping" })).await;
    assert_eq!(first.receive().await["type"], "pong");
    second.subscribe("b", "{ hello }", json!({})).await;
    assert_eq!(second.receive().await["type"], "next");
}

#[tokio::test]
async fn a_socket_beyond_the_limit_is_closed_with_4291() {
    let server = Server::limited(Limits { sockets_per_visitor: 1, ..Limits::default() }).await;
    let first = Client::acknowledged(&server).await;
    let mut second = Client::open(&server).await;
    second.send(json!({ "type": "connection_init" })).await;
    assert_eq!(second.closed().await, 4291);
    drop(first);
    // The server notices on its own time that the first is gone.
    loop {
        let mut next = Client::open(&server).await;
        next.send(json!({ "type": "connection_init" })).await;
        match next.frame().await {
            tokio_tungstenite::tungstenite::Message::Text(_) => break,
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn unauthenticated_sockets_wait_for_a_permit_and_are_refused_without_one() {
    let (init_time, close_time) = (Duration::from_millis(300), Duration::from_millis(100));
    let server = Server::limited(Limits { unknown_sockets: 2, init_time, close_time, ..Limits::default() }).await;
    let known = Client::acknowledged(&server).await;
    let silent = [Client::open(&server).await, Client::open(&server).await];
    // More sockets are accepted after the silent ones have been closed.
    let later = Client::acknowledged(&server).await;
    for mut one in silent {
        assert_eq!(one.closed().await, 4408);
    }
    drop((known, later));
    let patient = Limits { unknown_sockets: 0, init_time, close_time, ..Limits::default() };
    let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
    let refused = Client::connect(&Server::limited(patient).await, "/graphql/ws", &protocol).await;
    assert_eq!(refused.err(), Some(503));
}
