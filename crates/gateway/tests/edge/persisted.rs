//! Automatic persisted queries, over each transport.

use std::sync::atomic::Ordering;

use seatgraph::edge::Limits;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::server::{Ask, Server};

const ADD: &str = "query($n: Int!) { add(a: $n) }";

fn extensions(query: &str) -> Value {
    let hash: String = Sha256::digest(query).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

/// A request that names `query` by its hash and does not send it.
fn by_hash(query: &str) -> Ask {
    Ask::json(json!({ "extensions": extensions(query), "variables": { "n": 2 } }).to_string())
}

/// A request that sends the document with its hash.
fn whole(query: &str) -> Ask {
    let body = json!({ "query": query, "extensions": extensions(query), "variables": { "n": 1 } });
    Ask::json(body.to_string())
}

#[tokio::test]
async fn a_document_is_sent_once_and_then_requested_by_its_hash() {
    let server = Server::start().await;
    let reply = server.request(by_hash(ADD)).await;
    assert_eq!((reply.status, reply.code().as_str()), (200, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(reply.json()["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(server.request(whole(ADD)).await.json()["data"]["add"], 11);
    assert_eq!(server.request(by_hash(ADD)).await.json(), json!({ "data": { "add": 12 } }));
}

#[tokio::test]
async fn a_document_sent_without_its_hash_can_be_requested_by_its_hash() {
    let server = Server::start().await;
    server.post(ADD, json!({ "n": 0 })).await;
    assert_eq!(server.request(by_hash(ADD)).await.json()["data"]["add"], 12);
}

#[tokio::test]
async fn a_hash_of_another_document_is_refused_and_not_cached() {
    let server = Server::start().await;
    let poisoned = json!({ "query": "{ hello }", "extensions": extensions(ADD), "variables": { "n": 1 } });
    let reply = server.request(Ask::json(poisoned.to_string())).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "BAD_REQUEST"));
    assert_eq!(server.request(by_hash(ADD)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(server.request(by_hash("{ hello }")).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn another_version_is_refused_with_the_text_that_clients_expect() {
    let server = Server::start().await;
    let mut extensions = extensions(ADD);
    extensions["persistedQuery"]["version"] = json!(2);
    let reply = server.request(Ask::json(json!({ "extensions": extensions }).to_string())).await;
    assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_SUPPORTED");
    assert_eq!(reply.json()["errors"][0]["message"], "PersistedQueryNotSupported");
}

#[tokio::test]
async fn an_invalid_hash_is_refused() {
    let server = Server::start().await;
    for hash in [json!("00"), json!(7), json!(null), json!("g".repeat(64)), json!("0".repeat(65))] {
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        let reply = server.request(Ask::json(json!({ "extensions": extensions }).to_string())).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "BAD_REQUEST"), "{hash}");
    }
}

#[tokio::test]
async fn a_hash_over_get_is_accepted_for_a_query_and_not_for_a_mutation() {
    let server = Server::start().await;
    let get = |query| Ask::get(&[("extensions", &extensions(query).to_string()), ("variables", r#"{"n":3}"#)]);
    assert_eq!(server.request(get(ADD)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    server.request(whole(ADD)).await;
    assert_eq!(server.request(get(ADD)).await.json()["data"]["add"], 13);
    let change = "mutation { change }";
    server.request(whole(change)).await;
    let reply = server.request(get(change)).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    assert_eq!(server.controls.changes.load(Ordering::SeqCst), 1, "only the one by POST");
    assert_eq!(server.request(by_hash(change)).await.json()["data"]["change"], 2);
}

#[tokio::test]
async fn a_socket_stays_open_after_an_unknown_hash() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    let named = json!({ "extensions": extensions(ADD), "variables": { "n": 4 } });
    let whole = json!({ "query": ADD, "extensions": extensions(ADD), "variables": { "n": 4 } });
    let foreign = json!({ "query": "{ hello }", "extensions": extensions(ADD) });
    for (payload, code) in [(&named, "PERSISTED_QUERY_NOT_FOUND"), (&foreign, "BAD_REQUEST")] {
        client.send(json!({ "id": "p", "type": "subscribe", "payload": payload })).await;
        let message = client.receive().await;
        assert_eq!((&message["id"], &message["type"]), (&json!("p"), &json!("error")));
        assert_eq!(message["payload"][0]["extensions"]["code"], code);
    }
    for payload in [&whole, &named] {
        client.send(json!({ "id": "p", "type": "subscribe", "payload": payload })).await;
        assert_eq!(client.receive().await["payload"]["data"]["add"], 14);
        assert_eq!(client.receive().await["type"], "complete");
    }
}

#[tokio::test]
async fn a_refused_document_stays_refused_by_its_hash() {
    let server = Server::limited(Limits { depth: 2, ..Limits::default() }).await;
    let deep = "{ book { next { title } } }";
    assert_eq!(server.request(whole(deep)).await.code(), "COST_LIMIT");
    assert_eq!(server.request(by_hash(deep)).await.code(), "COST_LIMIT");
}
