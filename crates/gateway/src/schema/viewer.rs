//! The authenticated caller, with roles and permissions.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use seatgraph_engine::access::Permission as EnginePermission;
use seatgraph_store::ProfileId;

use super::context::{HasRequest as _, RequestContext};
use super::error::Result;
use super::profile::IntegrationProfile;
use super::role::Role;

/// The authenticated caller.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Viewer {
    /// Display name of the caller.
    name: String,
    /// Permissions that the caller has for at least one profile.
    permissions: Vec<Permission>,
    /// Roles that the caller has, without duplicates.
    roles: Vec<Role>,
    #[graphql(skip)]
    only: Option<Vec<ProfileId>>,
}

#[ComplexObject]
impl Viewer {
    /// Profiles that the caller is limited to, without deleted ones. Null if the caller can see all profiles. The list
    /// is bounded by the caller's role assignments.
    async fn profiles(&self, ctx: &Context<'_>) -> Result<Option<Vec<IntegrationProfile>>> {
        let Some(only) = &self.only else { return Ok(None) };
        let mut profiles = Vec::new();
        for id in only {
            let found = ctx.request()?.load(*id).await?.filter(|profile| profile.deleted_at.is_none());
            profiles.extend(found.map(IntegrationProfile::from));
        }
        Ok(Some(profiles))
    }
}

/// Describes the caller.
pub(crate) fn viewer(request: &RequestContext) -> Viewer {
    let principal = &request.principal;
    Viewer {
        name: principal.name().to_owned(),
        permissions: principal.permissions().into_iter().map(Permission::from).collect(),
        roles: principal.roles().into_iter().map(Role::from).collect(),
        only: principal.visibility().profiles.only().map(<[ProfileId]>::to_vec),
    }
}

/// A permission. Roles are sets of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "EnginePermission")]
pub(crate) enum Permission {
    /// Read profiles, connections, runs and downloaded data.
    Read,
    /// Read the audit log.
    ReadAudit,
    /// Start, cancel and confirm sync runs.
    RunSyncs,
    /// Resolve unrecognized identifiers.
    ResolveIdentifiers,
    /// Create, change, validate, publish, pause and delete profiles.
    ManageProfiles,
    /// Create, change and delete connection aliases and set their credentials.
    ManageAliases,
    /// Manage API tokens and role assignments.
    ManageAccess,
    /// Introspect the schema if introspection is restricted.
    Introspect,
}
