//! Loaders of objects and relations. All keys that a request needs at the same time are loaded with one statement.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use seatgraph_store::{
    self as store, AccountId, AliasId, AssignmentId, Error, IdentifierId, JobId, LinkId, ModelId, PoolId, ProfileId,
    RunId, ScopedDb, SubscriptionId, TokenId,
};

/// Loads objects and relations by key, limited to what the caller may see.
pub(crate) struct Loaders(pub(crate) ScopedDb);

/// Processes of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProcessesOf(pub(crate) ProfileId);

/// Current findings of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FindingsOf(pub(crate) ProfileId);

/// Newest run of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LastRunOf(pub(crate) ProfileId);

/// Delegated links of an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LinksOf(pub(crate) AliasId);

/// Profiles that use an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProfilesOf(pub(crate) AliasId);

/// Stages of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StagesOf(pub(crate) RunId);

/// Findings of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FindingsIn(pub(crate) RunId);

/// Newest activities of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ActivitiesOf(pub(crate) AccountId);

/// Number of current subscriptions that use a seat of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AssignedOf(pub(crate) PoolId);

/// Software models of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ModelsOf(pub(crate) PoolId);

/// Identifiers that map to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IdentifiersOf(pub(crate) ModelId);

/// Number of current subscriptions of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeatsOfModel(pub(crate) ModelId);

/// Roles of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RolesOf(pub(crate) TokenId);

/// Number of current subscriptions with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeatsOfIdentifier(pub(crate) IdentifierId);

/// Makes one loader per line: the key, its value, and the statement that loads the values of many keys.
macro_rules! loaders {
    ($($key:ty => $value:ty, $statement:path;)*) => {$(
        impl Loader<$key> for Loaders {
            type Value = $value;
            type Error = Arc<Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Arc<Error>> {
                $statement(&self.0, keys).await.map_err(Arc::new)
            }
        }
    )*};
}

/// Makes one loader per line for keys that identify a relation of an object.
macro_rules! relations {
    ($($key:ident => $value:ty, $statement:path;)*) => {$(
        impl Loader<$key> for Loaders {
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

loaders! {
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
    SeatsOfIdentifier => i64, store::identifiers::subscription_counts;
    SeatsOfModel => i64, store::models::subscription_counts;
    StagesOf => Vec<store::Stage>, store::runs::stages;
}
