//! Business logic: aliases, profiles, syncs, schedules, progress. No GraphQL, no SQL.
//!
//! [`Engine`] executes user commands; expected refusals are values ([`Denied::Refused`]). [`Worker`] executes queued
//! runs; several workers, in several processes, share the work by leases. Every decision is a pure function with its
//! own tests; everything else moves data between the store and a connector.

pub mod access;
mod access_tokens;
mod aliases;
mod audit;
mod connection;
mod engine;
mod error;
mod find;
mod findings;
mod identifiers;
mod instance;
mod instance_url;
pub mod jobs;
mod keys;
mod profiles;
mod progress;
mod properties;
mod refusal;
mod schedule;
mod scoped;
mod settings;
mod syncs;

pub use aliases::{
    Authorization, BeginAuthorization, Connected, ConsentError, ConsentResponse, CreateAlias, CreateLink, CreatedLink,
    JwtBearer, LinkDetails, UpdateAlias, callback_url,
};
pub use audit::{Actor, Audited, AuditedError};
pub use engine::Engine;
pub use error::{Error, Result};
pub use identifiers::Target;
pub use instance::{Adopted, InstanceIdentity};
pub use jobs::Worker;
pub use keys::Rotated;
pub use profiles::{
    CreateProfile, GuidedStep, ScheduleInput, SetupFacts, UpdateProfile, Validated, VendorSetup, setup,
};
pub use progress::{By, JobEvent, ProgressEvent};
pub use properties::{EffectiveProperty, Origin};
pub use refusal::{Denied, Refusal, RefusalCode};
pub use scoped::{Commands, NotPermitted, Permitted, ScopedEngine};
pub use settings::EngineSettings;
