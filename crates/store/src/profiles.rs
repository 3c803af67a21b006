//! Integration profiles: one SaaS organisation each.

mod close;
mod diagnosis;
mod list;
mod read;
mod row;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Allowance, Cursor, Organization, Process};

pub use self::list::{ProfileFilter, ProfileOrder, ProfileOrderField, count, page};
pub use close::{DeletionCounts, close};
pub(crate) use diagnosis::{AllowanceStatements, DoubtStatements};
pub use diagnosis::{ProcessHealth, note_organization_checked, set_allowance, set_diagnosis};
pub(crate) use read::visible;
pub use read::{by_alias, due, find, find_by_name, find_many, findings, processes};
pub(crate) use row::{ProfileRow, signed};

use crate::db::{on_both, with_tx};
use crate::schema::{integration_profiles, profile_processes};
use crate::types::Bind;
use crate::{AliasId, Db, Error, Health, ProfileId, ProfileState, Result, ScheduleEvery};

/// A SaaS organisation, tracked through one alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// ID.
    pub id: ProfileId,
    /// Key of the connector.
    pub connector: String,
    /// Name, unique among profiles that are not deleted.
    pub name: String,
    /// The alias; `None` if deleted.
    pub alias_id: Option<AliasId>,
    /// State of the profile.
    pub state: ProfileState,
    /// The organisation. `None` until validated.
    pub organization: Option<Organization>,
    /// Time when the current connection last reached the organisation; `None` if the connection has changed since.
    pub organization_checked_at: Option<DateTime<Utc>>,
    /// Schedule of automatic runs.
    pub schedule: Schedule,
    /// Time of the next automatic run; `None` if none is scheduled.
    pub next_run_at: Option<DateTime<Utc>>,
    /// API usage, as last reported by the vendor.
    pub allowance: Option<Allowance>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Time of the last change by a user or a validation.
    pub updated_at: DateTime<Utc>,
    /// Deletion time; `None` if not deleted. Deleted rows are kept as history.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Schedule of automatic runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Frequency.
    pub every: ScheduleEvery,
    /// Time of day as `HH:MM`. For an hourly schedule, only the minute applies.
    pub at: Option<String>,
    /// IANA time zone.
    pub time_zone: String,
}

/// A process of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = profile_processes, check_for_backend(Pg, Sqlite))]
pub struct ProfileProcess {
    /// The process.
    pub process: Process,
    /// Whether the process is enabled.
    pub enabled: bool,
    /// Health after the last validation or run.
    pub health: Health,
    /// Cursor of the connector where the next incremental run starts; `None` to start from the beginning.
    pub bookmark: Option<Cursor>,
    /// Time when the process last completed; `None` if never.
    pub last_succeeded_at: Option<DateTime<Utc>>,
}

/// A profile that is not deleted.
macro_rules! living {
    ($profile:expr) => {
        integration_profiles::table
            .filter(integration_profiles::id.eq($profile))
            .filter(integration_profiles::deleted_at.is_null())
    };
}

/// Adds a profile with its processes.
///
/// # Errors
/// `Conflict` with `integration_profiles_name`, `integration_profiles_alias` or `integration_profiles_organization`
/// when another living profile has the name, the alias or the organisation.
pub async fn insert(db: &Db, profile: &Profile, processes: &[ProfileProcess]) -> Result<()> {
    let id = profile.id;
    let (row, processes) = (ProfileRow::from(profile), processes.to_vec());
    with_tx!(db, Full, |c, _now| {
        diesel::insert_into(integration_profiles::table).values(row.clone()).execute(c).await?;
        c.put_processes(id, &processes).await
    })
}

/// Writes what people may change of a profile: its name, its schedule, and which processes are switched on. A process
/// that it did not have is added; what is known of the others stays, and so does all that runs write meanwhile.
///
/// # Errors
/// `NotFound` if the profile does not exist or is deleted; `Conflict` as [`insert`].
pub async fn update(db: &Db, profile: &Profile, processes: &[ProfileProcess]) -> Result<()> {
    let (profile, processes) = (profile.clone(), processes.to_vec());
    with_tx!(db, Full, |c, _now| {
        let changed = diesel::update(living!(profile.id))
            .set((
                integration_profiles::name.eq(&profile.name),
                integration_profiles::schedule_every.eq(profile.schedule.every),
                integration_profiles::schedule_at.eq(&profile.schedule.at),
                integration_profiles::schedule_time_zone.eq(&profile.schedule.time_zone),
                integration_profiles::updated_at.eq(Bind(profile.updated_at)),
            ))
            .execute(c)
            .await?;
        if changed == 0 {
            return Err(Error::NotFound { what: "profile" });
        }
        // Only a profile that is published now has a next slot, whatever it was when it was read.
        diesel::update(living!(profile.id).filter(integration_profiles::state.eq(ProfileState::Published)))
            .set(integration_profiles::next_run_at.eq(Bind(profile.next_run_at)))
            .execute(c)
            .await?;
        c.put_processes(profile.id, &processes).await
    })
}

/// Moves a profile into a state, with its next slot in it; one that is not published has none.
///
/// # Errors
/// `NotFound` if the profile does not exist or is deleted.
pub async fn set_state(
    db: &Db,
    profile: ProfileId,
    state: ProfileState,
    next_run_at: Option<DateTime<Utc>>,
) -> Result<()> {
    let next_run_at = next_run_at.filter(|_| state == ProfileState::Published);
    with_tx!(db, Full, |c, now| {
        let moved = diesel::update(living!(profile))
            .set((
                integration_profiles::state.eq(state),
                integration_profiles::next_run_at.eq(Bind(next_run_at)),
                integration_profiles::updated_at.eq(Bind(now)),
            ))
            .execute(c)
            .await?;
        if moved == 0 { Err(Error::NotFound { what: "profile" }) } else { Ok(()) }
    })
}

trait ProcessStatements {
    async fn put_processes(&mut self, profile: ProfileId, processes: &[ProfileProcess]) -> Result<()>;
}

on_both! {
    impl ProcessStatements {
        async fn put_processes(&mut self, profile: ProfileId, processes: &[ProfileProcess]) -> Result<()> {
            for process in processes {
                diesel::insert_into(profile_processes::table)
                    .values((
                        profile_processes::profile_id.eq(profile),
                        profile_processes::process.eq(Bind(process.process)),
                        profile_processes::enabled.eq(process.enabled),
                        profile_processes::health.eq(process.health),
                        profile_processes::bookmark.eq(Bind(process.bookmark.clone())),
                        profile_processes::last_succeeded_at.eq(Bind(process.last_succeeded_at)),
                    ))
                    .on_conflict((profile_processes::profile_id, profile_processes::process))
                    .do_update()
                    .set(profile_processes::enabled.eq(process.enabled))
                    .execute(self)
                    .await?;
            }
            Ok(())
        }
    }
}
