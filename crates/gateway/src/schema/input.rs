//! The inputs of mutations, and how they become commands of the engine.

mod access;
mod alias;
mod credential;
mod identifier;
mod profile;
mod sync;

use std::str::FromStr;

use async_graphql::{ID, InputObject};
use seatgraph_store::{AliasId, AssignmentId, LinkId, ProfileId, RunId, TokenId};

pub(crate) use self::access::{AssignRoleInput, CreateApiTokenInput};
pub(crate) use self::alias::{CreateConnectionAliasInput, UpdateConnectionAliasInput};
pub(crate) use self::credential::{
    BeginAuthorizationInput, CreateDelegatedLinkInput, SetClientCredentialsInput, SetJwtBearerInput,
};
pub(crate) use self::identifier::ResolveIdentifierInput;
pub(crate) use self::profile::{CreateProfileInput, UpdateProfileInput};
pub(crate) use self::sync::StartSyncInput;
use super::command::Input;
use super::context::RequestContext;
use super::error::UserError;

type Refused = Vec<UserError>;

/// Makes inputs that consist of an ID: the type of the ID, and what a refusal calls its object.
macro_rules! id_inputs {
    ($(
        $(#[doc = $doc:literal])+
        $input:ident: $id:ty, $object:literal, $description:literal;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, InputObject)]
        pub(crate) struct $input {
            #[doc = $description]
            id: ID,
        }

        impl Input for $input {
            type Command = $id;

            fn read(self, _: &RequestContext) -> Result<$id, Refused> {
                parse_id(&["id"], $object, &self.id)
            }
        }
    )+};
}

id_inputs! {
    /// Identifies the connection alias to delete.
    DeleteConnectionAliasInput: AliasId, "connection alias",
        "Global ID of the alias. No profile and no child alias may use it.";

    /// Identifies the connection alias to disconnect.
    DisconnectAliasInput: AliasId, "connection alias", "Global ID of the alias.";

    /// Identifies a profile.
    ProfileInput: ProfileId, "profile", "Global ID of the profile.";

    /// Identifies the role assignment to remove.
    RemoveRoleInput: AssignmentId, "role", "Global ID of the role assignment.";

    /// Identifies the API token to revoke.
    RevokeApiTokenInput: TokenId, "token", "Global ID of the API token.";

    /// Identifies the delegated link to revoke.
    RevokeDelegatedLinkInput: LinkId, "delegated link", "Global ID of the delegated link.";

    /// Identifies a sync run.
    RunInput: RunId, "run", "Global ID of the sync run.";
}

/// Parses an ID. An ID of another type is refused like one that does not exist.
fn parse_id<I: FromStr>(field: &[&str], object: &str, id: &ID) -> Result<I, Refused> {
    id.parse().map_err(|_| vec![UserError::not_found(field, object)])
}
