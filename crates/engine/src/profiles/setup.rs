//! The guided way from an application that is not registered yet to the first sync that came to its end.
//!
//! The connector says what is done at the vendor, [`here`] what is done in the gateway, and [`progress`] which of it is
//! done. Nothing of it is stored: the way is read off what is known anyway, so it can be left and taken up again at any
//! time, and a step that comes undone (a secret withdrawn, a permission taken away) shows as undone.

mod here;
mod progress;

use seatgraph_core::{GrantType, Registration, Setup, SetupContext, SetupPlace, SetupStep};
use seatgraph_store::{
    self as store, Alias, AliasId, Profile, ProfileProcess, StoredFinding, SyncRun, aliases, findings, profiles, runs,
};
use url::Url;

use crate::aliases::callback_url;
use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, Result};

/// A step, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuidedStep {
    /// What is to be done.
    pub step: SetupStep,
    /// Whether it is done, as far as that can be seen from here.
    pub done: bool,
    /// What to do about it; `None` when it is done.
    pub remedy: Option<String>,
}

/// What is known of a connection while it is being set up.
#[derive(Debug, Clone, Default)]
pub struct SetupFacts {
    /// The alias; `None` once its profile was deleted.
    pub alias: Option<Alias>,
    /// The alias's parent.
    pub parent: Option<Alias>,
    /// The profile; `None` while the alias serves none.
    pub profile: Option<Profile>,
    /// The profile's processes.
    pub processes: Vec<ProfileProcess>,
    /// What the last validation and the last run found.
    pub findings: Vec<StoredFinding>,
    /// The profile's newest run.
    pub last_run: Option<SyncRun>,
}

/// Says everything that is to be done under `grant`, at the vendor and here; without a grant, what is left where the
/// connector needs none.
///
/// `public_url` is where browsers reach the gateway. Returns `None` when the connector does not offer the grant.
#[must_use]
pub fn setup(connector: &Registration, grant: Option<GrantType>, public_url: &Url) -> Option<Setup> {
    let manifest = connector.manifest();
    if grant.is_some_and(|grant| !manifest.grants.contains(&grant)) {
        return None;
    }
    let callback_url = callback_url(public_url, manifest.key);
    let vendors = grant.map(|grant| connector.setup(&SetupContext { grant, callback_url: &callback_url }));
    let mut setup = vendors.unwrap_or_default();
    setup.steps.extend(here::steps(manifest.name, grant));
    Some(setup)
}

impl SetupFacts {
    /// Says of every step whether it is done. Without a grant it goes by the alias's, or the connector's first.
    ///
    /// Returns `None` when the connector does not offer the grant.
    #[must_use]
    pub fn steps(
        &self,
        connector: &Registration,
        grant: Option<GrantType>,
        public_url: &Url,
    ) -> Option<Vec<GuidedStep>> {
        let own = self.alias.as_ref().and_then(|alias| alias.grant_type);
        let grant = grant.or(own).or_else(|| connector.manifest().grants.first().copied());
        let steps = setup(connector, grant, public_url)?.steps;
        Some(steps.into_iter().map(|step| progress::judge(self, connector, grant, step)).collect())
    }
}

impl Engine {
    /// Lists the vendor's part of setting an alias up, for a person who has access there and none here.
    ///
    /// # Errors
    /// Refuses an alias that does not exist, and a grant that its connector does not offer.
    pub async fn vendor_steps(
        &self,
        alias: AliasId,
        grant: GrantType,
        public_url: &Url,
    ) -> Result<Vec<GuidedStep>, Denied> {
        let alias = self.alias(alias, "aliasId").await?;
        let connector = self.offered(&alias.connector)?;
        let facts = self.setup_facts(alias).await?;
        let steps = facts.steps(connector, Some(grant), public_url).ok_or_else(|| {
            let message = format!("connector {} does not offer {}", connector.manifest().key, grant.as_str());
            Refusal::new(RefusalCode::Unsupported, message).at(["grant"])
        })?;
        Ok(steps.into_iter().filter(|guided| guided.step.place == SetupPlace::Vendor).collect())
    }

    async fn setup_facts(&self, alias: Alias) -> Result<SetupFacts, store::Error> {
        let db = self.db();
        let parent = match alias.parent_id {
            Some(parent) => aliases::find(db, parent).await?,
            None => None,
        };
        let profile = profiles::by_alias(db, &[alias.id]).await?.remove(&alias.id).and_then(|mut all| all.pop());
        let mut facts = SetupFacts { alias: Some(alias), parent, profile, ..SetupFacts::default() };
        if let Some(id) = facts.profile.as_ref().map(|profile| profile.id) {
            facts.processes = self.processes(id).await?;
            facts.findings = findings::of_profiles(db, &[id]).await?.remove(&id).unwrap_or_default();
            facts.last_run = runs::last_of(db, &[id]).await?.remove(&id);
        }
        Ok(facts)
    }
}
