//! Sync runs: the rows that a sync has in addition to its job, and the rules of syncs.
//!
//! A run has the identifier of its job. State, lease, fence and keys are the job's; [`RunState`] is read from the
//! job's state and substate.

mod ending;
mod list;
mod model;
mod queue;
mod read;
mod statements;

pub use self::list::{SyncRunFilter, count, page};
pub use ending::{finish, pause, suspect};
pub(crate) use model::StageRow;
pub use model::{Claim, NewRun, NewStage, RunResult, SyncRun};
pub(crate) use queue::unique_key;
pub use queue::{confirm, enqueue, enqueue_slot};
pub(crate) use read::visible;
pub use read::{claimed, find, find_many, last_of, open_of, stages};
pub(crate) use statements::{RunLocks, RunStatements, held};

pub use crate::job_queue::{RunCounts, Stage};

/// Name of the job kind.
pub const KIND: &str = "sync";
/// Version of the payload's format.
pub const PAYLOAD_VERSION: i32 = 1;
