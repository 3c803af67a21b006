//! The types of the job queue.

use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::records::clean;
use crate::schema::jobs;
use crate::types::Bind;
use crate::{JobId, JobState, ProfileId};

/// The substate of a running job whose cancellation was requested.
pub const CANCELLING: &str = "CANCELLING";

/// Durable work of some kind.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = jobs, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
pub struct Job {
    /// Identifier.
    pub id: JobId,
    /// Name of the kind.
    pub kind: String,
    /// Version of the payload's format.
    pub payload_version: i32,
    /// Parameters, in the format of the kind.
    #[diesel(serialize_as = Bind<Value>)]
    pub payload: Value,
    /// The profile that it concerns; `None` for the whole installation.
    pub profile_id: Option<ProfileId>,
    /// State.
    pub state: JobState,
    /// The finer state that the kind gives.
    pub substate: Option<String>,
    /// Reason of the state, as a sentence.
    pub reason: Option<String>,
    /// Higher priorities are claimed first; 0 is normal.
    pub priority: i32,
    /// Earliest time of the next claim; `None` while it waits for a user.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub available_at: Option<DateTime<Utc>>,
    /// Claims since the last durable progress.
    pub attempt: i32,
    /// Incremented by every claim.
    pub fence: i64,
    /// The worker that holds the lease.
    #[diesel(serialize_as = Bind<Option<Uuid>>)]
    pub lease_owner: Option<Uuid>,
    /// Expiry of the lease, by the database's clock.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub leased_until: Option<DateTime<Utc>>,
    /// Time at which cancellation of the running job was requested.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// Sequence number of the newest event.
    pub last_sequence: i64,
    /// The caller's key: the same key always means the same job.
    pub idempotency_key: Option<String>,
    /// At most one open job of the kind has this key.
    pub unique_key: Option<String>,
    /// Time of creation.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub queued_at: DateTime<Utc>,
    /// Time of the first claim.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub started_at: Option<DateTime<Utc>>,
    /// Time at which it reached a final state.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub finished_at: Option<DateTime<Utc>>,
}

impl Job {
    /// Returns the state with its substate and reason.
    #[must_use]
    pub fn status(&self) -> Status {
        Status { state: self.state, substate: self.substate.clone(), reason: self.reason.clone() }
    }

    /// Whether a worker holds the job and was asked to cancel it.
    #[must_use]
    pub const fn is_cancelling(&self) -> bool {
        matches!(self.state, JobState::Running) && self.cancel_requested_at.is_some()
    }
}

/// A state with what the kind adds to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The state.
    pub state: JobState,
    /// The finer state that the kind gives; `None` if the kind adds nothing.
    pub substate: Option<String>,
    /// Reason, as a sentence.
    pub reason: Option<String>,
}

impl Status {
    /// A state with a reason, without a substate.
    #[must_use]
    pub fn new(state: JobState, reason: Option<&str>) -> Self {
        Self { state, substate: None, reason: reason.map(|reason| clean(reason).into_owned()) }
    }

    /// The same with a substate.
    #[must_use]
    pub fn with_substate(self, substate: &str) -> Self {
        Self { substate: Some(substate.to_owned()), ..self }
    }
}

/// A job to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Name of the kind.
    pub kind: &'static str,
    /// Version of the payload's format.
    pub payload_version: i32,
    /// Parameters, in the format of the kind.
    pub payload: Value,
    /// The profile that it concerns; `None` for the whole installation.
    pub profile_id: Option<ProfileId>,
    /// Higher priorities are claimed first; 0 is normal.
    pub priority: i32,
    /// The caller's key: within a kind and profile the same key always means the same job.
    pub idempotency_key: Option<String>,
    /// At most one open job of the kind has this key; `None` for any number.
    pub unique_key: Option<String>,
}

impl NewJob {
    /// A job of the whole installation, without keys and with normal priority.
    #[must_use]
    pub const fn new(kind: &'static str, payload_version: i32, payload: Value) -> Self {
        let (profile_id, idempotency_key, unique_key) = (None, None, None);
        Self { kind, payload_version, payload, profile_id, priority: 0, idempotency_key, unique_key }
    }

    pub(crate) fn queued(&self, now: DateTime<Utc>) -> Job {
        Job {
            id: JobId::generate(),
            kind: self.kind.to_owned(),
            payload_version: self.payload_version,
            payload: self.payload.clone(),
            profile_id: self.profile_id,
            state: JobState::Queued,
            substate: None,
            reason: None,
            priority: self.priority,
            available_at: Some(now),
            attempt: 0,
            fence: 0,
            lease_owner: None,
            leased_until: None,
            cancel_requested_at: None,
            last_sequence: 0,
            idempotency_key: self.idempotency_key.clone(),
            unique_key: self.unique_key.clone(),
            queued_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    pub(crate) fn has_parameters_of(&self, job: &Job) -> bool {
        (self.payload_version, &self.payload) == (job.payload_version, &job.payload)
    }
}

/// The outcome of creating a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued<T = Job> {
    /// It was created.
    Created(T),
    /// The idempotency key was used before, for this job.
    SameKey(T),
    /// This open job has the same unique key.
    Open(T),
}

/// The outcome of taking a scheduled slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduledSlot<T = Job> {
    /// A job was created.
    Created(T),
    /// This job is still open.
    Skipped(T),
    /// Another replica took the slot, or nothing is scheduled any more.
    Taken,
}

/// A kind whose jobs a worker may claim now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimableKind {
    /// Name of the kind.
    pub name: &'static str,
    /// The payload versions that the worker knows.
    pub versions: RangeInclusive<i32>,
    /// Duration of the lease.
    pub lease: Duration,
}

/// The answer to a renewal of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeartbeatReply {
    /// Continue.
    Continue,
    /// Cancellation was requested.
    Cancel,
}

/// A job that waits for something other than a worker. The attempt does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When it continues by itself; `None` if it waits for a user.
    pub until: Option<DateTime<Utc>>,
    /// What it waits for, as the kind's own substate.
    pub substate: &'static str,
    /// Reason, as a sentence.
    pub reason: String,
}

/// The idempotency key of a slot's job.
pub(crate) fn slot_key(slot: DateTime<Utc>) -> String {
    format!("slot {}", slot.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
