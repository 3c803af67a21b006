//! What the edge leaves in the log and in the metrics.

use std::io;
use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Ask, Server};

/// Keeps what is logged on this thread; tests run their server on their own.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn install(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt().json().with_writer(self.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    fn requests(&self) -> Vec<Value> {
        let lines = self.lines().into_iter().map(|line| line["fields"].clone());
        lines.filter(|fields| fields["message"] == "graphql request").collect()
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_with_its_figures() {
    let log = Log::default();
    let _guard = log.install();
    let server = Server::start().await;
    server.post("query Reading { reads(times: 3) book { title } }", json!({})).await;
    let [line] = log.requests().try_into().unwrap();
    assert_eq!(line["operation"], "Reading");
    assert_eq!(line["operation_type"], "query");
    assert_eq!(line["status"], 200);
    assert_eq!(line["code"], "OK");
    assert_eq!(line["statements"], 3);
    assert_eq!(line["cost"], 1);
    assert!(line["duration_us"].is_u64() && line["trace_id"].is_string(), "{line}");
}

#[tokio::test]
async fn the_trace_id_leads_from_the_answer_to_the_text_in_the_log() {
    let log = Log::default();
    let _guard = log.install();
    let server = Server::start().await;
    let reply = server.post("{ fails(how: UNCODED) }", json!({})).await;
    let trace_id = reply.json()["errors"][0]["extensions"]["traceId"].clone();
    let lines = log.lines();
    let told = lines.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(told["fields"]["trace_id"], trace_id);
    assert_eq!(told["fields"]["error"], "connection to 10.0.0.7 refused");
    assert_eq!(log.requests()[0]["code"], "INTERNAL_SERVER_ERROR");
    assert_eq!(log.requests()[0]["trace_id"], trace_id);
}

#[tokio::test]
async fn a_refused_request_leaves_a_line_too_and_none_of_its_content() {
    let log = Log::default();
    let _guard = log.install();
    let server = Server::start().await;
    server.post("{ hunter2 }", json!({ "secret": "hunter3" })).await;
    server.request(Ask::json("hunter4")).await;
    let codes: Vec<_> = log.requests().iter().map(|line| line["code"].clone()).collect();
    assert_eq!(codes, ["GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST"]);
    assert!(!String::from_utf8_lossy(&log.0.lock().unwrap()).contains("hunter"));
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
