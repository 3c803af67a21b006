//! Integration profiles: one organisation each.

mod commands;
mod lifecycle;
mod rules;
mod scopes;
mod setup;
mod validate;

use seatgraph_core::Process;
use seatgraph_store::{AliasId, Profile, ProfileId, ScheduleEvery, StoredFinding};

pub use setup::{GuidedStep, SetupFacts, VendorSetup, setup};

/// A new profile.
#[derive(Debug, Clone)]
pub struct CreateProfile {
    /// Unique name.
    pub name: String,
    /// Alias of the connection.
    pub alias_id: AliasId,
    /// Processes that differ from the connector's defaults.
    pub processes: Vec<(Process, bool)>,
    /// Schedule. `None` is daily.
    pub schedule: Option<ScheduleInput>,
}

/// Changes of a profile. `None` and processes that are not mentioned stay unchanged.
#[derive(Debug, Clone)]
pub struct UpdateProfile {
    /// The profile.
    pub id: ProfileId,
    /// New name.
    pub name: Option<String>,
    /// Processes to enable or disable.
    pub processes: Vec<(Process, bool)>,
    /// New schedule.
    pub schedule: Option<ScheduleInput>,
}

/// Schedule, as a user enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleInput {
    /// Frequency.
    pub every: ScheduleEvery,
    /// Time of day of a daily schedule, as `HH:MM`. `None` is 02:00.
    pub at: Option<String>,
    /// IANA time zone. `None` is UTC.
    pub time_zone: Option<String>,
}

/// Result of a profile's validation.
#[derive(Debug, Clone)]
pub struct Validated {
    /// The profile, with its organisation if that could be reached.
    pub profile: Profile,
    /// Problems with remedies. Empty if there are none.
    pub findings: Vec<StoredFinding>,
}
