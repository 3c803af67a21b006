//! What a command concerns: one profile, several behind an alias, or the gateway at large.

use seatgraph_store::{AliasId, AssignmentId, LinkId, ProfileId, RunId, Scope, TokenId, profiles};

use super::{Permission, Principal};
use crate::Engine;
use crate::refusal::Denied;

/// What a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Nothing that belongs to a profile.
    Gateway,
    /// A connection; `field` is where the input names it.
    Alias {
        /// Which one.
        id: AliasId,
        /// Where the input names it.
        field: &'static str,
    },
    /// A profile; `field` is where the input names it.
    Profile {
        /// Which one.
        id: ProfileId,
        /// Where the input names it.
        field: &'static str,
    },
    /// A sync run.
    Run(RunId),
    /// An API token.
    Token(TokenId),
    /// A role that somebody holds.
    Role(AssignmentId),
    /// A delegated link.
    Link(LinkId),
}

impl Subject {
    /// A profile that the input names as `id`.
    #[must_use]
    pub const fn profile(id: ProfileId) -> Self {
        Self::Profile { id, field: "id" }
    }

    /// A connection that the input names as `id`.
    #[must_use]
    pub const fn alias(id: AliasId) -> Self {
        Self::Alias { id, field: "id" }
    }

    /// Its global id; `None` for the gateway at large.
    #[must_use]
    pub fn id(self) -> Option<String> {
        Some(match self {
            Self::Gateway => return None,
            Self::Alias { id, .. } => id.to_string(),
            Self::Profile { id, .. } => id.to_string(),
            Self::Run(id) => id.to_string(),
            Self::Token(id) => id.to_string(),
            Self::Role(id) => id.to_string(),
            Self::Link(id) => id.to_string(),
        })
    }
}

/// The profiles that a command touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// What belongs to no profile, or to all of them.
    Everything,
    /// These. There is at least one.
    Profiles(Vec<ProfileId>),
}

impl Principal {
    /// Says whether it may do so to all that a command touches.
    #[must_use]
    pub fn may_reach(&self, permission: Permission, reach: &Reach) -> bool {
        match reach {
            Reach::Everything => self.may_everywhere(permission),
            Reach::Profiles(profiles) => profiles.iter().all(|&profile| self.may_on(permission, profile)),
        }
    }
}

impl Engine {
    /// Says what a command about `subject` touches. An alias reaches the profiles of its children too, and a child
    /// without a profile belongs to nobody in particular.
    ///
    /// # Errors
    /// Refuses a subject that does not exist, in the words of the command itself; for an engine that sees only a part
    /// ([`Engine::within`]) what lies outside does not exist.
    pub async fn reach(&self, subject: Subject) -> Result<Reach, Denied> {
        match subject {
            Subject::Gateway | Subject::Token(_) | Subject::Role(_) => Ok(Reach::Everything),
            Subject::Profile { id, field } => {
                let profile = self.profile(id).await.map_err(|denied| denied.at(field))?;
                Ok(Reach::Profiles(vec![profile.id]))
            }
            Subject::Run(id) => Ok(Reach::Profiles(vec![self.sync_run(id).await?.profile_id])),
            Subject::Alias { id, field } => self.reach_of_alias(id, field).await,
            Subject::Link(id) => self.reach_of_alias(self.delegated_link(id).await?.alias_id, "id").await,
        }
    }

    async fn reach_of_alias(&self, id: AliasId, field: &str) -> Result<Reach, Denied> {
        let alias = self.alias(id, field).await?;
        let whole = self.within(Scope::Everything);
        let children: Vec<_> = whole.children(alias.id).await?.iter().map(|child| child.id).collect();
        let mut family = children.clone();
        family.push(alias.id);
        let users = profiles::by_alias(whole.db(), &family).await?;
        if users.is_empty() || children.iter().any(|child| !users.contains_key(child)) {
            return Ok(Reach::Everything);
        }
        Ok(Reach::Profiles(users.into_values().flatten().map(|profile| profile.id).collect()))
    }
}
