//! Commands that create, update and delete profiles.

use chrono::{DateTime, Utc};
use seatgraph_core::SyncMode;
use seatgraph_store::profiles::DeletionCounts;
use seatgraph_store::{
    self as store, Alias, AliasId, Profile, ProfileId, ProfileProcess, ProfileState, Schedule, ScheduleEvery, profiles,
};

use crate::profiles::{CreateProfile, ScheduleInput, UpdateProfile, rules};
use crate::refusal::{Denied, Refusal, RefusalCode, on_conflict};
use crate::syncs::Plan;
use crate::{Engine, Result, find, schedule};

impl Engine {
    /// Creates a profile in state DRAFT.
    ///
    /// # Errors
    /// Refuses a name or alias in use, processes that the connector does not support, and an invalid schedule.
    pub async fn create_profile(&self, input: CreateProfile) -> Result<Profile, Denied> {
        let alias = self.alias(input.alias_id, "aliasId").await?;
        let manifest = self.offered(&alias.connector)?.manifest();
        if let Some(refusal) = self.alias_refused(&alias).await? {
            return Err(refusal.into());
        }
        let mut processes = rules::initial(manifest);
        let mut faults: Vec<_> = rules::name(&input.name).into_iter().collect();
        faults.extend(rules::switch(manifest, &mut processes, &input.processes));
        let schedule = read_schedule(input.schedule, &mut faults);
        if !faults.is_empty() {
            return Err(Denied::Refused(faults));
        }
        let profile = self.draft(alias, input.name, schedule);
        match profiles::insert(self.db(), &profile, &processes).await {
            Err(error) if error.is_conflict_with("integration_profiles_alias") => {
                let message = "another profile already uses this alias; create a child alias for this profile";
                Err(Refusal::new(RefusalCode::Conflict, message).at(["aliasId"]).into())
            }
            inserted => {
                inserted.map_err(|e| name_taken(e, &profile.name))?;
                Ok(profile)
            }
        }
    }

    /// Updates a profile's name, processes or schedule.
    ///
    /// # Errors
    /// As [`Engine::create_profile`].
    pub async fn update_profile(&self, input: UpdateProfile) -> Result<Profile, Denied> {
        let mut profile = self.profile(input.id).await?;
        let manifest = self.offered(&profile.connector)?.manifest();
        let mut processes = self.processes(profile.id).await?;
        let mut faults = rules::switch(manifest, &mut processes, &input.processes);
        if let Some(name) = input.name {
            faults.extend(rules::name(&name));
            profile.name = name;
        }
        if input.schedule.is_some() {
            profile.schedule = read_schedule(input.schedule, &mut faults);
            profile.next_run_at = self.slot_in(&profile, profile.state).await?;
        }
        if !faults.is_empty() {
            return Err(Denied::Refused(faults));
        }
        profile.updated_at = self.now();
        profiles::update(self.db(), &profile, &processes).await.map_err(|e| name_taken(e, &profile.name))?;
        Ok(profile)
    }

    /// Deletes a profile. Its records are retired and kept as history; its alias can be used again.
    ///
    /// # Errors
    /// Refuses an unknown profile.
    pub async fn delete_profile(&self, id: ProfileId) -> Result<DeletionCounts, Denied> {
        let profile = self.profile(id).await?;
        let now = self.db().now().await?;
        Ok(profiles::close(self.db(), profile.id, now).await?)
    }

    pub(crate) async fn profile(&self, id: ProfileId) -> Result<Profile, Denied> {
        find::profile(self.db(), id).await
    }

    pub(crate) async fn processes(&self, id: ProfileId) -> Result<Vec<ProfileProcess>, store::Error> {
        Ok(profiles::processes(self.db(), &[id]).await?.remove(&id).unwrap_or_default())
    }

    /// Returns the processes of a sync, each with the cursor to start from: an incremental process continues at its
    /// bookmark.
    pub(crate) async fn planned(&self, profile: &Profile) -> Result<Plan> {
        let manifest = self.stored_connector(&profile.connector)?.manifest();
        let mut rows = self.processes(profile.id).await?;
        let incremental = |process| manifest.process(process).is_some_and(|spec| spec.mode() == SyncMode::Incremental);
        let readable = rules::readable(manifest, &rows);
        let mut bookmark = |process| {
            let row = rows.iter_mut().find(|row| row.process == process && incremental(process));
            row.and_then(|row| row.bookmark.take())
        };
        Ok(readable.into_iter().map(|process| (process, bookmark(process))).collect())
    }

    pub(crate) fn next_run(&self, profile: &Profile, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        schedule::next_run(&profile.schedule, profile.id, self.settings().schedule_jitter, now)
    }

    fn draft(&self, alias: Alias, name: String, schedule: Schedule) -> Profile {
        let now = self.now();
        Profile {
            id: ProfileId::generate(),
            connector: alias.connector,
            name,
            alias_id: Some(alias.id),
            state: ProfileState::Draft,
            organization: None,
            organization_checked_at: None,
            schedule,
            next_run_at: None,
            allowance: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        }
    }

    async fn alias_refused(&self, alias: &Alias) -> Result<Option<Refusal>, Denied> {
        let mut family = vec![alias.id];
        if alias.parent_id.is_none() {
            family.extend(self.children(alias.id).await?.iter().map(|child| child.id));
        }
        let users = profiles::by_alias(self.db(), &family).await?;
        let user = |id: &AliasId| users.get(id).and_then(|profiles| profiles.first()).map(|user| user.name.as_str());
        Ok(rules::alias_free(alias, user(&alias.id), family.iter().find_map(user)))
    }
}

/// Validates a schedule, daily by default. Appends refusals to `faults`.
fn read_schedule(input: Option<ScheduleInput>, faults: &mut Vec<Refusal>) -> Schedule {
    let daily = ScheduleInput { every: ScheduleEvery::Day, at: None, time_zone: None };
    let ScheduleInput { every, at, time_zone } = input.unwrap_or(daily);
    schedule::read(every, at, time_zone).unwrap_or_else(|found| {
        faults.extend(found);
        Schedule { every: ScheduleEvery::Manual, at: None, time_zone: schedule::DEFAULT_TIME_ZONE.to_owned() }
    })
}

fn name_taken(error: store::Error, name: &str) -> Denied {
    on_conflict(error, "integration_profiles_name", || {
        let message = format!("a profile with the name {name} already exists; choose another name");
        Refusal::new(RefusalCode::Conflict, message).at(["name"])
    })
}
