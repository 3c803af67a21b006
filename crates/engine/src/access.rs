//! Who asks, and what they may do.
//!
//! A principal holds roles, each everywhere or on some profiles; a role stands for permissions. What a principal may
//! not see does not exist for it; what it sees and may not do is refused by name of the permission.

mod affected;
mod commands;
mod token;

use std::collections::BTreeSet;

use seatgraph_store::{AccessVisibility, ProfileId, ProfileSet, Role, RoleGrant, TokenId, Visibility};

pub use affected::{AffectedProfiles, CommandTarget};
pub use commands::{AssignRole, CreateToken, Holder, NewRoleGrant};

/// Something that somebody may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read profiles, connections, runs, and all that was downloaded.
    Read,
    /// Read who did what.
    ReadAudit,
    /// Start, cancel and confirm sync runs.
    RunSyncs,
    /// Say what an identifier stands for.
    ResolveIdentifiers,
    /// Create, change, validate, publish, pause and delete profiles.
    ManageProfiles,
    /// Create, change and delete connections, and give them credentials.
    ManageAliases,
    /// Say who may do what: tokens and roles.
    ManageAccess,
    /// Read the schema by introspection where that is switched off.
    Introspect,
}

impl Permission {
    /// Every permission.
    pub const ALL: &'static [Self] = &[
        Self::Read,
        Self::ReadAudit,
        Self::RunSyncs,
        Self::ResolveIdentifiers,
        Self::ManageProfiles,
        Self::ManageAliases,
        Self::ManageAccess,
        Self::Introspect,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::ReadAudit => "READ_AUDIT",
            Self::RunSyncs => "RUN_SYNCS",
            Self::ResolveIdentifiers => "RESOLVE_IDENTIFIERS",
            Self::ManageProfiles => "MANAGE_PROFILES",
            Self::ManageAliases => "MANAGE_ALIASES",
            Self::ManageAccess => "MANAGE_ACCESS",
            Self::Introspect => "INTROSPECT",
        }
    }

    /// Says whether a role stands for it.
    #[must_use]
    pub fn is_of(self, role: Role) -> bool {
        match self {
            Self::Read => true,
            Self::ReadAudit => matches!(role, Role::Auditor | Role::Admin),
            Self::RunSyncs | Self::ResolveIdentifiers => matches!(role, Role::User | Role::Integrator | Role::Admin),
            Self::ManageProfiles | Self::ManageAliases => matches!(role, Role::Integrator | Role::Admin),
            Self::ManageAccess | Self::Introspect => role == Role::Admin,
        }
    }

    /// The roles that stand for it.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |&role| self.is_of(role))
    }
}

/// What sort of principal it is, and which one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PrincipalId {
    /// A program with an API token.
    Token(TokenId),
    /// A person, by the subject that the identity provider knows it by.
    Person(String),
    /// The visitor of a demo, on the machine it runs on.
    Demo,
    /// Whoever runs the binary on the gateway's machine.
    CommandLine,
    /// A browser that came back from a vendor, of somebody who need not be known here.
    Browser,
}

/// Somebody who asks: who it is, and which roles it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    id: PrincipalId,
    name: String,
    holdings: Vec<RoleGrant>,
}

impl Principal {
    /// Puts a principal together.
    #[must_use]
    pub fn new(id: PrincipalId, name: impl Into<String>, holdings: Vec<RoleGrant>) -> Self {
        Self { id, name: name.into(), holdings }
    }

    /// The visitor of a demo, who may do everything there.
    #[must_use]
    pub fn demo() -> Self {
        Self::unlimited(PrincipalId::Demo, "demo")
    }

    /// Whoever runs the binary; the operating system has decided that it may.
    #[must_use]
    pub fn command_line() -> Self {
        Self::unlimited(PrincipalId::CommandLine, "command line")
    }

    /// A browser that came back from a vendor. It holds no role: what it brings is all that it may.
    #[must_use]
    pub fn browser() -> Self {
        Self::new(PrincipalId::Browser, "browser", Vec::new())
    }

    fn unlimited(id: PrincipalId, name: &str) -> Self {
        Self::new(id, name, vec![RoleGrant { role: Role::Admin, profile_id: None }])
    }

