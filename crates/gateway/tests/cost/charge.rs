//! The edge in front of the real schema and of an executor that answers nothing, asked for the cost of operations.

use std::num::NonZeroU32;
use std::sync::Arc;

use apollo_compiler::ast::OperationType;
use async_graphql::{Data, Executor, Request, Response};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use futures::stream::{self, BoxStream, StreamExt as _};
use http_body_util::BodyExt as _;
use seatgraph::edge::{
    self, AuthenticationUnavailable, Backend, Caller, Identity, Limits, Prepared, RequestCredentials, Settings,
};
use seatgraph::schema::sdl;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

#[derive(Clone)]
struct Silent;

impl Executor for Silent {
    async fn execute(&self, _request: Request) -> Response {
        Response::default()
    }

    fn execute_stream(&self, _request: Request, _data: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        stream::once(async { Response::default() }).boxed()
    }
}

#[derive(Debug)]
struct Anybody;

impl Identity for Anybody {
    fn key(&self) -> String {
        "anybody".to_owned()
    }

    fn may_introspect(&self) -> bool {
        true
    }

    fn sees_the_same_as(&self, _other: &Self) -> bool {
        true
    }
}

struct Open;

#[async_trait]
impl Backend for Open {
    type Identity = Anybody;

    async fn authenticate(
        &self,
        _introduction: &RequestCredentials,
    ) -> Result<Option<Anybody>, AuthenticationUnavailable> {
        Ok(Some(Anybody))
    }

    fn permits(&self, _caller: &Anybody, _root: OperationType, _field: &str) -> Result<(), String> {
        Ok(())
    }

    fn prepare(&self, request: Request, _visitor: &Caller<Anybody>, _trace_id: &str) -> Prepared {
        Prepared { request, statements: Arc::default() }
    }
}

/// The edge, with limits that only its structural bounds could exceed.
pub(crate) struct Edge(Router);

impl Edge {
    pub(crate) fn new() -> Self {
        let limits = Limits {
            cost: u32::MAX.into(),
            budget_per_minute: NonZeroU32::MAX,
            budget_burst: NonZeroU32::MAX,
            document_bytes: 1 << 20,
            tokens: 100_000,
            aliases: 10_000,
            depth: 100,
            ..Limits::default()
        };
        let settings = Settings { limits, ..Settings::default() };
        Self(edge::Edge::new(Silent, &sdl(), settings, Open).unwrap().router())
    }

    /// What the edge charges for the one operation of `query`.
    pub(crate) async fn charge(&self, query: &str, variables: &Map<String, Value>) -> u64 {
        let answer = self.ask(query, variables).await;
        answer["extensions"]["cost"]["price"].as_u64().unwrap_or_else(|| panic!("{answer}: {query}"))
    }

    /// Why the edge refuses `query`.
    pub(crate) async fn refused(&self, query: &str, variables: &Map<String, Value>) -> String {
        self.ask(query, variables).await["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, query: &str, variables: &Map<String, Value>) -> Value {
        let body = json!({ "query": query, "variables": variables, "extensions": { "cost": true } }).to_string();
        let request = axum::http::Request::post("/graphql")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(Body::from(body))
            .unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        // A subscription answers as a stream of one event.
        let json = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(&text);
        serde_json::from_str(json).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }
}
