//! Inputs that create and change integration profiles.

use async_graphql::{ID, InputObject};
use seatgraph_core::Process as CoreProcess;
use seatgraph_engine::{self as engine, CreateProfile, UpdateProfile};

use super::{Refused, parse_id};
use crate::schema::command::Input;
use crate::schema::context::RequestContext;
use crate::schema::process::Process;
use crate::schema::profile::ScheduleEvery;

/// A new integration profile.
#[derive(Debug, InputObject)]
pub(crate) struct CreateProfileInput {
    /// Global ID of the connection alias. The first profile can use a parent alias. Each further profile requires its
    /// own child alias.
    alias_id: ID,
    /// Name of the profile. Unique among profiles that are not deleted.
    name: String,
    /// Processes to enable or disable. Default for other processes: `enabledByDefault` of the connector.
    processes: Option<Vec<ProcessSwitchInput>>,
    /// Schedule of automatic runs. Default: daily.
    schedule: Option<ScheduleInput>,
}

impl Input for CreateProfileInput {
    type Command = CreateProfile;

    fn read(self, _: &RequestContext) -> Result<CreateProfile, Refused> {
        Ok(CreateProfile {
            name: self.name,
            alias_id: parse_id(&["aliasId"], "connection alias", &self.alias_id)?,
            processes: switches(self.processes),
            schedule: self.schedule.map(Into::into),
        })
    }
}

/// Changes of an integration profile. Omitted fields stay unchanged.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateProfileInput {
    /// Global ID of the profile.
    id: ID,
    /// New name. Unique among profiles that are not deleted.
    name: Option<String>,
    /// Processes to enable or disable. Other processes stay unchanged.
    processes: Option<Vec<ProcessSwitchInput>>,
    /// New schedule of automatic runs.
    schedule: Option<ScheduleInput>,
}

impl Input for UpdateProfileInput {
    type Command = UpdateProfile;

    fn read(self, _: &RequestContext) -> Result<UpdateProfile, Refused> {
        Ok(UpdateProfile {
            id: parse_id(&["id"], "profile", &self.id)?,
            name: self.name,
            processes: switches(self.processes),
            schedule: self.schedule.map(Into::into),
        })
    }
}

/// Enables or disables a process.
#[derive(Debug, InputObject)]
pub(crate) struct ProcessSwitchInput {
    /// Whether the process is enabled.
    enabled: bool,
    /// The process.
    process: Process,
}

fn switches(processes: Option<Vec<ProcessSwitchInput>>) -> Vec<(CoreProcess, bool)> {
    processes.unwrap_or_default().into_iter().map(|switch| (switch.process.into(), switch.enabled)).collect()
}

/// Schedule of a profile's automatic runs.
#[derive(Debug, InputObject)]
pub(crate) struct ScheduleInput {
    /// Time of day as `HH:MM` in `timeZone`, for a daily schedule.
    at: Option<String>,
    /// Frequency.
    every: ScheduleEvery,
    /// IANA name of the time zone, such as `Europe/Berlin`. Default: UTC.
    time_zone: Option<String>,
}

impl From<ScheduleInput> for engine::ScheduleInput {
    fn from(input: ScheduleInput) -> Self {
        Self { every: input.every.into(), at: input.at, time_zone: input.time_zone }
    }
}
