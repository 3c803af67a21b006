//! Recognizes callers and prepares their requests. Each request gets an engine of its own, which sees no more than its
//! caller.

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

use crate::edge::{Backend, CannotTell, Introduction, Prepared, Visitor};
use crate::schema::{RequestScope, rights};
use crate::visitors::Visitors;

/// Prepares the requests of one gateway.
#[derive(Debug, Clone)]
pub struct Requests {
    engine: Engine,
    pools: Pools,
    public_url: Arc<Url>,
    visitors: Visitors,
}

impl Requests {
    /// Prepares requests for `engine` on the database of `pools`, in a gateway that browsers reach at `public_url` and
    /// that `visitors` come to.
    #[must_use]
    pub fn new(engine: Engine, pools: Pools, public_url: Url, visitors: Visitors) -> Self {
        Self { engine, pools, public_url: Arc::new(public_url), visitors }
    }

    /// Gives a request of `visitor` its context, and returns the count of its SQL statements.
    #[must_use]
    pub fn of(&self, request: Request, visitor: &Visitor<Principal>, trace_id: &str) -> (Request, Arc<AtomicU64>) {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = ScopedEngine::new(&self.engine, &self.pools, Arc::clone(&visitor.principal), &statements);
        let context = RequestScope::new(engine, Arc::clone(&self.public_url), visitor, trace_id);
        (request.data(context), statements)
    }
}

#[async_trait]
impl Backend for Requests {
    type Identity = Principal;

    async fn authenticate(&self, introduction: &Introduction) -> Result<Option<Principal>, CannotTell> {
        self.visitors.recognize(&self.engine, introduction).await
    }

    fn permits(&self, caller: &Principal, root: OperationType, field: &str) -> Result<(), String> {
        rights::permits(caller, root, field)
    }

    fn field_timeout(&self, root: OperationType, field: &str) -> Option<Duration> {
        rights::time_limit(root, field, self.engine.settings())
    }

    fn prepare(&self, request: Request, visitor: &Visitor<Principal>, trace_id: &str) -> Prepared {
        let (request, statements) = self.of(request, visitor, trace_id);
        Prepared { request, statements }
    }
}