    /// Which principal it is.
    #[must_use]
    pub const fn id(&self) -> &PrincipalId {
        &self.id
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A text that is the same for the same principal and for no other.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.id {
            PrincipalId::Token(id) => id.to_string(),
            PrincipalId::Person(subject) => format!("person:{subject}"),
            PrincipalId::Demo => "demo".to_owned(),
            PrincipalId::CommandLine => "command-line".to_owned(),
            PrincipalId::Browser => "browser".to_owned(),
        }
    }

    /// Says whether it may do so on at least one profile, or at large.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.holdings.iter().any(|held| permission.is_of(held.role))
    }

    /// Says whether it may do so at large: on every profile, and on what belongs to none.
    #[must_use]
    pub fn may_everywhere(&self, permission: Permission) -> bool {
        self.holdings.iter().any(|held| held.profile_id.is_none() && permission.is_of(held.role))
    }

    /// Says whether it may do so on a profile.
    #[must_use]
    pub fn may_on(&self, permission: Permission, profile: ProfileId) -> bool {
        let counts = |held: &RoleGrant| held.profile_id.is_none_or(|only| only == profile);
        self.holdings.iter().any(|held| counts(held) && permission.is_of(held.role))
    }

    /// The profiles on which it may do so; `None` when it may at large.
    #[must_use]
    pub fn where_it_may(&self, permission: Permission) -> Option<Vec<ProfileId>> {
        let held = self.holdings.iter().filter(|held| permission.is_of(held.role));
        held.map(|held| held.profile_id).collect::<Option<BTreeSet<_>>>().map(|profiles| profiles.into_iter().collect())
    }

    /// The records that it may see.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        let set = |permission| self.where_it_may(permission).map_or(ProfileSet::All, ProfileSet::from_iter);
        let access = match self.may_everywhere(Permission::ManageAccess) {
            true => AccessVisibility::All,
            false => AccessVisibility::Nothing,
        };
        Visibility { profiles: set(Permission::Read), audit: set(Permission::ReadAudit), access }
    }

    /// The roles it holds, each once.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let roles: BTreeSet<_> = self.holdings.iter().map(|held| held.role).collect();
        roles.into_iter().collect()
    }

    /// What it may do somewhere at least.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|&permission| self.may(permission)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(role: Role, profile_id: Option<ProfileId>) -> Principal {
        Principal::new(PrincipalId::Demo, "anna", vec![RoleGrant { role, profile_id }])
    }

    #[test]
    fn a_role_on_one_profile_counts_there_alone() {
        let (hers, other) = (ProfileId::generate(), ProfileId::generate());
        let anna = holding(Role::Integrator, Some(hers));
        assert!(anna.may_on(Permission::ManageProfiles, hers) && anna.may(Permission::ManageProfiles));
        assert!(!anna.may_on(Permission::ManageProfiles, other) && !anna.may_everywhere(Permission::ManageProfiles));
        assert!(anna.visibility().profiles.contains(hers) && !anna.visibility().profiles.contains(other));
    }

    #[test]
    fn seeing_everything_does_not_widen_what_may_be_done() {
        let (hers, other) = (ProfileId::generate(), ProfileId::generate());
        let viewer = RoleGrant { role: Role::Viewer, profile_id: None };
        let user = RoleGrant { role: Role::User, profile_id: Some(hers) };
        let anna = Principal::new(PrincipalId::Demo, "anna", vec![viewer, user]);
        assert_eq!(anna.visibility().profiles, ProfileSet::All);
        assert_eq!(anna.visibility().audit, ProfileSet::Only([].into()));
        assert_eq!(anna.visibility().access, AccessVisibility::Nothing);
        assert_eq!(anna.where_it_may(Permission::RunSyncs), Some(vec![hers]));
        assert_eq!(anna.where_it_may(Permission::Read), None);
        assert_eq!(anna.where_it_may(Permission::ManageAccess), Some(vec![]));
        assert!(anna.may_on(Permission::RunSyncs, hers) && !anna.may_on(Permission::RunSyncs, other));
    }

    #[test]
    fn nobody_without_a_role_sees_or_does_anything() {
        let nobody = Principal::new(PrincipalId::Demo, "nobody", Vec::new());
        assert!(nobody.permissions().is_empty());
        assert!(!nobody.visibility().profiles.contains(ProfileId::generate()));
    }

    #[test]
    fn a_permission_is_written_one_way() {
        let words: BTreeSet<_> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        assert_eq!(words.len(), Permission::ALL.len());
    }
}
