//! Sync runs: what a sync keeps beside its job, and the rules that only syncs have.
//!
//! A run has the identifier of its job. State, lease, fence and keys are the job's; [`RunState`] is read from the
//! job's state and substate.

mod ending;
mod model;
mod queue;
mod read;
mod statements;

pub use crate::listing::runs::{SyncRunFilter, count, page};
pub use ending::{finish, pause, suspect};
pub(crate) use model::StageRow;
pub use model::{Claim, NewRun, NewStage, RunCounts, RunResult, Stage, SyncRun};
pub(crate) use queue::unique_key;
pub use queue::{confirm, enqueue, enqueue_slot};
pub(crate) use read::visible;
pub use read::{claimed, find, find_many, last_of, open_of, stages};
pub(crate) use statements::{RunLocks, RunStatements, held};

/// Name of the job kind.
pub const KIND: &str = "sync";
/// Version of the payload's format.
pub const PAYLOAD_VERSION: i32 = 1;
