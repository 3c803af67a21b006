//! Integration profiles: one SaaS organisation each.

mod row;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use seatgraph_core::{Allowance, Cursor, Organization, Process};

pub(crate) use row::ProfileRow;

use crate::schema::profile_processes;
use crate::{AliasId, Health, ProfileId, ProfileState, ScheduleEvery};

/// One SaaS organisation, tracked through one alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Ours.
    pub id: ProfileId,
    /// Key of the connector.
    pub connector: String,
    /// What people call it; unique among those not deleted.
    pub name: String,
    /// The connection it uses; `None` once deleted.
    pub alias_id: Option<AliasId>,
    /// Where it is in its life.
    pub state: ProfileState,
    /// The organisation; `None` until validated.
    pub organization: Option<Organization>,
    /// When it syncs.
    pub schedule: Schedule,
    /// The next slot.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Calls left, as the vendor last said.
    pub allowance: Option<Allowance>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When a person or a validation last changed it.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// When a profile syncs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How often.
    pub every: ScheduleEvery,
    /// Time of day, `HH:MM`; of an hourly schedule the minute counts.
    pub at: Option<String>,
    /// The IANA name of the time zone in which it is read.
    pub time_zone: String,
}

/// A process of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = profile_processes, check_for_backend(Pg, Sqlite))]
pub struct ProfileProcess {
    /// Which one.
    pub process: Process,
    /// Whether it is switched on.
    pub enabled: bool,
    /// What the last validation or run made of it.
    pub health: Health,
    /// Where the next incremental pass begins.
    pub bookmark: Option<Cursor>,
    /// When a pass last finished.
    pub last_succeeded_at: Option<DateTime<Utc>>,
}
