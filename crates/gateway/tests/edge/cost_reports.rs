//! The cost of an operation in its response, on request.

use std::num::NonZeroU32;

use seatgraph::edge::Limits;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::{Ask, Server};

/// Costs 1 + 1: the book, and the next.
const BOOKS: &str = "{ book { next { title } } }";

fn bill(price: u64) -> Value {
    json!({ "price": price, "limit": 2000, "left": 5000 - price })
}

/// A server whose budgets do not fill while a test runs.
async fn server() -> Server {
    let (budget_per_minute, budget_burst) = (NonZeroU32::MIN, NonZeroU32::new(5000).unwrap());
    Server::limited(Limits { budget_per_minute, budget_burst, ..Limits::default() }).await
}

#[tokio::test]
async fn a_response_has_its_cost_if_requested() {
    let by_header = Ask::post(BOOKS, json!({})).header("x-seatgraph-cost", "1");
    let by_extension = Ask::json(json!({ "query": BOOKS, "extensions": { "cost": true } }).to_string());
    let by_get = Ask::get(&[("query", BOOKS), ("extensions", r#"{"cost":true}"#)]);
    for ask in [by_header, by_extension, by_get] {
        assert_eq!(server().await.request(ask).await.json()["extensions"]["cost"], bill(2));
    }
}

#[tokio::test]
async fn a_response_has_no_cost_unless_requested() {
    let server = server().await;
    let unasked = Ask::post(BOOKS, json!({}));
    for ask in [unasked.clone(), unasked.header("x-seatgraph-cost", "0")] {
        assert_eq!(server.request(ask).await.json().get("extensions"), None);
    }
}

#[tokio::test]
async fn a_response_with_errors_has_its_cost_too() {
    let server = server().await;
    let ask = Ask::post("{ fails(how: CODED) book { title } }", json!({})).header("x-seatgraph-cost", "1");
    let reply = server.request(ask).await.json();
    assert_eq!(reply["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(reply["extensions"]["cost"], bill(1));
}

#[tokio::test]
async fn a_subscription_has_its_cost_once() {
    let server = server().await;
    let mut client = Client::acknowledged(&server).await;
    let payload = json!({ "query": "subscription { count(to: 2) { sequence } }", "extensions": { "cost": true } });
    client.send(json!({ "id": "s", "type": "subscribe", "payload": payload })).await;
    assert_eq!(client.receive().await["payload"]["extensions"]["cost"], bill(1));
    assert_eq!(client.receive().await["payload"].get("extensions"), None);
}

#[tokio::test]
async fn a_stream_has_its_cost_too() {
    let server = server().await;
    let ask = Ask::post("subscription { count(to: 1) { sequence } }", json!({}));
    let reply = server.request(ask.accept("text/event-stream").header("x-seatgraph-cost", "1")).await;
    assert!(reply.body.contains(r#""extensions":{"cost":{"price":1,"limit":2000,"left":4999}}"#), "{}", reply.body);
}
