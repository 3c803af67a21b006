//! Parts of a profile: organisation, processes, schedule, API allowance.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use seatgraph_store::{self as store, ProfileId};

use super::findings;
use crate::schema::context::HasRequest as _;
use crate::schema::error::Result;
use crate::schema::finding::Finding;
use crate::schema::process::Process;
use crate::schema::scalars::{DateTime, int};

/// State of an integration profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ProfileState")]
pub(crate) enum ProfileState {
    /// The profile is being set up. It does not run.
    Draft,
    /// The profile runs on its schedule and on request.
    Published,
    /// The profile is paused. It does not run until it is resumed.
    Paused,
    /// The vendor rejected the credential. The profile does not run until it has a new one.
    ReauthRequired,
}

/// The organisation that a profile tracks.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Organization {
    /// Edition of the organisation, as reported by the vendor. Null if the vendor does not report it.
    edition: Option<String>,
    /// ID assigned by the vendor. It never changes. Two profiles cannot track the same organisation.
    external_id: String,
    /// Name of the organisation.
    name: String,
    /// Whether the organisation is a sandbox.
    sandbox: bool,
}

impl From<seatgraph_core::Organization> for Organization {
    fn from(organization: seatgraph_core::Organization) -> Self {
        Self {
            edition: organization.edition,
            external_id: organization.external_id,
            name: organization.name,
            sandbox: organization.sandbox,
        }
    }
}

/// A process of an integration profile.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ProfileProcess {
    /// Whether the process is enabled.
    enabled: bool,
    /// Health of the process after the last validation or run.
    health: Health,
    /// Time when the process last completed. Null if it never did.
    last_succeeded_at: Option<DateTime>,
    /// The process.
    process: Process,
    #[graphql(skip)]
    profile: ProfileId,
}

#[ComplexObject]
impl ProfileProcess {
    /// Findings of the last validation and the last run for this process. Each problem is listed once.
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        let findings = findings(ctx.request()?, self.profile).await?;
        Ok(findings.into_iter().filter(|finding| finding.process == Some(self.process)).collect())
    }
}

impl ProfileProcess {
    pub(super) fn of(profile: ProfileId, row: &store::ProfileProcess) -> Self {
        Self {
            enabled: row.enabled,
            health: row.health.into(),
            last_succeeded_at: row.last_succeeded_at.map(DateTime),
            process: row.process.into(),
            profile,
        }
    }
}

/// Health of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Health")]
pub(crate) enum Health {
    /// The process has not been checked yet.
    Unknown,
    /// The process has everything it needs.
    Healthy,
    /// The process works with reduced data. See its findings.
    Degraded,
    /// The process cannot run. See its findings.
    Broken,
}

/// Schedule of a profile's automatic runs.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Schedule {
    /// Time of day as `HH:MM` in `timeZone`. Null unless the schedule is daily.
    at: Option<String>,
    /// Frequency.
    every: ScheduleEvery,
    /// Time of the next automatic run. Null if none is scheduled.
    next_run_at: Option<DateTime>,
    /// IANA name of the time zone, such as `Europe/Berlin`.
    time_zone: String,
}

impl Schedule {
    pub(super) fn of(profile: &store::Profile) -> Self {
        Self {
            at: profile.schedule.at.clone(),
            every: profile.schedule.every.into(),
            next_run_at: profile.next_run_at.map(DateTime),
            time_zone: profile.schedule.time_zone.clone(),
        }
    }
}

/// Frequency of a profile's automatic runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ScheduleEvery")]
pub(crate) enum ScheduleEvery {
    /// Once a day.
    Day,
    /// Once an hour.
    Hour,
    /// No automatic runs.
    Manual,
}

/// API usage of an organisation, in calls per 24 hours.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ApiAllowance {
    /// Time when the vendor reported the values.
    at: DateTime,
    /// Maximum number of calls that the vendor allows.
    limit: i32,
    /// Maximum number of calls that Seatgraph makes: the configured share of `limit`.
    daily_limit: i32,
    /// Number of calls used by all clients, including Seatgraph.
    used: i32,
}

impl ApiAllowance {
    pub(super) fn of(allowance: seatgraph_core::Allowance, percent: u64) -> Self {
        let count = |calls: u64| int(i64::try_from(calls).unwrap_or(i64::MAX));
        Self {
            at: allowance.at.into(),
            limit: count(allowance.limit),
            daily_limit: count(allowance.limit.saturating_mul(percent) / 100),
            used: count(allowance.used),
        }
    }
}
