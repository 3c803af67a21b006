//! The control for every refusal: without the edge, the same documents end or stall the process.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::child::{self, Outcome};
use crate::schema::{Controls, builder};
use crate::server::Server;

/// A document of 600 bytes that is not answered by then is not going to be.
const STALLED: Duration = Duration::from_secs(3);

/// The library's grammar gives up before its stack does, except in a window that moves with the build.
const DEPTHS: [usize; 10] = [500, 600, 700, 800, 1_200, 1_600, 2_000, 2_500, 3_000, 4_000];

fn literal(depth: usize) -> String {
    format!("{{ join(words: {}{}) }}", "[".repeat(depth), "]".repeat(depth))
}

fn bomb() -> String {
    let mut query = "{ book { ...F0 } }".to_owned();
    for i in 0..8 {
        query += &format!(" fragment F{i} on Book {{ {} }}", format!("...F{} ", i + 1).repeat(8));
    }
    query + " fragment F8 on Book { title }"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "the child process of the others, which hands its part to the library itself"]
async fn guard_off_child() {
    let query = child::part();
    let schema = builder(Controls::default()).limit_depth(15).limit_complexity(2_000).finish();
    child::report("begins");
    // On a worker's stack, where the library's own integrations run.
    tokio::spawn(async move { schema.execute(query).await }).await.unwrap();
}

async fn without_the_edge(query: &str) -> Outcome {
    child::play("guard::guard_off_child", query, STALLED, Stdio::null()).await
}

#[tokio::test]
async fn a_nested_literal_aborts_the_library_and_is_refused_by_the_edge() {
    let server = Server::start().await;
    let mut aborted = Vec::new();
    for depth in DEPTHS {
        let query = literal(depth);
        assert_eq!(server.post(&query, json!({})).await.code(), "COST_LIMIT", "{depth}");
        if without_the_edge(&query).await.is_crash() {
            aborted.push(depth);
        }
    }
    assert!(!aborted.is_empty(), "the library survives every depth");
}

#[tokio::test]
async fn a_fragment_bomb_stalls_the_library_and_is_refused_by_the_edge() {
    let server = Server::start().await;
    assert_eq!(server.post(&bomb(), json!({})).await.code(), "COST_LIMIT");
    let outcome = without_the_edge(&bomb()).await;
    assert!(matches!(outcome, Outcome::Stalled(_)), "it was answered: {outcome:?}");
}

#[tokio::test]
async fn a_harmless_document_is_answered_without_the_edge() {
    assert!(without_the_edge("{ hello }").await.is_success());
}
