//! Jobs: durable work of every kind, leased by workers.
//!
//! A worker claims a job for a limited time and under a fence that no other claim has. It renews the lease while it
//! works, and each of its writes carries the fence; a lease that expires means that its worker crashed. Further
//! data of a kind is in tables of its own, as [`crate::runs`] does for syncs.

mod lease;
mod list;
mod queue;
mod read;
mod release;
mod schedule;

pub use self::list::{JobFilter, count, page};
pub use lease::{claim, heartbeat, reclaim_expired_leases, requeue_all};
pub use queue::{cancel, enqueue};
pub(crate) use read::{Visible, visible};
pub use read::{find, find_many};
pub use release::{finish, report_progress, retry_later, wait};
pub use schedule::{enqueue_slot, next_slot};

pub use crate::job_queue::{
    CANCELLING, ClaimableKind, Enqueued, HeartbeatReply, Job, NewJob, ScheduledSlot, Status, Wait,
};
