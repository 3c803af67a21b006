//! Integration profiles: one organisation each, and what happens to it when.

mod commands;
mod lifecycle;
mod rules;
mod scopes;
mod setup;
mod validate;

use seatgraph_core::Process;
use seatgraph_store::{AliasId, Profile, ProfileId, ScheduleEvery, StoredFinding};

pub use setup::{GuidedStep, SetupFacts, setup};

/// A new profile.
#[derive(Debug, Clone)]
pub struct CreateProfile {
    /// Its name, unique in this gateway.
    pub name: String,
    /// The alias through which it connects.
    pub alias_id: AliasId,
    /// Switches that differ from the connector's defaults.
    pub processes: Vec<(Process, bool)>,
    /// When it syncs; `None` is daily.
    pub schedule: Option<ScheduleInput>,
}

/// A change of a profile; what is `None` or not mentioned stays.
#[derive(Debug, Clone)]
pub struct UpdateProfile {
    /// Which one.
    pub id: ProfileId,
    /// A new name.
    pub name: Option<String>,
    /// Switches to set.
    pub processes: Vec<(Process, bool)>,
    /// A new schedule.
    pub schedule: Option<ScheduleInput>,
}

/// A schedule as a person gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleInput {
    /// How often.
    pub every: ScheduleEvery,
    /// The time of day, `HH:MM`, of a daily schedule; `None` is two in the morning.
    pub at: Option<String>,
    /// The IANA time zone of that time; `None` is UTC.
    pub time_zone: Option<String>,
}

/// What validating a profile found.
#[derive(Debug, Clone)]
pub struct Validated {
    /// The profile, with its organisation where that could be asked.
    pub profile: Profile,
    /// What is the matter and what to do; empty when all is well.
    pub findings: Vec<StoredFinding>,
}
