//! What a refusal and a request cost: `cargo bench -p seatgraph --bench edge`.
//!
//! One thread, no network: requests go straight into the router, so the figures are CPU time of the edge
//! and of the executor behind it.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use seatgraph::edge::Settings;
use serde_json::json;
use tower::ServiceExt;

#[path = "../tests/edge/schema.rs"]
mod schema;

const COLD: usize = 500;
const WARM: usize = 5_000;

fn nested_literal() -> String {
    format!("{{ join(words: {}{}) }}", "[".repeat(2_000), "]".repeat(2_000))
}

fn fragment_bomb() -> String {
    let mut query = "{ book { ...F0 } }".to_owned();
    for i in 0..8 {
        query += &format!(" fragment F{i} on Book {{ {} }}", format!("...F{} ", i + 1).repeat(8));
    }
    query + " fragment F8 on Book { title }"
}

fn large() -> String {
    let fields: String = (0..55).map(|i| format!("a{i}: add(a: {i}) ")).collect();
    format!("{{ {fields} book {{ next {{ title }} }} }}")
}

async fn ask(router: &Router, query: &str) -> (Duration, String) {
    let body = json!({ "query": query, "variables": { "n": 1 } }).to_string();
    let request = Request::post("/graphql")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Body::from(body))
        .expect("the request is well formed");
    let started = Instant::now();
    let response = router.clone().oneshot(request).await.expect("the router is infallible");
    let body = response.into_body().collect().await.expect("the body is whole").to_bytes();
    (started.elapsed(), String::from_utf8_lossy(&body).into_owned())
}

/// Median and worst of `times` requests; a comment that changes makes every one a stranger.
async fn measure(router: &Router, query: &str, times: usize, cold: bool) -> (Duration, Duration) {
    ask(router, query).await;
    let mut took = Vec::with_capacity(times);
    for i in 0..times {
        let query = if cold { format!("#{i}\n{query}") } else { query.to_owned() };
        took.push(ask(router, &query).await.0);
    }
    took.sort();
    (took[times / 2], took[times - 1])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let router = schema::edge(schema::Controls::default(), Settings::default()).router();
    let mut out = io::stdout();
    writeln!(out, "{:<44}{:>12}{:>12}", "", "median µs", "worst µs")?;
    for (name, query, expected) in [
        ("refused: a literal nested 2,000 deep", nested_literal(), "COST_LIMIT"),
        ("refused: a fragment bomb, 8 × 8", fragment_bomb(), "COST_LIMIT"),
        ("small query", "query($n: Int!) { add(a: $n) hello }".to_owned(), "world"),
        ("query of 55 aliased fields", large(), "Volume"),
    ] {
        let (_, answer) = ask(&router, &query).await;
        assert!(answer.contains(expected), "{name}: {answer}");
        for (state, times, cold) in [("cold", COLD, true), ("warm", WARM, false)] {
            let (median, worst) = measure(&router, &query, times, cold).await;
            let name = format!("{name}, {state}");
            writeln!(out, "{name:<44}{:>12}{:>12}", median.as_micros(), worst.as_micros())?;
        }
    }
    Ok(())
}
