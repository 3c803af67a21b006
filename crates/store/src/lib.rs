//! The only crate that uses Diesel: PostgreSQL and SQLite behind one set of queries.
//!
//! Every list is paged by key. A write that users should see appends an event in the same transaction, and every write of
//! a worker carries the fence of its claim.

pub mod accounts;
pub mod aliases;
pub mod audit;
pub mod authorizations;
mod db;
mod deadline;
pub mod delegations;
pub mod digest;
mod error;
pub mod events;
pub mod findings;
pub mod identifiers;
mod ids;
pub mod instance;
mod job_queue;
pub mod jobs;
mod listing;
pub mod models;
pub mod pools;
pub mod profiles;
pub mod prune;
mod records;
pub mod reseal;
pub mod roles;
mod rows;
pub mod runs;
mod schema;
pub mod secrets;
pub mod sessions;
pub mod subscriptions;
pub mod sync;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod tokens;
pub mod types;
mod visibility;

pub use aliases::Alias;
pub use audit::{AuditEvent, AuditRecord};
pub use authorizations::Pending;
pub use db::{Backend, DatabaseSettings, Db, FileLock, JobChanged, Notifier, Pools, Reader, ScopedDb};
pub use delegations::DelegatedLink;
pub use error::{Error, Result};
pub use events::Event;
pub use findings::StoredFinding;
pub use ids::{
    AccountId, AliasId, AssignmentId, FindingId, IdentifierId, JobId, LinkId, ModelId, NotAnId, PoolId, ProfileId,
    RunId, SessionId, SubscriptionId, TokenId,
};
pub use instance::Instance;
pub use job_queue::{
    ClaimableKind, Enqueued, EventBody, HeartbeatReply, Job, NewJob, Progress, RunCounts, ScheduledSlot, Stage, Status,
    Wait,
};
pub use listing::{Direction, PageKey, PageOf, PageRequest, StringFilter, TimeFilter};
pub use profiles::{Profile, ProfileProcess, Schedule};
pub use records::{Account, PoolRow, Subscription};
pub use roles::{Assignment, RoleGrant};
pub use rows::{ActivityRow, IdentifierRow, Model};
pub use runs::{Claim, NewRun, NewStage, RunResult, SyncRun};
pub use secrets::Sealer;
pub use sessions::Session;
pub use subscriptions::SubscriptionRow;
pub use sync::{Committed, Missing, PageCommit};
pub use tokens::ApiToken;
pub use types::{
    AuditOutcome, CredentialState, Health, HolderKind, JobState, ModelOrigin, ProfileState, Purpose, ResolvedBy, Role,
    RunState, ScheduleEvery, StageState, Trigger,
};
pub use visibility::{AccessVisibility, ProfileSet, Visibility};
