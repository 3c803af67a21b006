//! The edge over TCP, as clients use it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests to us, if not to the lint")]

mod abuse;
mod allowed;
mod bombs;
mod budgets;
mod callers;
mod child;
mod client;
mod corpus;
mod cost_reports;
mod documents;
mod frames;
mod guard;
mod http;
mod persisted;
mod schema;
mod server;
mod sockets;
mod streams;
mod telemetry;
mod transports;
