//! Access control: the viewer, API tokens and role assignments.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use seatgraph_core::Secret;
use seatgraph_engine::access::Permission as EnginePermission;
use seatgraph_store::{self as store, ProfileId, TokenId, roles, tokens};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result, UserError};
use super::loaders::RolesOf;
use super::paging::{Connection, Paged, Paging};
use super::payload::payloads;
use super::profile::IntegrationProfile;
use super::scalars::DateTime;

/// Name and order of the list of tokens, part of its cursors.
const TOKENS: &str = "apiTokens by CREATED_AT DESC";
/// Name and order of the list of role assignments, part of its cursors.
const ROLES: &str = "roleAssignments by ASSIGNED_AT ASC";

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Role")]
pub(crate) enum Role {
    /// Can read profiles, connections, runs and downloaded data.
    Viewer,
    /// Can read everything that VIEWER can, and the audit log.
    Auditor,
    /// Can read, run syncs and resolve identifiers.
    User,
    /// Can read. Approves reclaim requests when they are available.
    Approver,
    /// Can read, run syncs, resolve identifiers, and manage connection aliases, credentials and profiles.
    Integrator,
    /// Has all permissions, including access management.
    Admin,
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

/// Kind of a role's holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::HolderKind")]
pub(crate) enum HolderKind {
    /// An API token, identified by its ID.
    Token,
    /// A user, identified by the `sub` claim of the identity provider.
    Person,
    /// A group, identified by its name at the identity provider.
    Group,
}

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

/// An API token. The secret is returned only when the token is created.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiToken {
    /// Creation time.
    created_at: DateTime,
    /// Creator: ID of an API token, a user, or the command line.
    created_by: String,
    /// Expiry time. Null if the token does not expire.
    expires_at: Option<DateTime>,
    /// Last four characters of the token.
    hint: String,
    /// Global ID.
    pub(crate) id: ID,
    /// Time of last use, accurate to the minute. Null if the token has not been used.
    last_used_at: Option<DateTime>,
    /// Name of the token.
    name: String,
    /// Revocation time. Null if the token was not revoked.
    revoked_at: Option<DateTime>,
    #[graphql(skip)]
    key: TokenId,
}

impl From<store::ApiToken> for ApiToken {
    fn from(token: store::ApiToken) -> Self {
        Self {
            created_at: token.created_at.into(),
            created_by: token.created_by,
            expires_at: token.expires_at.map(DateTime),
            hint: token.hint,
            id: token.id.to_string().into(),
            last_used_at: token.last_used_at.map(DateTime),
            name: token.name,
            revoked_at: token.revoked_at.map(DateTime),
            key: token.id,
        }
    }
}

#[ComplexObject]
impl ApiToken {
    /// Roles of the token. The list is bounded by the token's role assignments.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<RoleAssignment>> {
        let held = ctx.request()?.load(RolesOf(self.key)).await?.unwrap_or_default();
        Ok(held.into_iter().map(RoleAssignment::from).collect())
    }
}

impl Paged for ApiToken {
    type Total = ();

    async fn count(request: &RequestContext, (): &()) -> Result<i64> {
        tokens::count(&request.db).await.map_err(|error| error::store(&error))
    }
}

/// Returns a page of API tokens, newest first.
pub(crate) async fn token_page(request: &RequestContext, paging: &Paging) -> Result<Connection<ApiToken>> {
    let rows = paging.read(TOKENS)?;
    let page = tokens::page(&request.db, &rows).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(TOKENS, page, (), ApiToken::from))
}

/// A role granted to a token, user or group.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct RoleAssignment {
    /// Time when the role was granted.
    assigned_at: DateTime,
    /// Granted by: ID of an API token, a user, or the command line.
    assigned_by: String,
    /// The holder: ID of an API token, a user's `sub` claim, or the name of a group.
    holder: String,
    /// Kind of the holder.
    holder_kind: HolderKind,
    /// Global ID.
    pub(crate) id: ID,
    /// The granted role.
    role: Role,
    #[graphql(skip)]
    only: Option<ProfileId>,
}

impl From<store::Assignment> for RoleAssignment {
    fn from(held: store::Assignment) -> Self {
        Self {
            assigned_at: held.assigned_at.into(),
            assigned_by: held.assigned_by,
            holder: held.holder,
            holder_kind: held.holder_kind.into(),
            id: held.id.to_string().into(),
            role: held.role.into(),
            only: held.profile_id,
        }
    }
}

#[ComplexObject]
impl RoleAssignment {
    /// Profile that the role is limited to. Null if the role applies to all profiles.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<IntegrationProfile>> {
        let Some(only) = self.only else { return Ok(None) };
        Ok(ctx.request()?.load(only).await?.map(IntegrationProfile::from))
    }
}

impl Paged for RoleAssignment {
    type Total = ();

    async fn count(request: &RequestContext, (): &()) -> Result<i64> {
        roles::count(&request.db).await.map_err(|error| error::store(&error))
    }
}

/// Returns a page of role assignments, oldest first.
pub(crate) async fn role_page(request: &RequestContext, paging: &Paging) -> Result<Connection<RoleAssignment>> {
    let rows = paging.read(ROLES)?;
    let page = roles::page(&request.db, &rows).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(ROLES, page, (), RoleAssignment::from))
}

/// Payload of `createApiToken`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct CreateApiTokenPayload {
    /// The token, for the `Authorization` header. It is returned only here. Null if the mutation was refused.
    secret: Option<String>,
    /// The new API token. Null if the mutation was refused.
    token: Option<ApiToken>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of `revokeApiToken`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ApiTokenPayload {
    /// The API token after the change. Null if the mutation was refused.
    token: Option<ApiToken>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of mutations that grant or remove a role.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct RoleAssignmentPayload {
    /// The granted or removed role assignment. Null if the mutation was refused.
    assignment: Option<RoleAssignment>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

payloads! {
    ApiTokenPayload {
        token => store::ApiToken { token: Some(token.into()) };
    }
    CreateApiTokenPayload {
        (token, secret) => (store::ApiToken, Secret) {
            token: Some(token.into()), secret: Some(secret.expose().to_owned())
        };
    }
    RoleAssignmentPayload {
        held => store::Assignment { assignment: Some(held.into()) };
    }
}
