//! The cost of an operation in its answer, on request: `x-seatgraph-cost: 1`, or `"extensions": {"cost": true}`.

use async_graphql::{Response, value};
use axum::http::HeaderMap;

/// The header that requests the report. Over a WebSocket only the extension does.
pub(crate) const HEADER: &str = "x-seatgraph-cost";

/// The cost of an operation, and the limits on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CostReport {
    /// The cost of the operation, by the table in the module `cost_rule`.
    pub(crate) price: u64,
    /// The highest cost of one operation.
    pub(crate) limit: u64,
    /// The rest of the caller's budget, which is refilled.
    pub(crate) left: u32,
}

impl CostReport {
    /// Puts the report into the extensions of an answer.
    pub(crate) fn attach(self, response: &mut Response) {
        let Self { price, limit, left } = self;
        response.extensions.insert("cost".to_owned(), value!({ "price": price, "limit": limit, "left": left }));
    }
}

/// Whether the headers request the report.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    headers.get(HEADER).is_some_and(|value| value == "1" || value == "true")
}
