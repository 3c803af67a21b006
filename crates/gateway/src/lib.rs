//! The gateway: GraphQL over HTTP, WebSocket and server-sent events, login, configuration, and the `seatgraph` binary.

mod addresses;
mod callback;
pub mod callers;
pub mod cli;
pub mod config;
mod connect;
pub mod connectors;
mod cookies;
mod database;
#[cfg(feature = "demo")]
mod demo;
pub mod edge;
pub mod gateway;
pub mod graphiql;
mod health;
mod listen;
pub mod login;
mod page;
pub mod requests;
pub mod schema;
mod shutdown;
mod telemetry;
