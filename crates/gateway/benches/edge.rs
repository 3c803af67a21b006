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

#[path = "../tests/edge/bombs.rs"]
mod bombs;
#[path = "../tests/edge/corpus.rs"]
mod corpus;
#[path = "../tests/edge/schema.rs"]
mod schema;

/// Within this every request of the abuse corpus is refused.
const REFUSAL: Duration = Duration::from_millis(50);
/// How often each of them is sent; the best of these is what it takes, the rest is the machine's.
const TRIES: usize = 5;

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

/// Median and worst of `times` requests. A comment that changes prevents cache hits.
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

/// How long the refusal of each request of the abuse corpus takes, the slowest last.
///
/// Each try meets an edge that has never seen the request.
async fn refusals() -> Vec<(Duration, String)> {
    let mut refusals = Vec::new();
    for hostile in corpus::all() {
        let mut best = Duration::MAX;
        for _ in 0..TRIES {
            let router = schema::edge(schema::Controls::default(), Settings::default()).router();
            let mut request = Request::builder().method(hostile.method).uri(&hostile.target);
            if !hostile.headers.iter().any(|(name, _)| *name == "host") {
                request = request.header("host", "localhost");
            }
            for (name, value) in &hostile.headers {
                request = request.header(*name, value);
            }
            let request = request.body(Body::from(hostile.body.clone())).expect("the request is well formed");
            let started = Instant::now();
            let response = router.oneshot(request).await.expect("the router is infallible");
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.expect("the body is whole").to_bytes();
            best = best.min(started.elapsed());
            let body = String::from_utf8_lossy(&body);
            assert!(status == hostile.status && body.contains(hostile.code), "{}: {status} {body}", hostile.name);
        }
        refusals.push((best, hostile.name));
    }
    refusals.sort();
    refusals
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
        ("200 rows of two fields and an object", "{ books(first: 200) { title next { title } } }".to_owned(), "Volume"),
    ] {
        let (_, answer) = ask(&router, &query).await;
        assert!(answer.contains(expected), "{name}: {answer}");
        for (state, times, cold) in [("cold", COLD, true), ("warm", WARM, false)] {
            let (median, worst) = measure(&router, &query, times, cold).await;
            let name = format!("{name}, {state}");
            writeln!(out, "{name:<44}{:>12}{:>12}", median.as_micros(), worst.as_micros())?;
        }
    }
    let refusals = refusals().await;
    let (median, (worst, slowest)) = (refusals[refusals.len() / 2].0, &refusals[refusals.len() - 1]);
    let name = format!("refused: the abuse corpus, {}", refusals.len());
    writeln!(out, "{name:<44}{:>12}{:>12}", median.as_micros(), worst.as_micros())?;
    writeln!(out, "the slowest of it: {slowest}")?;
    assert!(*worst < REFUSAL, "{slowest} took {worst:?}");
    Ok(())
}
