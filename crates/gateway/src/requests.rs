//! Authenticates callers and prepares their requests. Each request gets its own engine, limited to what its caller may
//! see.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use apollo_compiler::ast::OperationType;
use async_graphql::Request;
use async_trait::async_trait;
use seatgraph_engine::access::Principal;
use seatgraph_engine::{Engine, ScopedEngine};
use seatgraph_store::Pools;
use url::Url;

use crate::callers::Callers;
use crate::edge::{AuthenticationUnavailable, Backend, Caller, Prepared, RequestCredentials};
use crate::schema::{RequestContext, rights};

/// Prepares the requests of one gateway.
#[derive(Debug, Clone)]
pub struct Requests {
    engine: Engine,
    pools: Pools,
    public_url: Arc<Url>,
    callers: Callers,
}

impl Requests {
    /// Creates the backend of a gateway with the public URL `public_url`.
    #[must_use]
    pub fn new(engine: Engine, pools: Pools, public_url: Url, callers: Callers) -> Self {
        Self { engine, pools, public_url: Arc::new(public_url), callers }
    }

    /// Adds the context to a request of `caller`. Returns the request and the counter of its SQL statements.
    #[must_use]
    pub fn of(&self, request: Request, caller: &Caller<Principal>, trace_id: &str) -> (Request, Arc<AtomicU64>) {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = ScopedEngine::new(&self.engine, &self.pools, Arc::clone(&caller.principal), &statements);
        let context = RequestContext::new(engine, Arc::clone(&self.public_url), caller, trace_id);
        (request.data(context), statements)
    }
}

#[async_trait]
impl Backend for Requests {
    type Identity = Principal;

    async fn authenticate(
        &self,
        credentials: &RequestCredentials,
    ) -> Result<Option<Principal>, AuthenticationUnavailable> {
        self.callers.authenticate(&self.engine, credentials).await
    }

    fn permits(&self, caller: &Principal, root: OperationType, field: &str) -> Result<(), String> {
        rights::permits(caller, root, field)
    }

    fn field_timeout(&self, root: OperationType, field: &str) -> Option<Duration> {
        rights::time_limit(root, field, self.engine.settings())
    }

    fn prepare(&self, request: Request, caller: &Caller<Principal>, trace_id: &str) -> Prepared {
        let (request, statements) = self.of(request, caller, trace_id);
        Prepared { request, statements }
    }
}
