//! Objects with a global ID.

use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{ID, Interface};
use seatgraph_engine::access::Permission;
use seatgraph_store::{
    AccountId, AliasId, AssignmentId, IdentifierId, JobId, LinkId, ModelId, PoolId, ProfileId, RunId, SubscriptionId,
    TokenId,
};

use super::account::Account;
use super::alias::ConnectionAlias;
use super::api_token::ApiToken;
use super::connector::Connector;
use super::context::RequestContext;
use super::delegated_link::DelegatedLink;
use super::error::Result;
use super::identifier::UnrecognizedIdentifier;
use super::job::Job;
use super::loaders::Loaders;
use super::model::SoftwareModel;
use super::pool::LicensePool;
use super::profile::IntegrationProfile;
use super::role::RoleAssignment;
use super::run::SyncRun;
use super::subscription_row::SoftwareSubscription;

/// An object with a global ID.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "id", ty = "&ID", desc = "Opaque global ID, unique across all types. It never changes."))]
pub(crate) enum Node {
    Account(Account),
    ApiToken(ApiToken),
    Connector(Connector),
    Job(Job),
    Alias(ConnectionAlias),
    Link(DelegatedLink),
    Profile(IntegrationProfile),
    Pool(LicensePool),
    Model(SoftwareModel),
    Subscription(SoftwareSubscription),
    Role(RoleAssignment),
    Run(SyncRun),
    Identifier(UnrecognizedIdentifier),
}

/// Finds the object with a global ID. Returns `None` if it does not exist or the caller may not see it.
pub(crate) async fn find(request: &RequestContext, id: &str) -> Result<Option<Node>> {
    match id.split_once('_').map_or("", |(prefix, _)| prefix) {
        // Jobs are for administrators, also those of profiles that the caller sees.
        JobId::PREFIX if !request.principal.may_everywhere(Permission::ManageAccess) => Ok(None),
        TokenId::PREFIX => row::<TokenId, ApiToken>(request, id).await,
        AssignmentId::PREFIX => row::<AssignmentId, RoleAssignment>(request, id).await,
        AccountId::PREFIX => row::<AccountId, Account>(request, id).await,
        AliasId::PREFIX => row::<AliasId, ConnectionAlias>(request, id).await,
        JobId::PREFIX => row::<JobId, Job>(request, id).await,
        LinkId::PREFIX => row::<LinkId, DelegatedLink>(request, id).await,
        ProfileId::PREFIX => row::<ProfileId, IntegrationProfile>(request, id).await,
        PoolId::PREFIX => row::<PoolId, LicensePool>(request, id).await,
        ModelId::PREFIX => row::<ModelId, SoftwareModel>(request, id).await,
        RunId::PREFIX => row::<RunId, SyncRun>(request, id).await,
        IdentifierId::PREFIX => row::<IdentifierId, UnrecognizedIdentifier>(request, id).await,
        SubscriptionId::PREFIX => {
            let Ok(id) = id.parse::<SubscriptionId>() else { return Ok(None) };
            let found = request.load(id).await?;
            Ok(found.map(|row| SoftwareSubscription::of(row, request.now).into()))
        }
        _ => {
            let registration = Connector::key_of(id).and_then(|key| request.engine.connector(key));
            Ok(registration.map(|registration| Connector::from(registration).into()))
        }
    }
}

/// Finds a row by its ID and converts it.
async fn row<K, T>(request: &RequestContext, id: &str) -> Result<Option<Node>>
where
    K: FromStr + Hash + Eq + Clone + Send + Sync + 'static,
    Loaders: Loader<K, Error = Arc<seatgraph_store::Error>>,
    T: From<<Loaders as Loader<K>>::Value> + Into<Node>,
{
    let Ok(id) = id.parse::<K>() else { return Ok(None) };
    Ok(request.load(id).await?.map(|row| T::from(row).into()))
}
