//! The connector against an organisation over HTTP: its laws in calm and in storms, what faults become, and what a
//! connection is told about itself.

#![expect(clippy::unwrap_used, reason = "what a test stands on is there, or the test fails")]

mod census;
mod check;
mod faults;
mod jobs;
mod laws;
mod looks;
mod scripted;
mod setup;
mod tokens;
mod walk;
mod world;
