//! Findings of validations, sync runs and authorisations.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::dsl::Filter;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Finding, Process, Severity};

use crate::db::{on_both, with_conn, with_tx};
use crate::job_queue::JobStatements;
use crate::listing::grouped;
use crate::records::clean;
use crate::schema::{findings, integration_profiles};
use crate::types::Bind;
use crate::visibility::{InProfiles, Limited};
use crate::{AliasId, Db, EventBody, FindingId, Job, ProfileId, Reader, Result, RunId};

/// A stored finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFinding {
    /// ID.
    pub id: FindingId,
    /// The profile.
    pub profile_id: ProfileId,
    /// The sync run; `None` for a validation or an authorisation.
    pub run_id: Option<RunId>,
    /// The finding.
    pub finding: Finding,
    /// Time of the finding.
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = findings, check_for_backend(Pg, Sqlite))]
pub(crate) struct FindingRow {
    id: FindingId,
    pub(crate) profile_id: ProfileId,
    run_id: Option<RunId>,
    #[diesel(serialize_as = Bind<Option<Process>>)]
    process: Option<Process>,
    code: String,
    #[diesel(serialize_as = Bind<Severity>)]
    severity: Severity,
    message: String,
    seen: Option<String>,
    remedy: String,
    docs_url: Option<String>,
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    at: DateTime<Utc>,
    of_consent: bool,
}

/// Replaces what PostgreSQL cannot hold: findings quote what the vendor answered.
fn clean_finding(finding: Finding) -> Finding {
    let text = |text: String| clean(&text).into_owned();
    Finding {
        message: text(finding.message),
        seen: finding.seen.map(text),
        remedy: text(finding.remedy),
        docs_url: finding.docs_url.map(text),
        ..finding
    }
}

impl FindingRow {
    pub(crate) fn new(profile: ProfileId, run: Option<RunId>, finding: Finding, at: DateTime<Utc>) -> Self {
        let finding = clean_finding(finding);
        Self {
            id: FindingId::generate(),
            profile_id: profile,
            run_id: run,
            process: finding.process,
            code: finding.code,
            severity: finding.severity,
            message: finding.message,
            seen: finding.seen,
            remedy: finding.remedy,
            docs_url: finding.docs_url,
            at,
            of_consent: false,
        }
    }
}

impl From<FindingRow> for StoredFinding {
    fn from(row: FindingRow) -> Self {
        let finding = Finding {
            code: row.code,
            severity: row.severity,
            process: row.process,
            message: row.message,
            seen: row.seen,
            remedy: row.remedy,
            docs_url: row.docs_url,
        };
        Self { id: row.id, profile_id: row.profile_id, run_id: row.run_id, finding, at: row.at }
    }
}

/// The findings of the profiles that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Filter<findings::table, Limited<InProfiles<findings::profile_id>>> {
    findings::table.filter(db.limited(|profiles| findings::profile_id.eq_any(profiles)))
}

/// Reads the findings of runs, oldest first.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn of_runs(db: &Reader, runs: &[RunId]) -> Result<HashMap<RunId, Vec<StoredFinding>>> {
    let rows: Vec<FindingRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(FindingRow::as_select()).filter(findings::run_id.eq_any(runs));
        Ok(query.order(findings::id).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().filter_map(|row| Some((row.run_id?, row.into())))))
}

/// Replaces the finding of a failed authorisation, stored with the profiles that use the alias until the next authorisation
/// or validation. `None` deletes it.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn set_of_consent(db: &Db, alias: AliasId, found: Option<&Finding>) -> Result<()> {
    let found = found.cloned();
    with_tx!(db, Full, |c, now| {
        let users = integration_profiles::table.filter(integration_profiles::alias_id.eq(alias));
        let users: Vec<ProfileId> = users.select(integration_profiles::id).load(c).await?;
        let earlier = findings::table.filter(findings::profile_id.eq_any(&users)).filter(findings::of_consent);
        diesel::delete(earlier).execute(c).await?;
        let Some(finding) = &found else { return Ok(()) };
        for profile in users {
            let row = FindingRow { of_consent: true, ..FindingRow::new(profile, None, finding.clone(), now) };
            diesel::insert_into(findings::table).values(row).execute(c).await?;
        }
        Ok(())
    })
}

pub(crate) trait FindingStatements {
    /// Adds the new findings of a sync's job, with an event each. Findings of a page that is read twice are added once.
    async fn add_findings(&mut self, job: &mut Job, now: DateTime<Utc>, found: Vec<Finding>) -> Result<()>;
}

on_both! {
    impl FindingStatements {
        async fn add_findings(&mut self, job: &mut Job, now: DateTime<Utc>, found: Vec<Finding>) -> Result<()> {
            let (Some(profile), false) = (job.profile_id, found.is_empty()) else { return Ok(()) };
            let run = RunId::from(job.id);
            let known = findings::table.select((findings::code, findings::process, findings::message));
            let known: Vec<(String, Option<Process>, String)> =
                known.filter(findings::run_id.eq(run)).load(self).await?;
            let mut known: BTreeSet<_> = known.into_iter().collect();
            let mut new: Vec<_> = found.into_iter().map(clean_finding).collect();
            new.retain(|f| known.insert((f.code.clone(), f.process, f.message.clone())));
            if new.is_empty() {
                return Ok(());
            }
            for finding in &new {
                let row = FindingRow::new(profile, Some(run), finding.clone(), now);
                diesel::insert_into(findings::table).values(row).execute(self).await?;
            }
            let events = new.into_iter().map(|finding| EventBody::Finding { finding }).collect();
            self.append(job, now, events).await
        }
    }
}
