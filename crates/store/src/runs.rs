//! Sync runs: rows of leased work.
//!
//! A worker claims a run for a while and under a fence that no other claim ever has; it renews the lease while it
//! works, and every write of its carries the fence. A crash is a lease that ran out.

mod model;

pub use model::{Claim, Directive, Ending, Enqueued, NewRun, NewStage, RunCounts, Slot, Stage, SyncRun};
