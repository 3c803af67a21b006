//! Validates profiles and stores the findings.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use seatgraph_core::{Diagnosis, Finding, Registration};
use seatgraph_store::{AliasId, CredentialState, Health, Profile, ProfileId, ProfileState, aliases, profiles};

use crate::connection::Connection;
use crate::profiles::{Validated, scopes};
use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, Result, findings as problem};

impl Engine {
    /// Checks the connection and the permissions of every process, and stores the findings with the profile.
    ///
    /// A failed connection is not an error: it is among the findings.
    ///
    /// # Errors
    /// Refuses an organisation that another profile tracks.
    pub async fn validate_profile(&self, id: ProfileId) -> Result<Validated, Denied> {
        let profile = self.profile(id).await?;
        let connector = self.offered(&profile.connector)?;
        let diagnosis = self.diagnose(connector, &profile).await?;
        let organization = diagnosis.organization.as_ref();
        let processes = connector.manifest().processes.iter().map(|spec| spec.process);
        let health: Vec<_> = processes.map(|process| (process, problem::health(&diagnosis, process))).collect();
        let kept = profiles::set_diagnosis(
            self.db(),
            profile.id,
            organization,
            &health,
            &diagnosis.findings,
            diagnosis.allowance,
        );
        match kept.await {
            Err(error) if error.is_conflict_with("integration_profiles_organization") => {
                let name = organization.map_or("it", |organization| organization.name.as_str());
                Err(duplicate(name).into())
            }
            other => {
                other?;
                self.validated(id).await
            }
        }
    }

    /// Returns the enabled processes that cannot run.
    pub(crate) async fn broken(&self, id: ProfileId) -> Result<Vec<&'static str>, Denied> {
        let processes = self.processes(id).await?;
        let broken = processes.iter().filter(|row| row.enabled && row.health == Health::Broken);
        Ok(broken.map(|row| row.process.as_str()).collect())
    }

    async fn validated(&self, id: ProfileId) -> Result<Validated, Denied> {
        let profile = self.profile(id).await?;
        let mut found = profiles::findings(self.db(), &[id]).await?.remove(&id).unwrap_or_default();
        found.retain(|finding| finding.run_id.is_none());
        Ok(Validated { profile, findings: found })
    }

    async fn diagnose(&self, connector: &Registration, profile: &Profile) -> Result<Diagnosis> {
        let Some(alias_id) = profile.alias_id else { return Ok(Diagnosis::default()) };
        let missing = seatgraph_store::Error::NotFound { what: "alias" };
        let alias = aliases::find(self.db(), alias_id).await?.ok_or(missing)?;
        let parent = self.parent(&alias).await?;
        let mut diagnosis = match self.open(connector, &alias, parent.as_ref()) {
            Ok(connection) => self.check(&connection).await,
            Err(error) => with(problem::of_error(&error, None)),
        };
        hold_to_its_organization(profile, &mut diagnosis);
        diagnosis.findings.extend(self.scopes_missing(connector, profile, alias_id).await?);
        problem::refer_to(connector.manifest(), &mut diagnosis.findings);
        Ok(diagnosis)
    }

    /// Compares the granted scopes with those that the enabled processes need.
    async fn scopes_missing(
        &self,
        connector: &Registration,
        profile: &Profile,
        alias: AliasId,
    ) -> Result<Vec<Finding>> {
        // Read again: what the vendor granted is noted with every token.
        let Some(alias) = aliases::find(self.db(), alias).await? else { return Ok(Vec::new()) };
        let Some(grant) = alias.grant_type.filter(|_| alias.credential_state == CredentialState::Ready) else {
            return Ok(Vec::new());
        };
        let processes = self.processes(profile.id).await?;
        let enabled = processes.iter().filter(|row| row.enabled).map(|row| row.process);
        let missing = scopes::missing(connector, grant, enabled, &alias.granted_scopes);
        let vendor = connector.manifest().name;
        let found = missing.into_iter();
        Ok(found.map(|(process, lacking)| scopes::finding(vendor, process, &lacking, &alias.granted_scopes)).collect())
    }

    pub(crate) async fn check(&self, connection: &Connection) -> Diagnosis {
        let check = AssertUnwindSafe(connection.connector.check()).catch_unwind();
        match tokio::time::timeout(self.settings().check_timeout, check).await {
            Ok(Ok(diagnosis)) => diagnosis,
            Ok(Err(panic)) => with(problem::of_panic(&problem::panic_message(&*panic), None)),
            Err(_) => with(problem::check_timed_out()),
        }
    }
}

fn with(finding: Finding) -> Diagnosis {
    Diagnosis { findings: vec![finding], ..Diagnosis::default() }
}

/// Checks that a published profile still reaches its organisation. Records of two organisations must not mix.
fn hold_to_its_organization(profile: &Profile, diagnosis: &mut Diagnosis) {
    if profile.state == ProfileState::Draft {
        return;
    }
    let (Some(before), Some(now)) = (&profile.organization, &diagnosis.organization) else { return };
    if let Some(other) = problem::other_organization(before, now) {
        diagnosis.findings.insert(0, other);
        diagnosis.organization = None;
    }
}

fn duplicate(name: &str) -> Refusal {
    let message =
        format!("another profile already tracks organisation {name}; each profile requires its own organisation");
    Refusal::new(RefusalCode::DuplicateOrganization, message).at(["id"])
}
