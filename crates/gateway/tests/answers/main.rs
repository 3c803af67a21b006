//! Queries and mutations over a database, without HTTP, with an in-memory organisation.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod changes;
#[expect(dead_code, reason = "shared with the target `visibility`")]
mod harness;
mod pages;
mod progress;
mod rows;
