//! One edge for GraphQL over HTTP, server-sent events, multipart subscriptions and WebSocket.
//!
//! Every request goes the same way, and whatever comes earlier is cheap on hostile input: authentication, bytes, size,
//! tokens, nesting and other structural bounds, validation, choice of an operation, coercion of its variables, cost,
//! permission, execution within a time, order of the answer. The verdict on a document is remembered by its hash; a warm
//! request parses nothing, and reads no more than its variables and its cost.
//!
//! The executor must be an async-graphql schema built with `ValidationMode::Fast` (the edge has
//! validated), `disable_suggestions()`, `limit_recursive_depth(128)` (the edge counts fields, the
//! library also counts fragments), and no introspection switch of its own. Its errors for users carry
//! `extensions.code`; the text of all others stays in the log. When a client disconnects or the time is up, the
//! execution is dropped where it stands: work that must not stop halfway runs in a task of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use apollo_compiler::ast::OperationType;
use async_graphql::Executor;
use async_trait::async_trait;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::routing::any;
use tokio_util::sync::CancellationToken;
use tower_http::cors::CorsLayer;
use url::Url;

mod allow_list;
mod budget;
mod coerce;
mod compiler_texts;
mod convert;
mod cost;
mod cost_report;
mod cost_rule;
mod costed;
mod document;
mod hints;
mod http;
mod input_checks;
mod introspection;
mod limits;
mod negotiate;
mod order;
mod origin;
mod params;
mod persisted;
mod refusal;
mod request_log;
mod service;
mod socket;
mod stream;
mod strip_unset_variables;
mod structure;
mod visitor;

pub use allow_list::{AllowList, InvalidDocument};
pub use cost_rule::DEFAULT_PAGE_SIZE;
pub use costed::Costed;
pub use limits::Limits;
pub use origin::{HostPolicy, is_cross_site};
use service::Service;
pub use visitor::{CannotTell, Introduction, Visitor};

/// How long a browser may remember that another origin is allowed.
const CORS_AGE: Duration = Duration::from_secs(600);

/// Configuration of the edge.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bounds on requests, sockets and streams.
    pub limits: Limits,
    /// Origins, beside the gateway's own, whose pages may send requests.
    pub allowed_origins: Vec<Url>,
    /// Host names that requests may be addressed to.
    pub allowed_hosts: HostPolicy,
    /// Whether every caller may read the schema through `__schema` and `__type`.
    pub introspection: bool,
    /// The operations that may run. `None` allows all.
    pub allow_list: Option<AllowList>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            allowed_origins: Vec::new(),
            allowed_hosts: HostPolicy::Loopback,
            introspection: true,
            allow_list: None,
        }
    }
}

/// A request that has what its resolvers need.
#[derive(Debug)]
pub struct Prepared {
    /// The request, with its data.
    pub request: async_graphql::Request,
    /// Statements sent to the database on its behalf; read when the request is logged.
    pub statements: Arc<AtomicU64>,
}

/// What the edge needs to know of an authenticated caller.
pub trait Identity: fmt::Debug + Send + Sync + 'static {
    /// The same text for every request of one caller and for no other. Budgets and the request log go by it.
    fn key(&self) -> String;

    /// Whether the caller may read the schema where introspection is switched off.
    fn may_introspect(&self) -> bool;

    /// Whether both see the same objects. A stream ends when its caller no longer sees what it saw at the start.
    fn sees_the_same_as(&self, other: &Self) -> bool;
}

/// The application behind the edge: authentication, permissions, and what resolvers need.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// An authenticated caller.
    type Identity: Identity;

    /// Authenticates the sender of a request; `None` when its credentials are absent or invalid.
    ///
    /// # Errors
    /// When the credentials cannot be looked up.
    async fn authenticate(&self, introduction: &Introduction) -> Result<Option<Self::Identity>, CannotTell>;

    /// Checks whether a caller may use a field of a root type.
    ///
    /// # Errors
    /// The missing permission and the remedy, for people.
    fn permits(&self, caller: &Self::Identity, root: OperationType, field: &str) -> Result<(), String>;

    /// Returns the time limit of a field of a root type that waits for another system; `None` for all others.
    fn field_timeout(&self, _root: OperationType, _field: &str) -> Option<Duration> {
        None
    }

    /// Puts into `request` what its resolvers look for.
    fn prepare(&self, request: async_graphql::Request, visitor: &Visitor<Self::Identity>, trace_id: &str) -> Prepared;
}

/// The SDL is not a valid schema.
#[derive(Debug, thiserror::Error)]
#[error("the schema is not valid GraphQL: {0}")]
pub struct InvalidSchema(String);

/// The edge in front of an executor.
pub struct Edge<E, B: Backend> {
    service: Service<E, B>,
}

impl<E, B: Backend> fmt::Debug for Edge<E, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("settings", &self.service.settings).finish_non_exhaustive()
    }
}

impl<E: Executor, B: Backend> Edge<E, B> {
    /// Puts an edge in front of `executor`, which must serve exactly the schema that `sdl` describes.
    ///
    /// # Errors
    ///
    /// When `sdl` is not a valid GraphQL schema.
    pub fn new(executor: E, sdl: &str, settings: Settings, backend: B) -> Result<Self, InvalidSchema> {
        let schema = introspection::schema(sdl).map_err(InvalidSchema)?;
        Ok(Self { service: Service::new(executor, schema, settings, backend) })
    }

    /// Closes streams and sockets once `closing` is cancelled. Their clients reconnect and resume.
    #[must_use]
    pub fn closing_with(mut self, closing: CancellationToken) -> Self {
        self.service.closing = closing;
        self
    }

    /// Serves `/graphql` and `/graphql/ws`.
    pub fn router(self) -> Router {
        let cors = cors(&self.service.settings);
        Router::new()
            .route("/graphql", any(http::serve::<E, B>))
            .route("/graphql/ws", any(http::serve::<E, B>))
            .layer(cors)
            .with_state(Arc::new(self.service))
    }
}

fn cors(settings: &Settings) -> CorsLayer {
    let origins = settings.allowed_origins.iter().map(|url| url.origin().ascii_serialization());
    let origins: Vec<_> = origins.filter_map(|o| HeaderValue::try_from(o).ok()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static(cost_report::HEADER),
        ])
        .max_age(CORS_AGE)
}
