//! What one request may use: the engine, the database with a meter on it, and the loaders over it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use apollo_compiler::ast::OperationType;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Request};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use seatgraph_engine::access::Principal;
use seatgraph_engine::{Actor, Engine};
use seatgraph_store::Db;
use url::Url;

use super::error::{self, Result};
use super::loaders::Loads;
use super::rights;
use crate::edge::{Backend, CannotTell, Introduction, Prepared, Visitor};
use crate::visitors::Visitors;

/// What the resolvers of one request work with. Every statement that goes through it is counted.
pub(crate) struct RequestScope {
    /// The engine, seeing no more than whoever asks may see.
    pub(crate) engine: Engine,
    /// The engine itself, for commands that were permitted.
    pub(crate) whole: Engine,
    /// The database, showing no more than whoever asks may see.
    pub(crate) db: Db,
    /// Who asks.
    pub(crate) principal: Arc<Principal>,
    came_from: Arc<str>,
    trace_id: String,
    /// When the request came; what it says about ages goes by this.
    pub(crate) now: DateTime<Utc>,
    /// Where browsers reach the gateway.
    pub(crate) public_url: Arc<Url>,
    loads: DataLoader<Loads>,
}

impl RequestScope {
    fn new(whole: Engine, public_url: Arc<Url>, visitor: &Visitor<Principal>, trace_id: &str) -> Self {
        let engine = whole.within(visitor.principal.scope());
        let db = engine.db().clone();
        // No cache: a subscription keeps its scope for hours, and a batch already asks once for each key.
        let loads = DataLoader::new(Loads(db.clone()), tokio::spawn);
        Self {
            now: engine.now(),
            engine,
            whole,
            db,
            principal: Arc::clone(&visitor.principal),
            came_from: Arc::clone(&visitor.from),
            trace_id: trace_id.to_owned(),
            public_url,
            loads,
        }
    }

    /// Whoever asks, as the audit log names it.
    pub(crate) fn actor(&self) -> Actor {
        Actor::new(&self.principal, &self.came_from, &self.trace_id)
    }

    /// Loads what `key` stands for, together with what the rest of the request asks for at the same time.
    pub(crate) async fn load<K>(&self, key: K) -> Result<Option<<Loads as Loader<K>>::Value>>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Loads: Loader<K, Error = Arc<seatgraph_store::Error>>,
    {
        self.loads.load_one(key).await.map_err(|error| error::store(&error))
    }
}

/// Recognizes visitors and prepares their requests, for one engine.
#[derive(Debug, Clone)]
pub struct Scope {
    engine: Engine,
    public_url: Arc<Url>,
    visitors: Visitors,
}

impl Scope {
    /// Prepares requests for `engine`, in a gateway that browsers reach at `public_url` and that `visitors` come to.
    #[must_use]
    pub fn new(engine: Engine, public_url: Url, visitors: Visitors) -> Self {
        Self { engine, public_url: Arc::new(public_url), visitors }
    }

    /// Gives a request of `visitor` its scope, and returns the count of the statements that it will have cost.
    #[must_use]
    pub fn of(&self, request: Request, visitor: &Visitor<Principal>, trace_id: &str) -> (Request, Arc<AtomicU64>) {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = self.engine.metered(Arc::clone(&statements));
        let scope = RequestScope::new(engine, Arc::clone(&self.public_url), visitor, trace_id);
        (request.data(scope), statements)
    }
}

/// The mutations that look at a vendor's organisation, and take as long as the vendor.
const ASK_THE_VENDOR: [&str; 2] = ["publishProfile", "validateProfile"];
/// What they need beside the look.
const MARGIN: Duration = Duration::from_secs(5);

#[async_trait]
impl Backend for Scope {
    type Identity = Principal;

    async fn authenticate(&self, introduction: &Introduction) -> Result<Option<Principal>, CannotTell> {
        self.visitors.recognize(&self.engine, introduction).await
    }

    fn permits(&self, caller: &Principal, root: OperationType, field: &str) -> Result<(), String> {
        rights::permits(caller, root, field)
    }

    fn field_timeout(&self, root: OperationType, field: &str) -> Option<Duration> {
        let asks_the_vendor = root == OperationType::Mutation && ASK_THE_VENDOR.contains(&field);
        asks_the_vendor.then(|| self.engine.settings().check_timeout + MARGIN)
    }

    fn prepare(&self, request: Request, visitor: &Visitor<Principal>, trace_id: &str) -> Prepared {
        let (request, statements) = self.of(request, visitor, trace_id);
        Prepared { request, statements }
    }
}

/// Reaches the scope from a resolver.
pub(crate) trait Scoped {
    fn scope(&self) -> Result<&RequestScope>;
}

impl Scoped for Context<'_> {
    fn scope(&self) -> Result<&RequestScope> {
        self.data()
    }
}
