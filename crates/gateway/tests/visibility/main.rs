//! What a caller limited to one profile can learn of another, over the whole schema and on both backends: nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod arguments;
mod documents;
mod foreign;
#[expect(dead_code, reason = "shared with the target `answers`")]
#[path = "../answers/harness.rs"]
mod harness;
mod stage;

seatgraph_store::test_main!(foreign);
