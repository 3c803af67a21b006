//! Results of validations, stored with the profile.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Allowance, Finding, Organization, Process};

use super::signed;
use crate::db::{on_both, with_tx};
use crate::findings::FindingRow;
use crate::schema::{connection_aliases, findings, integration_profiles, profile_processes};
use crate::types::Bind;
use crate::{AliasId, Db, Error, Health, ProfileId, Result};

/// Health of a process.
pub type ProcessHealth = (Process, Health);

/// Keeps what a validation saw. Its findings take the place of the last validation's; those of runs stay.
///
/// An organisation or an allowance that could not be asked for leaves what is known alone.
///
/// # Errors
/// `NotFound` if the profile does not exist; `Conflict` with `integration_profiles_organization` when another
/// living profile has the organisation.
pub async fn set_diagnosis(
    db: &Db,
    profile: ProfileId,
    organization: Option<&Organization>,
    health: &[ProcessHealth],
    found: &[Finding],
    allowance: Option<Allowance>,
) -> Result<()> {
    let (organization, health, found) = (organization.cloned(), health.to_vec(), found.to_vec());
    with_tx!(db, Full, |c, now| {
        let row = integration_profiles::table.filter(integration_profiles::id.eq(profile));
        let updated = diesel::update(row).set(integration_profiles::updated_at.eq(Bind(now))).execute(c).await?;
        if updated == 0 {
            return Err(Error::NotFound { what: "profile" });
        }
        if let Some(organization) = &organization {
            diesel::update(row)
                .set((
                    integration_profiles::organization_id.eq(&organization.external_id),
                    integration_profiles::organization_name.eq(&organization.name),
                    integration_profiles::sandbox.eq(organization.sandbox),
                    integration_profiles::edition.eq(&organization.edition),
                    integration_profiles::organization_checked_at.eq(Bind(Some(now))),
                ))
                .execute(c)
                .await?;
        }
        c.put_allowance(profile, allowance).await?;
        for (process, health) in &health {
            let row = profile_processes::table.filter(profile_processes::profile_id.eq(profile));
            diesel::update(row.filter(profile_processes::process.eq(Bind(*process))))
                .set(profile_processes::health.eq(*health))
                .execute(c)
                .await?;
        }
        let last = findings::table.filter(findings::profile_id.eq(profile)).filter(findings::run_id.is_null());
        diesel::delete(last).execute(c).await?;
        for finding in &found {
            let row = FindingRow::new(profile, None, finding.clone(), now);
            diesel::insert_into(findings::table).values(row).execute(c).await?;
        }
        Ok(())
    })
}

/// Keeps that the connection of a profile was seen to lead to the profile's organisation.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn note_organization_checked(db: &Db, profile: ProfileId) -> Result<()> {
    with_tx!(db, Full, |c, now| {
        let row = integration_profiles::table.filter(integration_profiles::id.eq(profile));
        let seen = integration_profiles::organization_checked_at.eq(Bind(Some(now)));
        diesel::update(row).set(seen).execute(c).await?;
        Ok(())
    })
}

pub(crate) trait DoubtStatements {
    /// Requires a check of the organisations of an alias and its children before the next sync.
    async fn doubt_organizations(&mut self, alias: AliasId) -> Result<()>;
}

on_both! {
    impl DoubtStatements {
        async fn doubt_organizations(&mut self, alias: AliasId) -> Result<()> {
            let children = connection_aliases::table.filter(connection_aliases::parent_id.eq(Bind(Some(alias))));
            let children = children.select(connection_aliases::id.nullable());
            let concerned = integration_profiles::alias_id
                .eq(Bind(Some(alias)))
                .or(integration_profiles::alias_id.eq_any(children));
            diesel::update(integration_profiles::table.filter(concerned))
                .set(integration_profiles::organization_checked_at.eq(Bind(None::<DateTime<Utc>>)))
                .execute(self)
                .await?;
            Ok(())
        }
    }
}

/// Keeps how many calls the organisation has left.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn set_allowance(db: &Db, profile: ProfileId, allowance: Allowance) -> Result<()> {
    with_tx!(db, Page, |c, _now| c.put_allowance(profile, Some(allowance)).await)
}

pub(crate) trait AllowanceStatements {
    /// Writes the allowance, unless there is none or a newer one is known.
    async fn put_allowance(&mut self, profile: ProfileId, allowance: Option<Allowance>) -> Result<()>;
}

on_both! {
    impl AllowanceStatements {
        async fn put_allowance(&mut self, profile: ProfileId, allowance: Option<Allowance>) -> Result<()> {
            let Some(allowance) = allowance else { return Ok(()) };
            let older = integration_profiles::allowance_at.is_null().or(
                integration_profiles::allowance_at.lt(Bind(Some(allowance.at))));
            diesel::update(integration_profiles::table)
                .filter(integration_profiles::id.eq(profile))
                .filter(older.assume_not_null())
                .set((
                    integration_profiles::allowance_limit.eq(signed(allowance.limit)),
                    integration_profiles::allowance_used.eq(signed(allowance.used)),
                    integration_profiles::allowance_at.eq(Bind(Some(allowance.at))),
                ))
                .execute(self)
                .await?;
            Ok(())
        }
    }
}
