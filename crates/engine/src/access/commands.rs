//! Commands on tokens and roles.

use chrono::{DateTime, Utc};
use seatgraph_core::Secret;
use seatgraph_store::{
    self as store, ApiToken, Assignment, AssignmentId, HolderKind, ProfileId, Role, TokenId, profiles, roles, tokens,
};

use super::{Principal, PrincipalId, token};
use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, Result};

/// The longest name of a token, in characters.
const NAME_LENGTH: usize = 100;

/// A role to grant, for all profiles or for some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoleGrant {
    /// The role.
    pub role: Role,
    /// The profiles that it is limited to; `None` for all.
    pub profile_ids: Option<Vec<ProfileId>>,
}

/// A new token.
#[derive(Debug, Clone)]
pub struct CreateToken {
    /// Display name.
    pub name: String,
    /// Its roles.
    pub roles: Vec<NewRoleGrant>,
    /// Expiry time; `None` if it does not expire.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A role holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// An API token.
    Token(TokenId),
    /// A user, by the `sub` claim of the identity provider.
    Person(String),
    /// A group of the identity provider.
    Group(String),
}

/// A role assignment to create.
#[derive(Debug, Clone)]
pub struct AssignRole {
    /// The holder.
    pub holder: Holder,
    /// The role.
    pub role: Role,
    /// The profile that it is limited to; `None` for all.
    pub profile_id: Option<ProfileId>,
}

impl Engine {
    /// Authenticates an API token; `None` if it is unknown, revoked or expired.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn recognize_token(&self, text: &Secret) -> Result<Option<Principal>> {
        let Some(id) = token::id_of(text.expose()) else { return Ok(None) };
        let found = tokens::recognize(self.db(), id, text.expose()).await?;
        Ok(found.map(|(token, held)| Principal::new(PrincipalId::Token(token.id), token.name, held)))
    }

    /// Returns the principal of a user authenticated by the identity provider, with the roles of its groups.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn recognize_person(&self, subject: &str, name: &str, groups: &[String]) -> Result<Principal> {
        let held = roles::of_person(self.db(), subject, groups).await?;
        Ok(Principal::new(PrincipalId::Person(subject.to_owned()), name, held))
    }

    /// Creates a token. This is the only time that its text is returned.
    ///
    /// # Errors
    /// Refuses an empty or too long name, a missing role, an expiry time in the past, and unknown profiles.
    pub async fn create_token(&self, by: &Principal, input: CreateToken) -> Result<(ApiToken, Secret), Denied> {
        let now = self.db().now().await?;
        let name = input.name.trim().to_owned();
        let mut faults: Vec<_> = fault_of_name(&name).into_iter().collect();
        if input.roles.is_empty() {
            faults.push(refused(RefusalCode::Required, "the token has no role; name at least one", "roles"));
        }
        if input.expires_at.is_some_and(|end| end <= now) {
            faults.push(refused(
                RefusalCode::Invalid,
                "the expiry time is in the past; enter a later time",
                "expiresAt",
            ));
        }
        if input.roles.iter().any(|grant| grant.profile_ids.as_ref().is_some_and(Vec::is_empty)) {
            let message = "the list of profiles is empty; name profiles, or omit the list for all profiles";
            faults.push(refused(RefusalCode::Required, message, "roles"));
        }
        if !faults.is_empty() {
            return Err(Denied::Refused(faults));
        }
        let id = TokenId::generate();
        let text = token::mint(id);
        let token = ApiToken {
            id,
            name,
            hint: token::hint(text.expose()),
            created_by: by.key(),
            created_at: now,
            expires_at: input.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let mut held = Vec::new();
        for grant in input.roles {
            for profile_id in places(grant.profile_ids) {
                self.known_profile(profile_id, "roles").await?;
                held.push(assignment(by, &Holder::Token(id), grant.role, profile_id, now));
            }
        }
        tokens::insert(self.db(), &token, text.expose(), &held).await.map_err(taken)?;
        Ok((token, text))
    }

    /// Revokes a token for good.
    ///
    /// # Errors
    /// Refuses one that does not exist.
    pub async fn revoke_token(&self, id: TokenId) -> Result<ApiToken, Denied> {
        match tokens::revoke(self.db(), id).await {
            Err(store::Error::NotFound { .. }) => Err(Denied::not_found(&format!("token {id}"), "id")),
            revoked => Ok(revoked?),
        }
    }

    /// Grants a role.
    ///
    /// # Errors
    /// Refuses a holder without a name, a token or profile that does not exist, and a role that the holder has.
    pub async fn assign_role(&self, by: &Principal, input: AssignRole) -> Result<Assignment, Denied> {
        match &input.holder {
            Holder::Token(id) if tokens::find_many(self.db(), &[*id]).await?.is_empty() => {
                return Err(Denied::not_found(&format!("token {id}"), "holder"));
            }
            Holder::Person(name) | Holder::Group(name) if name.trim().is_empty() => {
                return Err(refused(RefusalCode::Required, "the holder is empty; enter a name", "holder").into());
            }
            _ => {}
        }
        self.known_profile(input.profile_id, "profileId").await?;
        let now = self.db().now().await?;
        let assignment = assignment(by, &input.holder, input.role, input.profile_id, now);
        roles::insert(self.db(), &assignment).await.map_err(taken)?;
        Ok(assignment)
    }

    /// Revokes a role, from the next request on. Open streams end.
    ///
    /// # Errors
    /// Refuses an unknown assignment.
    pub async fn remove_role(&self, id: AssignmentId) -> Result<Assignment, Denied> {
        match roles::remove(self.db(), id).await {
            Err(store::Error::NotFound { .. }) => Err(Denied::not_found(&format!("role {id}"), "id")),
            removed => Ok(removed?),
        }
    }

    async fn known_profile(&self, id: Option<ProfileId>, field: &str) -> Result<(), Denied> {
        let Some(id) = id else { return Ok(()) };
        let found = profiles::find(self.db(), id).await?.filter(|profile| profile.deleted_at.is_none());
        found.map(|_| ()).ok_or_else(|| Denied::not_found(&format!("profile {id}"), field))
    }
}

