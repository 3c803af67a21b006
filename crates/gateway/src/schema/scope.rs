//! What one request may use: the engine, the database with a meter on it, and the loaders over it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Request};
use chrono::{DateTime, Utc};
use seatgraph_engine::Engine;
use seatgraph_store::Db;
use url::Url;

use super::error::{self, Result};
use super::loaders::Loads;
use crate::edge::{Prepare, Prepared};

/// What the resolvers of one request work with. Every statement that goes through it is counted.
pub(crate) struct RequestScope {
    pub(crate) engine: Engine,
    pub(crate) db: Db,
    /// When the request came; what it says about ages goes by this.
    pub(crate) now: DateTime<Utc>,
    /// Where browsers reach the gateway.
    pub(crate) public_url: Arc<Url>,
    loads: DataLoader<Loads>,
}

impl RequestScope {
    fn new(engine: Engine, public_url: Arc<Url>) -> Self {
        let db = engine.db().clone();
        // No cache: a subscription keeps its scope for hours, and a batch already asks once for each key.
        let loads = DataLoader::new(Loads(db.clone()), tokio::spawn);
        Self { now: engine.now(), public_url, engine, db, loads }
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

/// Prepares requests for one engine.
#[derive(Debug, Clone)]
pub struct Scope {
    engine: Engine,
    public_url: Arc<Url>,
}

impl Scope {
    /// Prepares requests for `engine`, in a gateway that browsers reach at `public_url`.
    #[must_use]
    pub fn new(engine: Engine, public_url: Url) -> Self {
        Self { engine, public_url: Arc::new(public_url) }
    }

    /// Gives `request` its scope, and returns the count of the statements that it will have cost.
    #[must_use]
    pub fn of(&self, request: Request) -> (Request, Arc<AtomicU64>) {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = self.engine.metered(Arc::clone(&statements));
        (request.data(RequestScope::new(engine, Arc::clone(&self.public_url))), statements)
    }
}

impl Prepare for Scope {
    fn prepare(&self, request: Request) -> Prepared {
        let (request, statements) = self.of(request);
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
