//! Inputs that create API tokens and grant roles.

use async_graphql::{ID, InputObject, OneofObject};
use seatgraph_engine::access::{AssignRole, CreateToken, Holder, NewRoleGrant};

use super::{Refused, parse_id};
use crate::schema::command::Input;
use crate::schema::context::RequestContext;
use crate::schema::role::Role;
use crate::schema::scalars::DateTime;

/// A role for all profiles or for some of them.
#[derive(Debug, InputObject)]
pub(crate) struct RoleGrantInput {
    /// Global IDs of the profiles that the role is limited to. Default: all profiles.
    profile_ids: Option<Vec<ID>>,
    /// The role.
    role: Role,
}

/// A new API token.
#[derive(Debug, InputObject)]
pub(crate) struct CreateApiTokenInput {
    /// Expiry time. If omitted, the token does not expire.
    expires_at: Option<DateTime>,
    /// Name of the token.
    name: String,
    /// Roles of the token. At least one is required.
    roles: Vec<RoleGrantInput>,
}

impl Input for CreateApiTokenInput {
    type Command = CreateToken;

    fn read(self, _: &RequestContext) -> Result<CreateToken, Refused> {
        let profile = |id: &ID| parse_id(&["roles"], "profile", id);
        let grant = |grant: RoleGrantInput| -> Result<NewRoleGrant, Refused> {
            let ids = grant.profile_ids.map(|ids| ids.iter().map(profile).collect()).transpose()?;
            Ok(NewRoleGrant { role: grant.role.into(), profile_ids: ids })
        };
        Ok(CreateToken {
            name: self.name,
            roles: self.roles.into_iter().map(grant).collect::<Result<_, _>>()?,
            expires_at: self.expires_at.map(|end| end.0),
        })
    }
}

/// The holder of a role. Exactly one field must be set.
#[derive(Debug, OneofObject)]
pub(crate) enum RoleHolderInput {
    /// Name of a group at the identity provider.
    Group(String),
    /// The user's `sub` claim of the identity provider.
    Person(String),
    /// Global ID of an API token.
    TokenId(ID),
}

/// A role to grant.
#[derive(Debug, InputObject)]
pub(crate) struct AssignRoleInput {
    /// The holder of the role.
    holder: RoleHolderInput,
    /// Global ID of the profile that the role is limited to. Default: all profiles.
    profile_id: Option<ID>,
    /// The role.
    role: Role,
}

impl Input for AssignRoleInput {
    type Command = AssignRole;

    fn read(self, _: &RequestContext) -> Result<AssignRole, Refused> {
        Ok(AssignRole {
            holder: match self.holder {
                RoleHolderInput::Group(name) => Holder::Group(name),
                RoleHolderInput::Person(subject) => Holder::Person(subject),
                RoleHolderInput::TokenId(id) => Holder::Token(parse_id(&["holder"], "token", &id)?),
            },
            role: self.role.into(),
            profile_id: self.profile_id.map(|id| parse_id(&["profileId"], "profile", &id)).transpose()?,
        })
    }
}
