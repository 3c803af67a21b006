//! The front door: GraphQL over HTTP, WebSocket and server-sent events; configuration; composition.

mod audit_log;
mod callback;
pub mod cli;
pub mod config;
mod connect;
pub mod connectors;
#[cfg(feature = "demo")]
mod demo;
pub mod edge;
pub mod gateway;
pub mod graphiql;
mod health;
mod keys;
mod listen;
pub mod login;
mod page;
pub mod requests;
pub mod schema;
mod telemetry;
pub mod tokens;
pub mod visitors;
