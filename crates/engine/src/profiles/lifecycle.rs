//! Publishes, pauses and resumes profiles.

use chrono::{DateTime, Utc};
use seatgraph_core::Severity;
use seatgraph_store::{
    self as store, Profile, ProfileId, ProfileState, RunState, StoredFinding, SyncRun, Trigger, profiles, runs,
};

use crate::refusal::Denied;
use crate::{Engine, Result};

impl Engine {
    /// Validates a draft, puts it on its schedule and starts its first run.
    ///
    /// # Errors
    /// Refuses a profile that is not a draft, whose organisation another profile tracks, or of which an enabled
    /// process cannot do its work; the message says what to mend.
    pub async fn publish_profile(&self, id: ProfileId) -> Result<(Profile, SyncRun), Denied> {
        let profile = self.profile(id).await?;
        if let Some(way_out) = not_a_draft(profile.state) {
            return Err(Denied::invalid_state(format!("profile {} {way_out}", profile.name)));
        }
        let validated = self.validate_profile(id).await?;
        let broken = self.broken(id).await?;
        if !broken.is_empty() {
            return Err(Denied::invalid_state(unfit(&broken, &validated.findings)));
        }
        let profile = self.enter(validated.profile, ProfileState::Published).await?;
        let run = self.enqueue(&profile, None, Trigger::Publish, None).await?;
        Ok((profile, run))
    }

    /// Stops a profile's schedule and cancels its run between two pages.
    ///
    /// # Errors
    /// Refuses a draft, and a profile that is paused already.
    pub async fn pause_profile(&self, id: ProfileId) -> Result<Profile, Denied> {
        let profile = self.profile(id).await?;
        match profile.state {
            ProfileState::Published | ProfileState::ReauthRequired => {}
            ProfileState::Paused => return Err(Denied::invalid_state(format!("profile {} is paused", profile.name))),
            ProfileState::Draft => {
                return Err(Denied::invalid_state(format!("profile {} is a draft; nothing runs", profile.name)));
            }
        }
        let profile = self.enter(profile, ProfileState::Paused).await?;
        if let Some(run) = runs::open_of(self.db(), id).await? {
            runs::cancel(self.db(), run.id).await?;
        }
        Ok(profile)
    }

    /// Puts a paused profile, or one whose credential was renewed, back on its schedule and starts a run.
    ///
    /// # Errors
    /// Refuses a profile that is a draft or published, and one whose cancelled run has not stopped yet.
    pub async fn resume_profile(&self, id: ProfileId) -> Result<Profile, Denied> {
        let profile = self.profile(id).await?;
        match profile.state {
            ProfileState::Paused | ProfileState::ReauthRequired => {}
            ProfileState::Published => {
                return Err(Denied::invalid_state(format!("profile {} is published; nothing to resume", profile.name)));
            }
            ProfileState::Draft => {
                return Err(Denied::invalid_state(format!("profile {} is a draft; publish it", profile.name)));
            }
        }
        let open = runs::open_of(self.db(), id).await?;
        if open.as_ref().is_some_and(|run| run.state == RunState::Cancelling) {
            return Err(Denied::invalid_state("its run is being cancelled and ends with the page it is at; try again"));
        }
        let profile = self.enter(profile, ProfileState::Published).await?;
        if open.is_none() {
            self.enqueue(&profile, None, Trigger::Resume, None).await?;
        }
        Ok(profile)
    }

    async fn enter(&self, mut profile: Profile, state: ProfileState) -> Result<Profile, Denied> {
        profile.state = state;
        profile.next_run_at = self.slot_in(&profile, state).await?;
        profiles::set_state(self.db(), profile.id, state, profile.next_run_at).await?;
        Ok(profile)
    }

    /// Says when a profile runs next in a state; only a published one does by itself.
    pub(crate) async fn slot_in(
        &self,
        profile: &Profile,
        state: ProfileState,
    ) -> Result<Option<DateTime<Utc>>, store::Error> {
        Ok(match state {
            ProfileState::Published => self.next_run(profile, self.db().now().await?),
            _ => None,
        })
    }
}

const fn not_a_draft(state: ProfileState) -> Option<&'static str> {
    match state {
        ProfileState::Draft => None,
        ProfileState::Published => Some("is published already"),
        ProfileState::Paused => Some("was published and is paused; resume it"),
        ProfileState::ReauthRequired => Some("was published; set its alias's credentials, then resume it"),
    }
}

/// Says which processes cannot do their work, why, and what to do.
fn unfit(broken: &[&str], findings: &[StoredFinding]) -> String {
    let errors = findings.iter().map(|stored| &stored.finding).filter(|finding| finding.severity == Severity::Error);
    let concerning = errors.filter(|f| f.process.is_none_or(|process| broken.contains(&process.as_str())));
    let reasons: Vec<_> = concerning.map(|finding| format!("{} {}", finding.message, finding.remedy)).collect();
    format!("enabled processes cannot do their work ({}): {}", broken.join(", "), reasons.join(" "))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use seatgraph_core::{Finding, Process};
    use seatgraph_store::FindingId;

    use super::*;

    fn error(process: Process, message: &str) -> StoredFinding {
        let finding = Finding::new("CODE", Severity::Error, message, "Mend it.").with_process(process);
        StoredFinding {
            id: FindingId::generate(),
            profile_id: ProfileId::generate(),
            run_id: None,
            finding,
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_unfit_profile_hears_what_to_mend_and_nothing_of_processes_that_are_off() {
        let found = [
            error(Process::DownloadSubscriptions, "Users are hidden."),
            error(Process::ReclaimSubscription, "Manage Users is missing."),
        ];
        let message = unfit(&["DOWNLOAD_SUBSCRIPTIONS"], &found);
        assert_eq!(
            message,
            "enabled processes cannot do their work (DOWNLOAD_SUBSCRIPTIONS): Users are hidden. Mend it."
        );
    }
}
