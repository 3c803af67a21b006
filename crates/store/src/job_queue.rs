//! The rows of the job queue, and the statements that change them inside a transaction.
//!
//! [`crate::jobs`], [`crate::runs`] and [`crate::findings`] build on them.

mod event;
mod model;
mod progress;
mod statements;

pub use event::{EventBody, Progress};
pub(crate) use model::slot_key;
pub use model::{CANCELLING, ClaimableKind, Enqueued, HeartbeatReply, Job, NewJob, ScheduledSlot, Status, Wait};
pub use progress::{RunCounts, Stage};
pub(crate) use statements::{JobLocks, JobStatements, MAX_RACES, held, is_race};