/// The profiles of the assignments to create: `None` for all.
fn places(profiles: Option<Vec<ProfileId>>) -> Vec<Option<ProfileId>> {
    profiles.map_or_else(|| vec![None], |profiles| profiles.into_iter().map(Some).collect())
}

fn assignment(
    by: &Principal,
    holder: &Holder,
    role: Role,
    profile_id: Option<ProfileId>,
    at: DateTime<Utc>,
) -> Assignment {
    let (holder_kind, holder) = match holder {
        Holder::Token(id) => (HolderKind::Token, id.to_string()),
        Holder::Person(subject) => (HolderKind::Person, subject.trim().to_owned()),
        Holder::Group(name) => (HolderKind::Group, name.trim().to_owned()),
    };
    Assignment {
        id: AssignmentId::generate(),
        holder_kind,
        holder,
        role,
        profile_id,
        assigned_by: by.key(),
        assigned_at: at,
    }
}

fn fault_of_name(name: &str) -> Option<Refusal> {
    if name.is_empty() {
        return Some(refused(RefusalCode::Required, "the name is empty; enter a name", "name"));
    }
    let long = name.chars().count() > NAME_LENGTH;
    long.then(|| {
        refused(RefusalCode::Invalid, &format!("the name is too long; the maximum is {NAME_LENGTH} characters"), "name")
    })
}

fn taken(error: store::Error) -> Denied {
    if error.is_conflict_with("role_assignments_everywhere") || error.is_conflict_with("role_assignments_once") {
        return refused(RefusalCode::Conflict, "the holder already has this role", "role").into();
    }
    error.into()
}

fn refused(code: RefusalCode, message: &str, field: &str) -> Refusal {
    Refusal::new(code, message).at([field])
}
