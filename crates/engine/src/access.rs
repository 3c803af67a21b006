//! Callers and their permissions.
//!
//! A principal is a caller. Its roles are granted for all profiles or for some, and each role has permissions. Records
//! outside a principal's visibility do not exist for it; other missing permissions are refused by name.

mod affected;
mod commands;
mod token;

use std::collections::BTreeSet;

use seatgraph_store::{AccessVisibility, ProfileId, ProfileSet, Role, RoleGrant, TokenId, Visibility};

pub use affected::{AffectedProfiles, CommandTarget};
pub use commands::{AssignRole, CreateToken, Holder, NewRoleGrant};

/// A permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read profiles, aliases, runs and all downloaded data.
    Read,
    /// Read the audit log.
    ReadAudit,
    /// Start, cancel and confirm sync runs.
    RunSyncs,
    /// Resolve identifiers to models.
    ResolveIdentifiers,
    /// Create, change, validate, publish, pause and delete profiles.
    ManageProfiles,
    /// Create, change and delete aliases and their credentials.
    ManageAliases,
    /// Manage tokens and roles.
    ManageAccess,
    /// Use introspection where it is disabled.
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

    /// Its name in the API.
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

    /// Whether a role has it.
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

    /// The roles that have it.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |&role| self.is_of(role))
    }
}

/// Identity of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PrincipalId {
    /// A program with an API token.
    Token(TokenId),
    /// A user, by the `sub` claim of the identity provider.
    Person(String),
    /// The user of a demo, on the same machine.
    Demo,
    /// The command line on the gateway's machine.
    CommandLine,
    /// A browser redirected from a vendor, without a login.
    Browser,
}

/// A caller: its identity and its granted roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    id: PrincipalId,
    name: String,
    grants: Vec<RoleGrant>,
}

impl Principal {
    /// Creates a principal.
    #[must_use]
    pub fn new(id: PrincipalId, name: impl Into<String>, grants: Vec<RoleGrant>) -> Self {
        Self { id, name: name.into(), grants }
    }

    /// The user of a demo, with all permissions.
    #[must_use]
    pub fn demo() -> Self {
        Self::unlimited(PrincipalId::Demo, "demo")
    }

    /// The command line, with all permissions: the operating system controls access to it.
    #[must_use]
    pub fn command_line() -> Self {
        Self::unlimited(PrincipalId::CommandLine, "command line")
    }

    /// A browser redirected from a vendor. It has no role.
    #[must_use]
    pub fn browser() -> Self {
        Self::new(PrincipalId::Browser, "browser", Vec::new())
    }

    fn unlimited(id: PrincipalId, name: &str) -> Self {
        Self::new(id, name, vec![RoleGrant { role: Role::Admin, profile_id: None }])
    }

    /// The identity.
    #[must_use]
    pub const fn id(&self) -> &PrincipalId {
        &self.id
    }

    /// Display name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Unique key of the principal.
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

    /// Whether it has the permission for at least one profile.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.grants.iter().any(|grant| permission.is_of(grant.role))
    }

    /// Whether it has the permission for every profile, and for records that belong to none.
    #[must_use]
    pub fn may_everywhere(&self, permission: Permission) -> bool {
        self.grants.iter().any(|grant| grant.profile_id.is_none() && permission.is_of(grant.role))
    }

    /// Whether it has the permission for a profile.
    #[must_use]
    pub fn may_on(&self, permission: Permission, profile: ProfileId) -> bool {
        let counts = |grant: &RoleGrant| grant.profile_id.is_none_or(|only| only == profile);
        self.grants.iter().any(|grant| counts(grant) && permission.is_of(grant.role))
    }

    /// The profiles for which it has the permission; `None` for all.
    #[must_use]
    pub fn where_it_may(&self, permission: Permission) -> Option<Vec<ProfileId>> {
        let grant = self.grants.iter().filter(|grant| permission.is_of(grant.role));
        grant
            .map(|grant| grant.profile_id)
            .collect::<Option<BTreeSet<_>>>()
            .map(|profiles| profiles.into_iter().collect())
    }

    /// The records that it sees.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        let set = |permission| self.where_it_may(permission).map_or(ProfileSet::All, ProfileSet::from_iter);
        let access = match self.may_everywhere(Permission::ManageAccess) {
            true => AccessVisibility::All,
            false => AccessVisibility::Nothing,
        };
        Visibility { profiles: set(Permission::Read), audit: set(Permission::ReadAudit), access }
    }

    /// Its roles, each once.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let roles: BTreeSet<_> = self.grants.iter().map(|grant| grant.role).collect();
        roles.into_iter().collect()
    }

    /// Its permissions for at least one profile.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|&permission| self.may(permission)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(role: Role, profile_id: Option<ProfileId>) -> Principal {
        Principal::new(PrincipalId::Demo, "anna", vec![RoleGrant { role, profile_id }])
    }

    #[test]
    fn a_role_on_one_profile_counts_there_alone() {
        let (hers, other) = (ProfileId::generate(), ProfileId::generate());
        let anna = principal(Role::Integrator, Some(hers));
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
