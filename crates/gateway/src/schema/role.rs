//! Roles, and their assignment to tokens, users and groups.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use seatgraph_store::{self as store, ProfileId, roles};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result, UserError};
use super::paging::{Connection, Paged, Paging};
use super::payload::payloads;
use super::profile::IntegrationProfile;
use super::scalars::DateTime;

/// Name and order of this list, part of its cursors.
const LISTING: &str = "roleAssignments by ASSIGNED_AT ASC";

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
        roles::count(&request.db).await.map_err(error::store)
    }
}

/// Returns a page of role assignments, oldest first.
pub(crate) async fn page(request: &RequestContext, paging: &Paging) -> Result<Connection<RoleAssignment>> {
    let rows = paging.read(LISTING)?;
    let page = roles::page(&request.db, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, (), RoleAssignment::from))
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
    RoleAssignmentPayload {
        held => store::Assignment { assignment: Some(held.into()) };
    }
}
