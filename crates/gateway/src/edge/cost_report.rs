//! What an operation cost, for the client that asks: `x-seatgraph-cost: 1`, or `"extensions": {"cost": true}`.

use async_graphql::{Response, value};
use axum::http::HeaderMap;

/// The header by which a client asks; over a WebSocket only the extension does.
pub(crate) const HEADER: &str = "x-seatgraph-cost";

/// What an operation cost, and what one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CostReport {
    /// The price of the operation; the price table is in the module `cost`.
    pub(crate) price: u64,
    /// The highest price that an operation may have.
    pub(crate) limit: u64,
    /// What is left of the visitor's budget, which fills again.
    pub(crate) left: u32,
}

impl CostReport {
    /// Puts the report into the extensions of an answer.
    pub(crate) fn attach(self, response: &mut Response) {
        let Self { price, limit, left } = self;
        response.extensions.insert("cost".to_owned(), value!({ "price": price, "limit": limit, "left": left }));
    }
}

/// Whether the headers ask for the report.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    headers.get(HEADER).is_some_and(|value| value == "1" || value == "true")
}
