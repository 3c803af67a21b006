//! A profile as its table holds it, flat.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{Allowance, Organization};

use super::{Profile, Schedule};
use crate::schema::integration_profiles;
use crate::types::Bind;
use crate::{AliasId, ProfileId, ProfileState, ScheduleEvery};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = integration_profiles, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
pub(crate) struct ProfileRow {
    id: ProfileId,
    connector: String,
    name: String,
    alias_id: Option<AliasId>,
    state: ProfileState,
    organization_id: Option<String>,
    organization_name: Option<String>,
    sandbox: Option<bool>,
    edition: Option<String>,
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    organization_checked_at: Option<DateTime<Utc>>,
    schedule_every: ScheduleEvery,
    schedule_at: Option<String>,
    schedule_time_zone: String,
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    next_run_at: Option<DateTime<Utc>>,
    allowance_limit: Option<i64>,
    allowance_used: Option<i64>,
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    allowance_at: Option<DateTime<Utc>>,
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    created_at: DateTime<Utc>,
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    updated_at: DateTime<Utc>,
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    deleted_at: Option<DateTime<Utc>>,
}

/// Converts an unsigned count to a signed column, saturating.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        let organization = row.organization_id.map(|external_id| Organization {
            external_id,
            name: row.organization_name.unwrap_or_default(),
            sandbox: row.sandbox.unwrap_or(false),
            edition: row.edition,
        });
        let allowance = match (row.allowance_limit, row.allowance_used, row.allowance_at) {
            (Some(limit), Some(used), Some(at)) => Some(Allowance { limit: unsigned(limit), used: unsigned(used), at }),
            _ => None,
        };
        Self {
            id: row.id,
            connector: row.connector,
            name: row.name,
            alias_id: row.alias_id,
            state: row.state,
            organization,
            organization_checked_at: row.organization_checked_at,
            schedule: Schedule { every: row.schedule_every, at: row.schedule_at, time_zone: row.schedule_time_zone },
            next_run_at: row.next_run_at,
            allowance,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        }
    }
}

impl From<&Profile> for ProfileRow {
    fn from(profile: &Profile) -> Self {
        let organization = profile.organization.as_ref();
        Self {
            id: profile.id,
            connector: profile.connector.clone(),
            name: profile.name.clone(),
            alias_id: profile.alias_id,
            state: profile.state,
            organization_id: organization.map(|o| o.external_id.clone()),
            organization_name: organization.map(|o| o.name.clone()),
            sandbox: organization.map(|o| o.sandbox),
            edition: organization.and_then(|o| o.edition.clone()),
            organization_checked_at: profile.organization_checked_at,
            schedule_every: profile.schedule.every,
            schedule_at: profile.schedule.at.clone(),
            schedule_time_zone: profile.schedule.time_zone.clone(),
            next_run_at: profile.next_run_at,
            allowance_limit: profile.allowance.map(|a| signed(a.limit)),
            allowance_used: profile.allowance.map(|a| signed(a.used)),
            allowance_at: profile.allowance.map(|a| a.at),
            created_at: profile.created_at,
            updated_at: profile.updated_at,
            deleted_at: profile.deleted_at,
        }
    }
}
