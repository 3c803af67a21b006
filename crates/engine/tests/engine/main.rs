//! The engine over real databases of both kinds, with vendors in the process and behind a socket.

#![expect(clippy::unwrap_used, reason = "what a test stands on either holds or fails the test")]

mod aliases;
mod faults;
mod harness;
mod identifiers;
mod profiles;
mod progress;
mod schedules;
mod setup;
mod syncs;
mod vendor;

seatgraph_store::test_main!(aliases, identifiers, profiles, progress, schedules, setup, syncs, faults,);
