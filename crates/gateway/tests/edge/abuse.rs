//! The abuse corpus: every request is refused with its code, nothing grows, nothing breaks; without the edge it does.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{StreamExt, stream};
use seatgraph::edge::Limits;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::child::{self, Outcome};
use crate::client::Client;
use crate::schema::{Controls, builder};
use crate::server::{Ask, Server};
use crate::{bombs, corpus, frames};

/// Growth of the process that counts as harm, in KiB.
const GROWTH: u64 = 64 << 10;
/// A document of the corpus on which the library works for longer counts as one that it does not stand.
const STALLED: Duration = Duration::from_secs(8);

fn ask(hostile: &corpus::Hostile) -> Ask {
    let ask = Ask::new(hostile.method, hostile.target.clone()).body(hostile.body.clone());
    hostile.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

#[tokio::test]
async fn every_request_of_the_corpus_is_refused_with_its_code() {
    let server = Server::start().await;
    let corpus = corpus::all();
    assert!(corpus.len() >= 200, "{}", corpus.len());
    let mut wrong = Vec::new();
    for hostile in &corpus {
        let reply = server.request(ask(hostile)).await;
        let (status, code) = (reply.status, reply.code());
        if (status, code.as_str()) != (hostile.status, hostile.code) {
            let (name, expected) = (&hostile.name, (hostile.status, hostile.code));
            wrong.push(format!("{name}: {status} {code}, expected {expected:?}"));
        }
        assert!(reply.json().get("data").is_none(), "{}", hostile.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(server.controls.changes.load(Ordering::SeqCst), 0, "none of the mutations ran");
}

#[tokio::test]
async fn every_document_of_the_corpus_is_refused_over_a_socket_too() {
    let server = Server::start().await;
    let mut client = Client::acknowledged(&server).await;
    for bomb in bombs::all() {
        client.subscribe("b", &bomb.query, bomb.variables).await;
        let message = client.receive().await;
        assert_eq!(message["type"], "error", "{}", bomb.name);
        assert_eq!(message["payload"][0]["extensions"]["code"], bomb.code, "{}", bomb.name);
    }
    client.subscribe("q", "{ hello }", json!({})).await;
    assert_eq!(client.receive().await["payload"]["data"]["hello"], "world");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child process of the others"]
async fn child_process() {
    match child::part().as_str() {
        "guarded" => guarded().await,
        "guard off" => guard_off().await,
        other => panic!("there is no part {other}"),
    }
}

/// Sends the corpus three times over, sixteen requests at once, and watches what the process needs for it.
async fn guarded() {
    let server = Server::start().await;
    let corpus = corpus::all();
    let before = kibibytes("VmRSS:");
    child::report("begins");
    for _ in 0..3 {
        stream::iter(&corpus)
            .for_each_concurrent(16, |hostile| async {
                let reply = server.request(ask(hostile)).await;
                assert_eq!(reply.code(), hostile.code, "{}", hostile.name);
            })
            .await;
    }
    flood().await;
    let grown = kibibytes("VmHWM:").saturating_sub(before);
    assert!(grown < GROWTH, "the process grew by {grown} KiB");
    assert_eq!(server.post("{ hello }", json!({})).await.json()["data"]["hello"], "world");
}

/// Opens sockets that never say whose they are, and begin messages that never end.
async fn flood() {
    let (init_time, close_time) = (Duration::from_millis(300), Duration::from_millis(100));
    let server = Server::limited(Limits { init_time, close_time, ..Limits::default() }).await;
    let unfinished = vec![b' '; 900 << 10];
    stream::iter(0..100)
        .for_each_concurrent(None, |_| async {
            let mut socket = frames::open(&server).await;
            // A text of 960 KiB, of which the rest never comes; the server may hang up before all of it is sent.
            let head = [&[0x81, 0xFF][..], &(960_u64 << 10).to_be_bytes(), &[0; 4]].concat();
            let _ = socket.write_all(&[&head[..], &unfinished].concat()).await;
            frames::closed(&mut socket).await;
        })
        .await;
}

/// Hands the documents of the corpus to the library itself, limits of its own and all.
async fn guard_off() {
    let schema = builder(Controls::default()).limit_depth(15).limit_complexity(2_000).finish();
    for bomb in bombs::all() {
        child::report(&bomb.name);
        let variables = async_graphql::Variables::from_json(bomb.variables);
        let request = async_graphql::Request::new(bomb.query).variables(variables);
        let schema = schema.clone();
        // On a worker's stack, where the library's own integrations run.
        let response = tokio::spawn(async move { schema.execute(request).await }).await.unwrap();
        assert!(!response.errors.is_empty(), "{} was carried out", bomb.name);
    }
}

/// The name of a document as a child reports it.
fn reported_name(bomb: &bombs::Bomb) -> String {
    bomb.name.escape_debug().to_string()
}

/// A figure of this process from `/proc`, in KiB.
fn kibibytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn play(part: &str, silence: Duration, errors: Stdio) -> Outcome {
    child::play("abuse::child_process", part, silence, errors).await
}

#[tokio::test]
async fn the_process_survives_the_corpus_and_grows_by_less_than_64_mib() {
    let outcome = play("guarded", Duration::from_secs(120), Stdio::inherit()).await;
    assert!(outcome.is_success(), "{outcome:?}");
}

#[tokio::test]
async fn without_the_edge_the_corpus_crashes_or_stalls_the_process() {
    // A document of the corpus is refused within milliseconds, and a child that ends at all has ended well or has crashed.
    let outcome = play("guard off", STALLED, Stdio::null()).await;
    match outcome {
        Outcome::Stalled(document) => {
            assert!(bombs::all().iter().any(|bomb| reported_name(bomb) == document), "{document}")
        }
        outcome => assert!(outcome.is_crash(), "the library stood it all by itself: {outcome:?}"),
    }
}
