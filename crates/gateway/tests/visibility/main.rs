//! A caller limited to one profile learns nothing about other profiles, in the whole schema and on both backends.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod arguments;
mod documents;
mod fixture;
mod foreign;
#[expect(dead_code, reason = "shared with the target `answers`")]
#[path = "../answers/harness.rs"]
mod harness;

seatgraph_store::test_main!(foreign);
