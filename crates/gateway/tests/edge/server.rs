//! A server on a free port, and a minimal HTTP client.

use std::net::SocketAddr;
use std::time::Duration;

use seatgraph::edge::{Limits, Settings};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::schema::{Controls, Tick, edge};
use crate::telemetry;

/// Longer than anything here takes; a test that hangs fails instead.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) controls: Controls,
    pub(crate) closing: CancellationToken,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        Self::with(Settings { limits, ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        telemetry::install();
        let controls = Controls::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let closing = CancellationToken::new();
        let router = edge(controls.clone(), settings).closing_with(closing.clone()).router();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, controls, closing, task }
    }

    /// Posts `{"query": …, "variables": …}` and accepts plain JSON.
    pub(crate) async fn post(&self, query: &str, variables: Value) -> Reply {
        self.request(Ask::post(query, variables)).await
    }

    pub(crate) async fn request(&self, ask: Ask) -> Reply {
        timeout(PATIENCE, self.open(ask).await.rest()).await.expect("the server answers in time")
    }

    /// Sends a request and reads as far as the end of the head.
    pub(crate) async fn open(&self, ask: Ask) -> Incoming {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let head = ask.head(self.address);
        socket.write_all(head.as_bytes()).await.unwrap();
        // A server that refuses may hang up before it has read everything.
        let _ = socket.write_all(&ask.body).await;
        Incoming::read(socket).await
    }
}

impl Controls {
    pub(crate) fn tick(&self, sequence: i32, text: impl Into<String>) {
        self.send(Some(Tick { sequence, text: text.into() }));
    }

    pub(crate) fn end(&self) {
        self.send(None);
    }

    fn send(&self, tick: Option<Tick>) {
        assert!(self.live.send(tick).is_ok(), "nobody listens");
    }
}

/// A request. HTTP/1.0 keeps its body free of chunks, so that a stream can be read as it comes.
#[derive(Clone)]
pub(crate) struct Ask {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn post(query: &str, variables: Value) -> Self {
        let body = serde_json::json!({ "query": query, "variables": variables });
        Self::json(body.to_string())
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", "/graphql").header("content-type", "application/json").body(body)
    }

    pub(crate) fn get(parameters: &[(&str, &str)]) -> Self {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        Self::new("GET", format!("/graphql?{query}"))
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header; `host` replaces the usual one.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn accept(self, value: &str) -> Self {
        self.header("accept", value)
    }

    fn head(&self, address: SocketAddr) -> String {
        let mut head = format!("{} {} HTTP/1.0\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head += &format!("host: {address}\r\n");
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + &format!("content-length: {}\r\n\r\n", self.body.len())
    }
}

/// An answer whose body is still coming.
pub(crate) struct Incoming {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    socket: BufReader<TcpStream>,
}

impl Incoming {
    async fn read(socket: TcpStream) -> Self {
        let mut incoming = Self { status: 0, headers: Vec::new(), socket: BufReader::new(socket) };
        let head = incoming.until("\r\n\r\n").await;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        incoming.status = status.and_then(|status| status.parse().ok()).expect("a status line");
        let headers = lines.filter_map(|line| line.split_once(": "));
        incoming.headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        incoming
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Reads up to and including `mark`, or to the end.
    pub(crate) async fn until(&mut self, mark: &str) -> String {
        let reading = async {
            let mut text = Vec::new();
            while !text.ends_with(mark.as_bytes()) {
                match self.socket.read_u8().await {
                    Ok(byte) => text.push(byte),
                    Err(_) => break,
                }
            }
            String::from_utf8(text).unwrap()
        };
        timeout(PATIENCE, reading).await.expect("the stream goes on")
    }

    async fn rest(mut self) -> Reply {
        let mut body = Vec::new();
        let _ = self.socket.read_to_end(&mut body).await;
        Reply { status: self.status, body: String::from_utf8(body).unwrap(), headers: self.headers }
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The code of the first error, after a look at what every error must have.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {body}"));
        for error in errors {
            let trace_id = error["extensions"]["traceId"].as_str().unwrap_or_default();
            assert_eq!(trace_id.len(), 32, "{error}");
            assert!(error["extensions"]["code"].is_string(), "{error}");
            assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()), "{error}");
        }
        errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }
}
