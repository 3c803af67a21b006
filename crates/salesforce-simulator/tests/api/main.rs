//! Tests of the simulator over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod assertions;
mod bulk;
mod client;
mod expected;
mod faults;
mod oauth;
mod query;
mod writes;
