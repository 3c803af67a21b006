//! The context of a request: the engine and the database limited to what the caller may see, and the loaders.

use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use chrono::{DateTime, Utc};
use seatgraph_engine::access::Principal;
use seatgraph_engine::{Actor, ScopedEngine};
use seatgraph_store::ScopedDb;
use url::Url;

use super::error::{self, Result};
use super::loaders::Loaders;
use crate::edge::Caller;

/// The context of a request, which its resolvers share. All SQL statements through it are counted.
pub(crate) struct RequestContext {
    /// The engine, limited to what the caller may see.
    pub(crate) engine: ScopedEngine,
    /// The database, limited to what the caller may see.
    pub(crate) db: ScopedDb,
    /// The authenticated caller.
    pub(crate) principal: Arc<Principal>,
    client_address: Arc<str>,
    trace_id: String,
    /// Time of the request. Ages in the response are relative to it.
    pub(crate) now: DateTime<Utc>,
    /// Public URL of the gateway.
    pub(crate) public_url: Arc<Url>,
    loaders: DataLoader<Loaders>,
}

impl RequestContext {
    /// Creates the context of a request.
    pub(crate) fn new(engine: ScopedEngine, public_url: Arc<Url>, caller: &Caller<Principal>, trace_id: &str) -> Self {
        let db = engine.db().clone();
        // No cache: a subscription keeps its context for hours, and a batch loads each key once.
        let loaders = DataLoader::new(Loaders(db.clone()), tokio::spawn);
        Self {
            now: engine.now(),
            engine,
            db,
            principal: Arc::clone(&caller.principal),
            client_address: Arc::clone(&caller.from),
            trace_id: trace_id.to_owned(),
            public_url,
            loaders,
        }
    }

    /// The caller, as recorded in the audit log.
    pub(crate) fn actor(&self) -> Actor {
        Actor::new(&self.principal, &self.client_address, &self.trace_id)
    }

    /// Loads the object or relation with this key, in one batch with other keys that the request needs at the same time.
    pub(crate) async fn load<K>(&self, key: K) -> Result<Option<<Loaders as Loader<K>>::Value>>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Arc<seatgraph_store::Error>>,
    {
        self.loaders.load_one(key).await.map_err(error::store)
    }
}

/// Gives resolvers the context of the request.
pub(crate) trait HasRequest {
    fn request(&self) -> Result<&RequestContext>;
}

impl HasRequest for Context<'_> {
    fn request(&self) -> Result<&RequestContext> {
        self.data()
    }
}
