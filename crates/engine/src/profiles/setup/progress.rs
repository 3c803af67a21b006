//! Decides which setup steps are done.

use seatgraph_core::{DoneWhen, Finding, GrantType, Process, Registration, SetupPlace, SetupStep, Severity};
use seatgraph_store::{CredentialState, Health, Profile, ProfileProcess, ProfileState, RunState, StoredFinding};

use super::{GuidedStep, SetupFacts};
use crate::profiles::scopes;
use crate::properties::{INSTANCE_URL, merged};

/// Decides whether a step is done. If not, returns what to do.
pub(super) fn judge(
    facts: &SetupFacts,
    connector: &Registration,
    grant: Option<GrantType>,
    step: SetupStep,
) -> GuidedStep {
    let against = facts.findings.iter().find(|stored| speaks_against(facts, &step, stored));
    let lacking = lacking(facts, connector, grant, &step);
    let remedy = against.map(|stored| stored.finding.remedy.clone()).or(lacking);
    GuidedStep { done: remedy.is_none(), step, remedy }
}

fn speaks_against(facts: &SetupFacts, step: &SetupStep, stored: &StoredFinding) -> bool {
    let Finding { code, severity, process, .. } = &stored.finding;
    let doubted = step.blocking_findings.iter().any(|blocking| blocking.code == code && *severity >= blocking.from);
    // What was found with an earlier credential says nothing of this one.
    let obtained = facts.alias.as_ref().and_then(|alias| alias.obtained_at);
    let is_current = obtained.is_none_or(|obtained| stored.at >= obtained);
    doubted && is_current && process.is_none_or(|process| facts.enabled().any(|enabled| enabled == process))
}

/// Returns what is missing for a proof. `None` if it is present.
fn lacking(
    facts: &SetupFacts,
    connector: &Registration,
    grant: Option<GrantType>,
    &SetupStep { place, done_when: proof, .. }: &SetupStep,
) -> Option<String> {
    let vendor = connector.manifest().name;
    match proof {
        DoneWhen::Address => unless(facts.has_address(), || "Set instanceUrl on the connection alias.".to_owned()),
        DoneWhen::Application => unless(facts.names_an_application(), || match place {
            SetupPlace::Vendor => {
                format!("Do this at {vendor}. The step is done when the client ID is entered on the alias.")
            }
            SetupPlace::Gateway => "Start the authorisation. The step is done when it is complete.".to_owned(),
        }),
        DoneWhen::Credential => facts.credential_lacking(),
        DoneWhen::Token => facts.token_lacking(),
        DoneWhen::Scopes => facts.token_lacking().or_else(|| facts.scopes_lacking(connector, grant)),
        DoneWhen::Organization => unless(facts.organization_known(), || {
            "Validate the profile. The organisation has not been reached yet.".to_owned()
        }),
        DoneWhen::Processes => facts.processes_lacking(),
        DoneWhen::Published => {
            let published = facts.profile.as_ref().is_some_and(|profile| profile.state != ProfileState::Draft);
            unless(published, || "Publish the profile when its validation finds no errors.".to_owned())
        }
        DoneWhen::Synced => facts.sync_lacking(),
    }
}

fn unless(holds: bool, remedy: impl FnOnce() -> String) -> Option<String> {
    if holds { None } else { Some(remedy()) }
}

impl SetupFacts {
    fn enabled(&self) -> impl Iterator<Item = Process> {
        self.processes.iter().filter(|row| row.enabled).map(|row| row.process)
    }

    fn has_address(&self) -> bool {
        let Some(alias) = &self.alias else { return false };
        merged(alias, self.parent.as_ref()).get(INSTANCE_URL).is_some_and(|address| !address.is_null())
    }

    fn names_an_application(&self) -> bool {
        self.alias.as_ref().is_some_and(|alias| alias.client_id.is_some())
    }

    fn organization_known(&self) -> bool {
        // One that was reached with another credential, or at another address, says nothing of this connection.
        let seen = |profile: &Profile| profile.organization.is_some() && profile.organization_checked_at.is_some();
        self.profile.as_ref().is_some_and(seen)
    }

    fn credential_lacking(&self) -> Option<String> {
        let state = self.alias.as_ref().map_or(CredentialState::Missing, |alias| alias.credential_state);
        let remedy = match state {
            CredentialState::Ready => return None,
            CredentialState::Missing => "Enter the credential on the connection alias.",
            CredentialState::ReauthRequired => {
                "The vendor rejected the credential. Enter it again, or repeat the authorisation."
            }
            CredentialState::Revoked => "The credential was revoked. Enter it again, or repeat the authorisation.",
        };
        Some(remedy.to_owned())
    }

    fn token_lacking(&self) -> Option<String> {
        self.credential_lacking().or_else(|| {
            let connected =
                |alias: &seatgraph_store::Alias| alias.principal.is_some() || !alias.granted_scopes.is_empty();
            let granted = self.alias.as_ref().is_some_and(connected) || self.organization_known();
            unless(granted, || "Validate the profile. The validation requests a token from the vendor.".to_owned())
        })
    }

    fn scopes_lacking(&self, connector: &Registration, grant: Option<GrantType>) -> Option<String> {
        let (alias, grant) = self.alias.as_ref().zip(grant)?;
        let missing = scopes::missing(connector, grant, self.enabled(), &alias.granted_scopes);
        missing.into_iter().next().map(|(process, scopes)| {
            scopes::finding(connector.manifest().name, process, &scopes, &alias.granted_scopes).remedy
        })
    }

    fn processes_lacking(&self) -> Option<String> {
        let enabled = || self.processes.iter().filter(|row| row.enabled);
        let broken = |row: &&ProfileProcess| row.health == Health::Broken;
        if let Some(row) = enabled().find(broken) {
            let concerns = |stored: &&StoredFinding| {
                stored.finding.severity == Severity::Error
                    && stored.run_id.is_none()
                    && stored.finding.process.is_none_or(|process| process == row.process)
            };
            let found = self.findings.iter().find(concerns).map(|stored| stored.finding.remedy.as_str());
            return Some(found.unwrap_or("Resolve the findings, then validate again.").to_owned());
        }
        let looked = enabled().next().is_some() && enabled().all(|row| row.health != Health::Unknown);
        let looked = looked && self.organization_known();
        unless(looked, || "Validate the profile.".to_owned())
    }

    fn sync_lacking(&self) -> Option<String> {
        let mut reading = self.processes.iter().filter(|row| row.enabled && row.process.is_read()).peekable();
        if reading.peek().is_some() && reading.all(|row| row.last_succeeded_at.is_some()) {
            return None;
        }
        let remedy = match self.last_run.as_ref().map(|run| (run.state(), run)) {
            None => "Publish the profile. This starts the first sync.".to_owned(),
            Some((RunState::Failed, run)) => {
                let of_run = self.findings.iter().find(|stored| stored.run_id == Some(run.id));
                of_run.map_or_else(|| "Start another sync.".to_owned(), |stored| stored.finding.remedy.clone())
            }
            Some((RunState::Suspect, run)) => {
                run.job.reason.clone().unwrap_or_else(|| "Confirm the run, or correct the connection.".to_owned())
            }
            Some((RunState::Cancelled | RunState::Succeeded | RunState::SucceededWithFindings, _)) => {
                "Start another sync. The last one did not complete every process.".to_owned()
            }
            Some(_) => "Wait. The sync is running.".to_owned(),
        };
        Some(remedy)
    }
}

#[cfg(test)]
mod tests;
