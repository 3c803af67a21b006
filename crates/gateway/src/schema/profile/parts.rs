//! What a profile is made of: organisation, processes, schedule, allowance.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use seatgraph_store::{self as store, ProfileId};

use super::findings;
use crate::schema::connector::Process;
use crate::schema::error::Result;
use crate::schema::finding::Finding;
use crate::schema::scalars::{DateTime, int};
use crate::schema::scope::Scoped as _;

/// Whether a profile is set up, at work, or waiting for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ProfileState")]
pub(crate) enum ProfileState {
    /// It is being set up and does not run.
    Draft,
    /// It runs by its schedule and when it is told to.
    Published,
    /// It was stopped and runs again when it is resumed.
    Paused,
    /// The vendor refused the credential; it runs again with a new one.
    ReauthRequired,
}

/// The organisation behind a profile, as the vendor names it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Organization {
    /// The edition bought, in the vendor's words.
    edition: Option<String>,
    /// The vendor's id, which never changes; two profiles never share one.
    external_id: String,
    /// Its name.
    name: String,
    /// Whether it is a copy for trying things out.
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

/// One process of one profile.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ProfileProcess {
    /// Whether the profile does it.
    enabled: bool,
    /// Whether it can do its work, by the last look at it.
    health: Health,
    /// When it last reached its end.
    last_succeeded_at: Option<DateTime>,
    /// Which process it is.
    process: Process,
    #[graphql(skip)]
    profile: ProfileId,
}

#[ComplexObject]
impl ProfileProcess {
    /// What the last validation and the last run found about it.
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        let findings = findings(ctx.scope()?, self.profile).await?;
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

/// Whether a process can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Health")]
pub(crate) enum Health {
    /// Nobody has looked yet.
    Unknown,
    /// It has all it needs.
    Healthy,
    /// It works and knows less than it could; the findings say why.
    Degraded,
    /// It cannot do its work; the findings say why.
    Broken,
}

/// When a profile runs by itself.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Schedule {
    /// The time of day as `HH:MM` in the time zone, for a daily schedule.
    at: Option<String>,
    /// How often it runs.
    every: ScheduleEvery,
    /// When it runs next; null when it does not run by itself.
    next_run_at: Option<DateTime>,
    /// The time zone in which the time of day is meant, by its IANA name.
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

/// How often a profile runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ScheduleEvery")]
pub(crate) enum ScheduleEvery {
    /// Once a day.
    Day,
    /// Once an hour.
    Hour,
    /// Never; only when it is told to.
    Manual,
}

/// The organisation's API calls, in the vendor's period.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ApiAllowance {
    /// When the vendor said so.
    at: DateTime,
    /// Calls that the vendor allows.
    limit: i32,
    /// The share of them that one run of ours may use.
    reserved_for_us: i32,
    /// Calls used by everybody, ours included.
    used: i32,
}

impl ApiAllowance {
    pub(super) fn of(allowance: seatgraph_core::Allowance, percent: u64) -> Self {
        let count = |calls: u64| int(i64::try_from(calls).unwrap_or(i64::MAX));
        Self {
            at: allowance.at.into(),
            limit: count(allowance.limit),
            reserved_for_us: count(allowance.limit.saturating_mul(percent) / 100),
            used: count(allowance.used),
        }
    }
}
