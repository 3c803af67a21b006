//! What a command concerns: one profile, several behind an alias, or the gateway at large.

use seatgraph_store::{AliasId, AssignmentId, LinkId, ProfileId, Reader, RunId, TokenId, profiles};

use super::{Permission, Principal};
use crate::refusal::Denied;
use crate::{Engine, find};

/// What a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandTarget {
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

impl CommandTarget {
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

/// The profiles that a command affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AffectedProfiles {
    /// All of them, or records that belong to none.
    All,
    /// These. There is at least one.
    Only(Vec<ProfileId>),
}

impl Principal {
    /// Says whether it holds a permission for all that a command affects.
    #[must_use]
    pub fn may_affect(&self, permission: Permission, affected: &AffectedProfiles) -> bool {
        match affected {
            AffectedProfiles::All => self.may_everywhere(permission),
            AffectedProfiles::Only(profiles) => profiles.iter().all(|&profile| self.may_on(permission, profile)),
        }
    }
}

impl Engine {
    /// Returns the profiles that a command about `subject` affects, for a caller who names the subject through `seen`.
    /// An alias affects the profiles of its children too, seen or not; a child without a profile belongs to no profile.
    ///
    /// # Errors
    /// Refuses a subject that `seen` does not include, in the words of the command itself.
    pub(crate) async fn affected_profiles(
        &self,
        seen: &Reader,
        subject: CommandTarget,
    ) -> Result<AffectedProfiles, Denied> {
        match subject {
            CommandTarget::Gateway | CommandTarget::Token(_) | CommandTarget::Role(_) => Ok(AffectedProfiles::All),
            CommandTarget::Profile { id, field } => {
                let profile = find::profile(seen, id).await.map_err(|denied| denied.at(field))?;
                Ok(AffectedProfiles::Only(vec![profile.id]))
            }
            CommandTarget::Run(id) => Ok(AffectedProfiles::Only(vec![find::sync_run(seen, id).await?.profile_id])),
            CommandTarget::Alias { id, field } => {
                let alias = find::alias(seen, id, field).await?;
                self.profiles_of_family(alias.id).await
            }
            CommandTarget::Link(id) => {
                let link = find::delegated_link(seen, id).await?;
                self.profiles_of_family(link.alias_id).await
            }
        }
    }

    async fn profiles_of_family(&self, alias: AliasId) -> Result<AffectedProfiles, Denied> {
        let children: Vec<_> = self.children(alias).await?.iter().map(|child| child.id).collect();
        let mut family = children.clone();
        family.push(alias);
        let users = profiles::by_alias(self.db(), &family).await?;
        if users.is_empty() || children.iter().any(|child| !users.contains_key(child)) {
            return Ok(AffectedProfiles::All);
        }
        Ok(AffectedProfiles::Only(users.into_values().flatten().map(|profile| profile.id).collect()))
    }
}
