//! One edge for GraphQL over HTTP, server-sent events, multipart subscriptions and WebSocket.
//!
//! Every request passes the same steps, and early steps are cheap on hostile input: authentication, bytes, size, tokens,
//! nesting and other structural bounds, validation, selection of an operation, coercion of its variables, cost,
//! permission, execution with a time limit, order of the answer. The result of a validation is cached by the hash of the
//! document. For a cached document, only the variables and the cost are computed.
//!
//! The executor must be an async-graphql schema built with `ValidationMode::Fast` (the edge has
//! validated), `disable_suggestions()`, `limit_recursive_depth(128)` (the edge counts fields, the
//! library also counts fragments), and introspection enabled. Its errors for users carry
//! `extensions.code`; the text of all others is only logged. When a client disconnects or the time limit is reached, the
//! execution is dropped. Work that must complete runs in its own task.

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
mod caller;
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

pub use allow_list::{AllowList, InvalidDocument};
pub use caller::{AuthenticationUnavailable, Caller, RequestCredentials};
pub use cost_rule::DEFAULT_PAGE_SIZE;
pub use costed::Costed;
pub use limits::Limits;
pub use origin::{HostPolicy, is_cross_site};
use service::Service;

/// How long browsers may cache that another origin is allowed.
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

/// A request with the context of its resolvers.
#[derive(Debug)]
pub struct Prepared {
    /// The request, with its data.
    pub request: async_graphql::Request,
    /// Statements sent to the database on its behalf; read when the request is logged.
    pub statements: Arc<AtomicU64>,
}

/// An authenticated caller, as the edge needs it.
pub trait Identity: fmt::Debug + Send + Sync + 'static {
    /// Key that identifies the caller in budgets and in the request log.
    fn key(&self) -> String;

    /// Whether the caller may use introspection when it is disabled.
    fn may_introspect(&self) -> bool;

    /// Whether both see the same objects. A stream ends when its caller no longer sees what it saw at the start.
    fn sees_the_same_as(&self, other: &Self) -> bool;
}

/// The application behind the edge: authentication, permissions, and the context of resolvers.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// An authenticated caller.
    type Identity: Identity;

    /// Authenticates the caller of a request. Returns `None` if the credentials are missing or invalid.
    ///
    /// # Errors
    /// If the credentials cannot be looked up.
    async fn authenticate(
        &self,
        credentials: &RequestCredentials,
    ) -> Result<Option<Self::Identity>, AuthenticationUnavailable>;

    /// Checks whether a caller may use a field of a root type.
    ///
    /// # Errors
    /// The missing permission and the remedy, as a message to the caller.
    fn permits(&self, caller: &Self::Identity, root: OperationType, field: &str) -> Result<(), String>;

    /// Returns the time limit of a field of a root type that waits for another system, or `None` for other fields.
    fn field_timeout(&self, _root: OperationType, _field: &str) -> Option<Duration> {
        None
    }

    /// Adds the context of the resolvers to `request`.
    fn prepare(&self, request: async_graphql::Request, caller: &Caller<Self::Identity>, trace_id: &str) -> Prepared;
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
    /// Creates the edge of `executor`, which must serve exactly the schema in `sdl`.
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
