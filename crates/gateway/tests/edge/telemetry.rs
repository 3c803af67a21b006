//! Log and metrics of the edge.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};

use crate::server::{Ask, Server};

thread_local! {
    /// What was logged on this thread: every test runs its server on its own.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Installs the log for the whole process. Every server does so before it starts: whether a place in the
/// code is logged at all is decided when it is first reached.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| tracing_subscriber::fmt().json().with_writer(|| Log).init());
}

fn text() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap())
}

fn lines() -> Vec<Value> {
    text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn requests() -> Vec<Value> {
    let fields = lines().into_iter().map(|line| line["fields"].clone());
    fields.filter(|fields| fields["message"] == "graphql request").collect()
}

#[tokio::test]
async fn a_request_is_logged_in_one_line() {
    let server = Server::start().await;
    server.post("query Reading { reads(times: 3) book { title } }", json!({})).await;
    let [line] = requests().try_into().unwrap();
    assert_eq!(line["operation"], "Reading");
    assert_eq!(line["operation_type"], "query");
    assert_eq!(line["status"], 200);
    assert_eq!(line["code"], "OK");
    assert_eq!(line["statements"], 3);
    assert_eq!(line["cost"], 1);
    assert!(line["duration_us"].is_u64() && line["trace_id"].is_string(), "{line}");
}

#[tokio::test]
async fn the_trace_id_of_a_response_is_in_the_log() {
    let server = Server::start().await;
    let reply = server.post("{ fails(how: UNCODED) }", json!({})).await;
    let trace_id = reply.json()["errors"][0]["extensions"]["traceId"].clone();
    let lines = lines();
    let error = lines.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(error["fields"]["trace_id"], trace_id);
    assert_eq!(error["fields"]["error"], "connection to 10.0.0.7 refused");
    assert_eq!(requests()[0]["code"], "INTERNAL_SERVER_ERROR");
    assert_eq!(requests()[0]["trace_id"], trace_id);
}

#[tokio::test]
async fn a_refused_request_is_logged_without_its_content() {
    let server = Server::start().await;
    server.post("{ hunter2 }", json!({ "secret": "hunter3" })).await;
    server.request(Ask::json("hunter4")).await;
    let codes: Vec<_> = requests().iter().map(|line| line["code"].clone()).collect();
    assert_eq!(codes, ["GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST"]);
    assert!(!text().contains("hunter"));
}

#[tokio::test]
async fn requests_and_open_streams_are_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let metrics = recorder.handle();
    let server = Server::start().await;
    server.post("{ hello }", json!({})).await;
    server.post("{ nothing }", json!({})).await;
    let ask = Ask::post("subscription { live { text } }", json!({})).accept("text/event-stream");
    let mut stream = server.open(ask).await;
    stream.until("ready").await;
    let page = metrics.render();
    for line in [
        r#"graphql_requests_total{type="query",code="OK"} 1"#,
        r#"graphql_requests_total{type="unknown",code="GRAPHQL_VALIDATION_FAILED"} 1"#,
        "graphql_streams 1",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
    assert!(page.contains("graphql_request_seconds_count{type=\"query\"} 1"), "{page}");
    server.controls.end();
    stream.until("complete\ndata:\n\n").await;
    assert!(metrics.render().contains("graphql_streams 0"), "{}", metrics.render());
}
