//! Targets of commands, and the profiles that they affect.

use seatgraph_store::{AliasId, AssignmentId, LinkId, ProfileId, Reader, RunId, TokenId, profiles};

use super::{Permission, Principal};
use crate::refusal::Denied;
use crate::{Engine, find};

/// The target of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandTarget {
    /// The gateway; nothing that belongs to a profile.
    Gateway,
    /// An alias.
    Alias {
        /// ID.
        id: AliasId,
        /// Name of the input field.
        field: &'static str,
    },
    /// A profile.
    Profile {
        /// ID.
        id: ProfileId,
        /// Name of the input field.
        field: &'static str,
    },
    /// A sync run.
    Run(RunId),
    /// An API token.
    Token(TokenId),
    /// A role assignment.
    Role(AssignmentId),
    /// A delegated link.
    Link(LinkId),
}

impl CommandTarget {
    /// The profile in the input field `id`.
    #[must_use]
    pub const fn profile(id: ProfileId) -> Self {
        Self::Profile { id, field: "id" }
    }

    /// The alias in the input field `id`.
    #[must_use]
    pub const fn alias(id: AliasId) -> Self {
        Self::Alias { id, field: "id" }
    }

    /// Its global ID; `None` for the gateway.
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
    /// Whether it has a permission for all affected profiles.
    #[must_use]
    pub fn may_affect(&self, permission: Permission, affected: &AffectedProfiles) -> bool {
        match affected {
            AffectedProfiles::All => self.may_everywhere(permission),
            AffectedProfiles::Only(profiles) => profiles.iter().all(|&profile| self.may_on(permission, profile)),
        }
    }
}

impl Engine {
    /// Returns the profiles that a command with `target` affects, for a caller who sees `seen`.
    /// An alias affects the profiles of its children too, seen or not; a child without a profile belongs to no profile.
    ///
    /// # Errors
    /// Refuses a target outside `seen`, like one that does not exist.
    pub(crate) async fn affected_profiles(
        &self,
        seen: &Reader,
        target: CommandTarget,
    ) -> Result<AffectedProfiles, Denied> {
        match target {
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
