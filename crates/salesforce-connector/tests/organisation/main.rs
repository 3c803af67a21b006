//! The connector against an organisation over HTTP: what faults become, and what a connection is told about itself.

#![expect(clippy::unwrap_used, reason = "what a test stands on is there, or the test fails")]

mod changes;
mod check;
mod expected;
mod faults;
mod jobs;
mod locators;
mod looks;
mod org;
mod scripted;
mod setup;
mod tokens;
mod walk;
