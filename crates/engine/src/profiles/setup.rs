//! Setup steps, from registering an application to the first completed sync.
//!
//! The connector defines the steps at the vendor, [`here`] the steps in the gateway, and [`progress`] decides which are
//! done. No progress is stored: it follows from the current data. Therefore a setup can be interrupted at any time, and
//! a step that is undone later (a revoked secret or permission) is shown as not done.

mod here;
mod progress;

use seatgraph_core::{GrantType, PermissionSetDocument, Registration, Setup, SetupContext, SetupPlace, SetupStep};
use seatgraph_store::{
    self as store, Alias, AliasId, Profile, ProfileProcess, StoredFinding, SyncRun, aliases, profiles, runs,
};
use url::Url;

use crate::aliases::callback_url;
use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, Result};

/// A setup step with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuidedStep {
    /// The step.
    pub step: SetupStep,
    /// Whether the step is done, as far as the gateway can tell.
    pub done: bool,
    /// What to do next. `None` if the step is done.
    pub remedy: Option<String>,
}

/// What is done at the vendor to set a connection up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorSetup {
    /// The steps, in order.
    pub steps: Vec<GuidedStep>,
    /// Permission sets ready to import, the one with the fewest permissions first.
    pub permission_sets: Vec<PermissionSetDocument>,
}

/// Data from which the state of a setup is derived.
#[derive(Debug, Clone, Default)]
pub struct SetupFacts {
    /// The alias. `None` if the profile was deleted.
    pub alias: Option<Alias>,
    /// The parent of the alias.
    pub parent: Option<Alias>,
    /// The profile. `None` if the alias has none.
    pub profile: Option<Profile>,
    /// Processes of the profile.
    pub processes: Vec<ProfileProcess>,
    /// Findings of the last validation and the last run.
    pub findings: Vec<StoredFinding>,
    /// Newest run of the profile.
    pub last_run: Option<SyncRun>,
}

/// Returns all setup steps for `grant`. Without a grant, returns the steps of a connector that needs none.
///
/// `public_url` is the public URL of the gateway. Returns `None` if the connector does not support the grant.
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
    /// Returns all steps with their state. `grant` defaults to the grant of the alias, or to the connector's first.
    ///
    /// Returns `None` if the connector does not support the grant.
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
    /// Returns the vendor's part of setting an alias up, for a person who has access there and none here.
    ///
    /// # Errors
    /// Refuses an alias that does not exist, and a grant that its connector does not offer.
    pub async fn vendor_setup(
        &self,
        alias: AliasId,
        grant: GrantType,
        public_url: &Url,
    ) -> Result<VendorSetup, Denied> {
        let alias = self.alias(alias, "aliasId").await?;
        let connector = self.offered(&alias.connector)?;
        let facts = self.setup_facts(alias).await?;
        let setup = setup(connector, Some(grant), public_url).ok_or_else(|| {
            let message = format!("connector {} does not support {}", connector.manifest().key, grant.as_str());
            Refusal::new(RefusalCode::Unsupported, message).at(["grant"])
        })?;
        let steps = setup.steps.into_iter().filter(|step| step.place == SetupPlace::Vendor);
        let steps = steps.map(|step| progress::judge(&facts, connector, Some(grant), step)).collect();
        Ok(VendorSetup { steps, permission_sets: setup.permission_sets })
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
            facts.findings = profiles::findings(db, &[id]).await?.remove(&id).unwrap_or_default();
            facts.last_run = runs::last_of(db, &[id]).await?.remove(&id);
        }
        Ok(facts)
    }
}
