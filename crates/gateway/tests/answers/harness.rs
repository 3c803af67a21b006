//! A gateway without HTTP: a database, an engine, the schema, and an in-memory organisation.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_graphql::{Request, Response, Variables};
use connector_testkit::memory::{self, MemoryOrg, Shape};
use futures::StreamExt as _;
use seatgraph::callers::Callers;
use seatgraph::edge::Caller;
use seatgraph::requests::Requests;
use seatgraph::schema::{self, Schema};
use seatgraph_core::{Registration, SystemClock};
use seatgraph_engine::access::Principal;
use seatgraph_engine::{Engine, EngineSettings, Worker};
use seatgraph_store::testkit::{self, TestDatabase};
use seatgraph_store::{Backend, Sealer};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

static CONNECTORS: &[Registration] = &[memory::REGISTRATION];

/// Members of the organisation. Every tenth is inactive and has no licence, every third active one has PRO besides BASIC,
/// every fourth was never active.
pub(crate) const MEMBERS: u32 = 60;
/// Active members, each with BASIC.
pub(crate) const BASIC: i64 = 54;
/// Active members whose number three divides: 20, less 30 and 60.
pub(crate) const PRO: i64 = 18;

pub(crate) struct Harness {
    pub(crate) organisation: Arc<MemoryOrg>,
    engine: Engine,
    requests: Requests,
    caller: Caller<Principal>,
    schema: Schema,
    pub(crate) database: TestDatabase,
}

impl Harness {
    /// Creates a gateway and an organisation, not connected.
    pub(crate) async fn new() -> Self {
        let database = testkit::database(Backend::Sqlite).await.expect("SQLite is always there");
        Self::on(database, MEMBERS)
    }

    /// Creates a gateway on this database and an organisation with `users` members, not connected.
    pub(crate) fn on(database: TestDatabase, users: u32) -> Self {
        let settings = EngineSettings {
            poll_every: Duration::from_millis(20),
            loopback_vendors: true,
            ..EngineSettings::default()
        };
        let sealer = Sealer::from_key(&[7; 32]);
        let engine = Engine::new(database.clone(), CONNECTORS, sealer, Arc::new(SystemClock), settings);
        let organisation = MemoryOrg::create(Shape { users, page_size: 25 });
        let url = "http://localhost:8080".parse().expect("the URL is valid");
        let requests = Requests::new(engine.clone(), database.pools().clone(), url, Callers::default());
        let caller = Caller { principal: Arc::new(Principal::demo()), from: "test".into() };
        Self { organisation, engine, requests, caller, schema: schema::build(), database }
    }

    /// Creates a gateway with a synced organisation. Returns it with the IDs of the profile and the run.
    pub(crate) async fn synced() -> (Self, String, String) {
        let harness = Self::new().await;
        let (profile, run) = harness.publish("Memory").await;
        harness.run_to_the_end(&run).await;
        (harness, profile, run)
    }

    /// Connects the organisation and publishes its profile. Returns the IDs of the profile and the run.
    pub(crate) async fn publish(&self, name: &str) -> (String, String) {
        self.publish_another(&self.organisation, name).await
    }

    /// Connects another organisation and publishes its profile. Returns the IDs of the profile and the run.
    pub(crate) async fn publish_another(&self, organisation: &MemoryOrg, name: &str) -> (String, String) {
        let url = organisation.config()["instanceUrl"].clone();
        let alias =
            self.input("CreateConnectionAlias", json!({ "connector": "memory", "name": name, "instanceUrl": url }));
        let alias = alias.await["alias"]["id"].clone();
        let profile = self.input("CreateProfile", json!({ "name": name, "aliasId": alias })).await;
        let published = self.input("PublishProfile", json!({ "id": profile["profile"]["id"] })).await;
        (text(&published["profile"]["id"]), text(&published["run"]["id"]))
    }

    /// Runs a worker until the run has ended. Returns the events of the run.
    pub(crate) async fn run_to_the_end(&self, run: &str) -> Vec<Value> {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(Worker::new(self.engine.clone()).run(stop.clone()));
        let events = self.follow(json!({ "runId": run }), Some(0)).await;
        stop.cancel();
        worker.await.expect("the worker does not panic");
        events
    }

    /// Follows a run to its end.
    pub(crate) async fn follow(&self, by: Value, after: Option<i64>) -> Vec<Value> {
        let request = request(&document("SyncProgress"), json!({ "by": by, "after": after }));
        let (request, _) = self.requests.of(request, &self.caller, "trace");
        let answers: Vec<Response> = self.schema.execute_stream(request).collect().await;
        answers.into_iter().map(|answer| data(answer)["syncProgress"].take()).collect()
    }

    /// Runs a shared document with one `input`. Returns its payload, which must have no `userErrors`.
    pub(crate) async fn input(&self, name: &str, input: Value) -> Value {
        let payload = self.try_input(name, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload
    }

    /// Runs a shared document with one `input`. Returns its payload, which may have `userErrors`.
    pub(crate) async fn try_input(&self, name: &str, input: Value) -> Value {
        let answer = self.run(name, json!({ "input": input })).await;
        answer.as_object().unwrap().values().next().unwrap().clone()
    }

    /// Runs a shared document.
    pub(crate) async fn run(&self, name: &str, variables: Value) -> Value {
        self.ask(&document(name), variables).await
    }

    /// Runs a document and returns its data.
    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Value {
        data(self.send(document, variables).await.0)
    }

    /// Runs a document that must fail. Returns the code and the message of the first error.
    pub(crate) async fn refused(&self, document: &str, variables: Value) -> (String, String) {
        let (answer, _) = self.send(document, variables).await;
        let error = serde_json::to_value(&answer.errors[0]).unwrap();
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }

    /// Runs a subscription that must fail immediately. Returns the code and the message of the first error.
    pub(crate) async fn refused_stream(&self, document: &str, variables: Value) -> (String, String) {
        let (request, _) = self.requests.of(request(document, variables), &self.caller, "trace");
        let answer = self.schema.execute_stream(request).next().await.expect("a stream answers");
        let error = serde_json::to_value(&answer.errors[0]).unwrap();
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }

    /// Runs a document on behalf of `caller` and returns the whole response. For a subscription, this is the first
    /// response, which must arrive within ten seconds.
    pub(crate) async fn answer_to(&self, caller: &Caller<Principal>, document: &str, variables: Value) -> Value {
        let (request, _) = self.requests.of(request(document, variables), caller, "trace");
        let answers = self.schema.execute_stream(request);
        let first = tokio::time::timeout(Duration::from_secs(10), Box::pin(answers).next()).await;
        let first = first.unwrap_or_else(|_| panic!("no answer to {document}")).expect("a stream answers");
        serde_json::to_value(first).unwrap()
    }

    /// Runs a document. Returns the whole response and the number of statements.
    pub(crate) async fn send(&self, document: &str, variables: Value) -> (Response, u64) {
        let (request, statements) = self.requests.of(request(document, variables), &self.caller, "trace");
        let answer = self.schema.execute(request).await;
        (answer, statements.load(Ordering::Relaxed))
    }
}

fn request(document: &str, variables: Value) -> Request {
    Request::new(document).variables(Variables::from_json(variables))
}

/// Reads a shared document.
pub(crate) fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../graphql/operations/{name}.graphql"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn data(answer: Response) -> Value {
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    answer.data.into_json().unwrap()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
