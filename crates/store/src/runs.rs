//! Sync runs: rows of leased work.
//!
//! A worker claims a run for a while and under a fence that no other claim ever has; it renews the lease while it
//! works, and every write of its carries the fence. A crash is a lease that ran out.

mod ending;
mod lease;
mod model;
mod queue;
mod read;
mod statements;

pub use crate::listing::runs::{SyncRunFilter, count, page};
pub use ending::{finish, pause, retry_later, suspect};
pub(crate) use lease::until;
pub use lease::{claim, heartbeat, release_all, sweep};
pub(crate) use model::StageRow;
pub use model::{Claim, Directive, Ending, Enqueued, NewRun, NewStage, RunCounts, Slot, Stage, SyncRun};
pub use queue::{cancel, confirm, enqueue, enqueue_slot};
pub(crate) use read::{Visible, visible};
pub use read::{find, find_many, last_of, open_of, stages};
pub(crate) use statements::{Locks, RunStatements, held};
