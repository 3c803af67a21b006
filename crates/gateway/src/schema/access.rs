//! Who may do what, as people see and change it: the viewer, API tokens and roles.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use seatgraph_core::Secret;
use seatgraph_engine::access::Permission as EnginePermission;
use seatgraph_store::{self as store, ProfileId, TokenId, roles, tokens};

use super::error::{self, Result, UserError};
use super::loaders::RolesOf;
use super::paging::{Connection, Listed, Paging};
use super::payload::payloads;
use super::profile::IntegrationProfile;
use super::scalars::DateTime;
use super::scope::{RequestScope, Scoped as _};

/// How tokens are ordered, for their cursors.
const TOKENS: &str = "apiTokens by CREATED_AT DESC";
/// How roles are ordered, for their cursors.
const ROLES: &str = "roleAssignments by ASSIGNED_AT ASC";

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Role")]
pub(crate) enum Role {
    /// Looks at everything that was downloaded.
    Viewer,
    /// Looks, and reads who did what.
    Auditor,
    /// Works with licences: syncs, resolves, asks for reclaims.
    User,
    /// Says yes or no to what users ask for.
    Approver,
    /// Connects organisations: aliases, credentials, profiles.
    Integrator,
    /// Everything, and who may do what.
    Admin,
}

/// What a role stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "EnginePermission")]
pub(crate) enum Permission {
    /// Reading profiles, connections, runs, and all that was downloaded.
    Read,
    /// Reading who did what.
    ReadAudit,
    /// Starting, cancelling and confirming sync runs.
    RunSyncs,
    /// Saying what an identifier stands for.
    ResolveIdentifiers,
    /// Creating, changing, validating, publishing, pausing and deleting profiles.
    ManageProfiles,
    /// Creating, changing and deleting connections, and giving them credentials.
    ManageAliases,
    /// Saying who may do what: tokens and roles.
    ManageAccess,
    /// Reading the schema by introspection where that is switched off.
    Introspect,
}

/// What sort of holder a role has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::HolderKind")]
pub(crate) enum HolderKind {
    /// An API token, by its id.
    Token,
    /// A person, by the subject that the identity provider knows it by.
    Person,
    /// Everybody in a group, as the identity provider names it.
    Group,
}

/// Whoever asks.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Viewer {
    /// What the gateway calls it.
    name: String,
    /// What it may do somewhere at least.
    permissions: Vec<Permission>,
    /// The roles it holds, each once.
    roles: Vec<Role>,
    #[graphql(skip)]
    only: Option<Vec<ProfileId>>,
}

#[ComplexObject]
impl Viewer {
    /// The only profiles that it sees, deleted ones left out; null when it sees all.
    async fn profiles(&self, ctx: &Context<'_>) -> Result<Option<Vec<IntegrationProfile>>> {
        let Some(only) = &self.only else { return Ok(None) };
        let mut profiles = Vec::new();
        for id in only {
            let found = ctx.scope()?.load(*id).await?.filter(|profile| profile.deleted_at.is_none());
            profiles.extend(found.map(IntegrationProfile::from));
        }
        Ok(Some(profiles))
    }
}

/// Shows whoever asks.
pub(crate) fn viewer(scope: &RequestScope) -> Viewer {
    let principal = &scope.principal;
    Viewer {
        name: principal.name().to_owned(),
        permissions: principal.permissions().into_iter().map(Permission::from).collect(),
        roles: principal.roles().into_iter().map(Role::from).collect(),
        only: principal.visibility().profiles.only().map(<[ProfileId]>::to_vec),
    }
}

/// What is known of an API token; never the token.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiToken {
    /// When it was made.
    created_at: DateTime,
    /// Who made it: a token's id, a person, or the command line.
    created_by: String,
    /// From when on it opens nothing; null for one that lasts until it is revoked.
    expires_at: Option<DateTime>,
    /// The last four characters of the token, by which people tell theirs apart.
    hint: String,
    /// The global id.
    pub(crate) id: ID,
    /// When it was last used, to the minute; null for never.
    last_used_at: Option<DateTime>,
    /// What people call it.
    name: String,
    /// When it was revoked; null for one that is good.
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
    /// What it may do.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<RoleAssignment>> {
        let held = ctx.scope()?.load(RolesOf(self.key)).await?.unwrap_or_default();
        Ok(held.into_iter().map(RoleAssignment::from).collect())
    }
}

impl Listed for ApiToken {
    type Total = ();

    async fn count(scope: &RequestScope, (): &()) -> Result<i64> {
        tokens::count(&scope.db).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of tokens, the newest first.
pub(crate) async fn token_page(scope: &RequestScope, paging: &Paging) -> Result<Connection<ApiToken>> {
    let request = paging.read(TOKENS)?;
    let page = tokens::page(&scope.db, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(TOKENS, page, (), ApiToken::from))
}

/// A role in somebody's hands.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct RoleAssignment {
    /// When it was given.
    assigned_at: DateTime,
    /// Who gave it.
    assigned_by: String,
    /// A token's id, a person's subject at the identity provider, or a group as the provider names it.
    holder: String,
    /// What sort of holder it is.
    holder_kind: HolderKind,
    /// The global id.
    pub(crate) id: ID,
    /// What the holder may do.
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
    /// The only profile it counts for; null when it counts for all.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<IntegrationProfile>> {
        let Some(only) = self.only else { return Ok(None) };
        Ok(ctx.scope()?.load(only).await?.map(IntegrationProfile::from))
    }
}

impl Listed for RoleAssignment {
    type Total = ();

    async fn count(scope: &RequestScope, (): &()) -> Result<i64> {
        roles::count(&scope.db).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of roles, the oldest first.
pub(crate) async fn role_page(scope: &RequestScope, paging: &Paging) -> Result<Connection<RoleAssignment>> {
    let request = paging.read(ROLES)?;
    let page = roles::page(&scope.db, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(ROLES, page, (), RoleAssignment::from))
}

/// The outcome of making an API token.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct CreateApiTokenPayload {
    /// The token itself, for the `Authorization` header: it is shown here and nowhere else. Null when none was made.
    secret: Option<String>,
    /// What is known of it from now on; null when none was made.
    token: Option<ApiToken>,
    /// Why none was made; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of a change of an API token.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ApiTokenPayload {
    /// The token as it is now; null when the change was refused.
    token: Option<ApiToken>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of giving or taking a role.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct RoleAssignmentPayload {
    /// The assignment, as it is or was; null when the change was refused.
    assignment: Option<RoleAssignment>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

payloads! {
    ApiTokenPayload: token => store::ApiToken { token: Some(token.into()) };
    CreateApiTokenPayload: (token, secret) => (store::ApiToken, Secret) {
        token: Some(token.into()), secret: Some(secret.expose().to_owned())
    };
    RoleAssignmentPayload: held => store::Assignment { assignment: Some(held.into()) };
}
