//! Relations outside the joined listings: each key that a request asks for at the same time shares one statement.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use seatgraph_store::{
    self as store, AccountId, AliasId, AssignmentId, Error, IdentifierId, JobId, LinkId, ModelId, PoolId, ProfileId,
    RunId, ScopedDb, SubscriptionId, TokenId,
};

/// Loads by key what the caller of a request sees.
pub(crate) struct Loads(pub(crate) ScopedDb);

/// What a profile does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProcessesOf(pub(crate) ProfileId);

/// What is the matter with a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FindingsOf(pub(crate) ProfileId);

/// A profile's newest run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LastRunOf(pub(crate) ProfileId);

/// The delegated links of an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LinksOf(pub(crate) AliasId);

/// The profiles that use an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProfilesOf(pub(crate) AliasId);

/// A run's stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StagesOf(pub(crate) RunId);

/// What a run found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FindingsIn(pub(crate) RunId);

/// An account's newest activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ActivitiesOf(pub(crate) AccountId);

/// How many live subscriptions take a seat from a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AssignedOf(pub(crate) PoolId);

/// The models that a pool serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ModelsOf(pub(crate) PoolId);

/// The identifiers that stand for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IdentifiersOf(pub(crate) ModelId);

/// How many live subscriptions a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeatsOfModel(pub(crate) ModelId);

/// The roles of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RolesOf(pub(crate) TokenId);

/// How many live subscriptions an identifier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeatsOf(pub(crate) IdentifierId);

/// One loader for each line: the key, what it stands for, and the statement that finds it for many keys at once.
macro_rules! loads {
    ($($key:ty => $value:ty, $statement:path;)*) => {$(
        impl Loader<$key> for Loads {
            type Value = $value;
            type Error = Arc<Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Arc<Error>> {
                $statement(&self.0, keys).await.map_err(Arc::new)
            }
        }
    )*};
}

/// The same for keys that name a relation of what their id names.
macro_rules! relations {
    ($($key:ident => $value:ty, $statement:path;)*) => {$(
        impl Loader<$key> for Loads {
            type Value = $value;
            type Error = Arc<Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Arc<Error>> {
                let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
                let found = $statement(&self.0, &ids).await.map_err(Arc::new)?;
                Ok(found.into_iter().map(|(id, value)| ($key(id), value)).collect())
            }
        }
    )*};
}

loads! {
    AccountId => store::Account, store::accounts::find_many;
    AssignmentId => store::Assignment, store::roles::find_many;
    AliasId => store::Alias, store::aliases::find_many;
    IdentifierId => store::IdentifierRow, store::identifiers::find_many;
    JobId => store::Job, store::jobs::find_many;
    LinkId => store::DelegatedLink, store::delegations::find_many;
    ModelId => store::Model, store::models::find_many;
    PoolId => store::PoolRow, store::pools::find_many;
    ProfileId => store::Profile, store::profiles::find_many;
    RunId => store::SyncRun, store::runs::find_many;
    SubscriptionId => store::SubscriptionRow, store::subscriptions::find_many;
    TokenId => store::ApiToken, store::tokens::find_many;
}

relations! {
    ActivitiesOf => Vec<store::ActivityRow>, store::accounts::activities;
    AssignedOf => i64, store::pools::assigned;
    FindingsIn => Vec<store::StoredFinding>, store::findings::of_runs;
    FindingsOf => Vec<store::StoredFinding>, store::profiles::findings;
    IdentifiersOf => Vec<store::IdentifierRow>, store::models::identifiers;
    LastRunOf => store::SyncRun, store::runs::last_of;
    LinksOf => Vec<store::DelegatedLink>, store::delegations::of_aliases;
    ModelsOf => Vec<store::Model>, store::pools::models;
    ProcessesOf => Vec<store::ProfileProcess>, store::profiles::processes;
    ProfilesOf => Vec<store::Profile>, store::profiles::by_alias;
    RolesOf => Vec<store::Assignment>, store::roles::of_tokens;
    SeatsOf => i64, store::identifiers::subscription_counts;
    SeatsOfModel => i64, store::models::subscription_counts;
    StagesOf => Vec<store::Stage>, store::runs::stages;
}
