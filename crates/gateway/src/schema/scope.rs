//! What the resolvers of one request work with: the engine and the database as the caller sees them, and the loaders.

use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use chrono::{DateTime, Utc};
use seatgraph_engine::access::Principal;
use seatgraph_engine::{Actor, ScopedEngine};
use seatgraph_store::ScopedDb;
use url::Url;

use super::error::{self, Result};
use super::loaders::Loads;
use crate::edge::Visitor;

/// What the resolvers of one request work with. Every statement that goes through it is counted.
pub(crate) struct RequestScope {
    /// The engine of the caller.
    pub(crate) engine: ScopedEngine,
    /// The caller's handle of the database.
    pub(crate) db: ScopedDb,
    /// Who asks.
    pub(crate) principal: Arc<Principal>,
    client_address: Arc<str>,
    trace_id: String,
    /// When the request came; what it says about ages goes by this.
    pub(crate) now: DateTime<Utc>,
    /// Where browsers reach the gateway.
    pub(crate) public_url: Arc<Url>,
    loads: DataLoader<Loads>,
}

impl RequestScope {
    /// Prepares the context of one request.
    pub(crate) fn new(
        engine: ScopedEngine,
        public_url: Arc<Url>,
        visitor: &Visitor<Principal>,
        trace_id: &str,
    ) -> Self {
        let db = engine.db().clone();
        // No cache: a subscription keeps its scope for hours, and a batch already asks once for each key.
        let loads = DataLoader::new(Loads(db.clone()), tokio::spawn);
        Self {
            now: engine.now(),
            engine,
            db,
            principal: Arc::clone(&visitor.principal),
            client_address: Arc::clone(&visitor.from),
            trace_id: trace_id.to_owned(),
            public_url,
            loads,
        }
    }

    /// Whoever asks, as the audit log names it.
    pub(crate) fn actor(&self) -> Actor {
        Actor::new(&self.principal, &self.client_address, &self.trace_id)
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

/// Reaches the scope from a resolver.
pub(crate) trait Scoped {
    fn scope(&self) -> Result<&RequestScope>;
}

impl Scoped for Context<'_> {
    fn scope(&self) -> Result<&RequestScope> {
        self.data()
    }
}
