//! The connector with a simulated organisation over HTTP: faults, findings and setup.

#![expect(clippy::unwrap_used, reason = "what a test stands on is there, or the test fails")]

mod changes;
mod check;
mod expected;
mod faults;
mod jobs;
mod locators;
mod looks;
mod org;
mod pass;
mod scripted;
mod setup;
mod token_source;
