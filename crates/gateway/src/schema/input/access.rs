//! Who gets to do what: tokens and roles.

use async_graphql::{ID, InputObject, OneofObject};
use seatgraph_engine::access::{AssignRole, CreateToken, Holder, NewRoleGrant};
use seatgraph_store::{AssignmentId, TokenId};

use super::{Refused, parse_id};
use crate::schema::access::Role;
use crate::schema::command::Input;
use crate::schema::scalars::DateTime;
use crate::schema::scope::RequestScope;

/// A role, everywhere or on some profiles.
#[derive(Debug, InputObject)]
pub(crate) struct RoleGrantInput {
    /// The only profiles it counts for; all of them unless said otherwise.
    profile_ids: Option<Vec<ID>>,
    /// What may be done.
    role: Role,
}

/// A new API token.
#[derive(Debug, InputObject)]
pub(crate) struct CreateApiTokenInput {
    /// From when on it opens nothing. Left out, it lasts until it is revoked.
    expires_at: Option<DateTime>,
    /// What it is for.
    name: String,
    /// What it may do: at least one role.
    roles: Vec<RoleGrantInput>,
}

impl Input for CreateApiTokenInput {
    type Command = CreateToken;

    fn read(self, _: &RequestScope) -> Result<CreateToken, Refused> {
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

/// Which API token to revoke.
#[derive(Debug, InputObject)]
pub(crate) struct RevokeApiTokenInput {
    /// The token's global id.
    id: ID,
}

impl Input for RevokeApiTokenInput {
    type Command = TokenId;

    fn read(self, _: &RequestScope) -> Result<TokenId, Refused> {
        parse_id(&["id"], "token", &self.id)
    }
}

/// Who gets a role: exactly one of the three.
#[derive(Debug, OneofObject)]
pub(crate) enum RoleHolderInput {
    /// Everybody in a group, as the identity provider names it.
    Group(String),
    /// A person, by the subject that the identity provider knows it by.
    Person(String),
    /// An API token, by its global id.
    TokenId(ID),
}

/// A role for somebody.
#[derive(Debug, InputObject)]
pub(crate) struct AssignRoleInput {
    /// Who gets it.
    holder: RoleHolderInput,
    /// The only profile it counts for; all of them unless said otherwise.
    profile_id: Option<ID>,
    /// What may be done.
    role: Role,
}

impl Input for AssignRoleInput {
    type Command = AssignRole;

    fn read(self, _: &RequestScope) -> Result<AssignRole, Refused> {
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

/// Which role to take away.
#[derive(Debug, InputObject)]
pub(crate) struct RemoveRoleInput {
    /// The assignment's global id.
    id: ID,
}

impl Input for RemoveRoleInput {
    type Command = AssignmentId;

    fn read(self, _: &RequestScope) -> Result<AssignmentId, Refused> {
        parse_id(&["id"], "role", &self.id)
    }
}
