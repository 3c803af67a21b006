//! Jobs: durable work of every kind, leased by workers.
//!
//! A worker claims a job for a limited time and under a fence that no other claim has. It renews the lease while it
//! works, and each of its writes carries the fence; a lease that expires means that its worker crashed. What a kind
//! keeps beside its jobs is in tables of its own, as [`crate::runs`] does for syncs.

mod lease;
mod model;
mod queue;
mod read;
mod release;
mod schedule;
mod statements;

pub use crate::listing::jobs::{JobFilter, count, page};
pub(crate) use lease::until;
pub use lease::{claim, heartbeat, reclaim_expired_leases, requeue_all};
pub use model::{CANCELLING, ClaimableKind, Enqueued, HeartbeatReply, Job, NewJob, ScheduledSlot, Status};
pub(crate) use queue::{MAX_RACES, is_race};
pub use queue::{cancel, enqueue};
pub(crate) use read::{Visible, visible};
pub use read::{find, find_many};
pub use release::{Wait, finish, report_progress, retry_later, wait};
pub(crate) use schedule::slot_key;
pub use schedule::{enqueue_slot, next_slot};
pub(crate) use statements::{JobLocks, JobStatements, held};
