//! Commands that publish, pause and resume profiles.

use chrono::{DateTime, Utc};
use seatgraph_core::Severity;
use seatgraph_store::{
    self as store, Profile, ProfileId, ProfileState, RunState, StoredFinding, SyncRun, Trigger, jobs, profiles, runs,
};

use crate::refusal::Denied;
use crate::{Engine, Result};

impl Engine {
    /// Validates a draft, schedules it and starts its first run.
    ///
    /// # Errors
    /// Refuses a profile that is not a draft, whose organisation another profile tracks, or with an enabled process
    /// that cannot run; the message names the remedy.
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

    /// Stops the schedule of a profile and cancels its run after the current page.
    ///
    /// # Errors
    /// Refuses a draft, and a profile that is already paused.
    pub async fn pause_profile(&self, id: ProfileId) -> Result<Profile, Denied> {
        let profile = self.profile(id).await?;
        match profile.state {
            ProfileState::Published | ProfileState::ReauthRequired => {}
            ProfileState::Paused => return Err(Denied::invalid_state(format!("profile {} is paused", profile.name))),
            ProfileState::Draft => {
                return Err(Denied::invalid_state(format!(
                    "profile {} is a draft and does not run; publish it first",
                    profile.name
                )));
            }
        }
        let profile = self.enter(profile, ProfileState::Paused).await?;
        if let Some(run) = runs::open_of(self.db(), id).await? {
            jobs::cancel(self.db(), run.job.id).await?;
        }
        Ok(profile)
    }

    /// Resumes a paused profile, or one with a renewed credential, and starts a run.
    ///
    /// # Errors
    /// Refuses a draft or published profile, and one whose cancelled run has not stopped yet.
    pub async fn resume_profile(&self, id: ProfileId) -> Result<Profile, Denied> {
        let profile = self.profile(id).await?;
        match profile.state {
            ProfileState::Paused | ProfileState::ReauthRequired => {}
            ProfileState::Published => {
                return Err(Denied::invalid_state(format!(
                    "profile {} is already published; it does not need to be resumed",
                    profile.name
                )));
            }
            ProfileState::Draft => {
                return Err(Denied::invalid_state(format!(
                    "profile {} is a draft; publish it instead instead",
                    profile.name
                )));
            }
        }
        let open = runs::open_of(self.db(), id).await?;
        if open.as_ref().is_some_and(|run| run.state() == RunState::Cancelling) {
            return Err(Denied::invalid_state(
                "the profile's run is still being cancelled; try again when it has stopped",
            ));
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

    /// Returns when a profile in a state runs next. Only a published profile runs on its schedule.
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
        ProfileState::Published => Some("is already published"),
        ProfileState::Paused => Some("is paused; resume it instead"),
        ProfileState::ReauthRequired => {
            Some("is already published but needs a new credential; set the credential of its alias, then resume it")
        }
    }
}

/// Returns a message with the processes that cannot run, the reasons and the remedies.
fn unfit(broken: &[&str], findings: &[StoredFinding]) -> String {
    let errors = findings.iter().map(|stored| &stored.finding).filter(|finding| finding.severity == Severity::Error);
    let concerning = errors.filter(|f| f.process.is_none_or(|process| broken.contains(&process.as_str())));
    let reasons: Vec<_> = concerning.map(|finding| format!("{} {}", finding.message, finding.remedy)).collect();
    format!("enabled processes cannot run ({}): {}", broken.join(", "), reasons.join(" "))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use seatgraph_core::{Finding, Process};
    use seatgraph_store::FindingId;

    use super::*;

    fn error(process: Process, message: &str) -> StoredFinding {
        let finding = Finding::new("CODE", Severity::Error, message, "Fix it.").with_process(process);
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
        assert_eq!(message, "enabled processes cannot run (DOWNLOAD_SUBSCRIPTIONS): Users are hidden. Fix it.");
    }
}
