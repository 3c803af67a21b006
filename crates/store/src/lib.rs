//! The only room that says diesel: PostgreSQL and SQLite behind one body of queries.
//!
//! Every listing pages by key, every write that a person should see appends to `events` in the same transaction,
//! and every write of a worker carries the fence of its claim.

pub mod accounts;
pub mod aliases;
pub mod audit;
pub mod authorizations;
mod db;
pub mod delegations;
pub mod digest;
mod error;
pub mod events;
pub mod findings;
pub mod identifiers;
mod ids;
pub mod instance;
pub mod jobs;
mod listing;
pub mod models;
mod notifier;
pub mod pools;
pub mod profiles;
pub mod prune;
mod records;
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

pub use accounts::Account;
pub use aliases::Alias;
pub use audit::{AuditEvent, AuditRecord};
pub use authorizations::Pending;
pub use db::{Backend, DatabaseSettings, Db, FileLock, Pools, Reader, ScopedDb};
pub use delegations::DelegatedLink;
pub use error::{Error, Result};
pub use events::{Event, EventBody, Progress};
pub use findings::StoredFinding;
pub use ids::{
    AccountId, AliasId, AssignmentId, FindingId, IdentifierId, JobId, LinkId, ModelId, NotAnId, PoolId, ProfileId,
    RunId, SessionId, SubscriptionId, TokenId,
};
pub use instance::Instance;
pub use jobs::{ClaimableKind, Enqueued, HeartbeatReply, Job, NewJob, ScheduledSlot, Status, Wait};
pub use listing::{Direction, PageKey, PageOf, PageRequest, StringFilter, TimeFilter};
pub use notifier::{JobChanged, Notifier};
pub use pools::PoolRow;
pub use profiles::{Profile, ProfileProcess, Schedule};
pub use roles::{Assignment, RoleGrant};
pub use rows::{ActivityRow, IdentifierRow, Model};
pub use runs::{Claim, NewRun, NewStage, RunCounts, RunResult, Stage, SyncRun};
pub use secrets::Sealer;
pub use sessions::Session;
pub use subscriptions::{Subscription, SubscriptionRow};
pub use sync::{Committed, Missing, PageCommit};
pub use tokens::ApiToken;
pub use types::{
    AuditOutcome, CredentialState, Health, HolderKind, JobState, ModelOrigin, ProfileState, Purpose, ResolvedBy, Role,
    RunState, ScheduleEvery, StageState, Trigger,
};
pub use visibility::{AccessVisibility, ProfileSet, Visibility};
