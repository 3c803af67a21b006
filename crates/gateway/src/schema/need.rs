//! Permissions that root fields need.

use seatgraph_engine::access::{Permission, Principal};

/// Permission that a root field needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Authentication only.
    Authenticated,
    /// A permission for the profiles that the field concerns.
    Permission(Permission),
    /// A permission for all profiles, because the field concerns objects that belong to no profile.
    Everywhere(Permission),
}

pub(super) const READ: Need = Need::Permission(Permission::Read);
pub(super) const READ_AUDIT: Need = Need::Permission(Permission::ReadAudit);
pub(super) const RUN_SYNCS: Need = Need::Permission(Permission::RunSyncs);
pub(super) const RESOLVE: Need = Need::Permission(Permission::ResolveIdentifiers);
pub(super) const PROFILES: Need = Need::Permission(Permission::ManageProfiles);
pub(super) const ALIASES: Need = Need::Permission(Permission::ManageAliases);
pub(super) const ACCESS: Need = Need::Everywhere(Permission::ManageAccess);

impl Need {
    /// The permission, if any.
    pub(super) const fn permission(self) -> Option<Permission> {
        match self {
            Self::Authenticated => None,
            Self::Permission(permission) | Self::Everywhere(permission) => Some(permission),
        }
    }

    /// Checks that a principal has the permission for at least one profile. The profiles that a request concerns are not
    /// known yet.
    ///
    /// # Errors
    /// The missing permission and the roles that include it.
    pub(super) fn check(self, principal: &Principal, field: &str) -> Result<(), String> {
        match self {
            Self::Authenticated => Ok(()),
            Self::Permission(permission) if principal.may(permission) => Ok(()),
            Self::Everywhere(permission) if principal.may_everywhere(permission) => Ok(()),
            Self::Permission(permission) => Err(missing(field, permission)),
            Self::Everywhere(permission) => Err(format!("{}, on all profiles", missing(field, permission))),
        }
    }
}

/// Names a missing permission and the roles that include it.
pub(super) fn missing(field: &str, permission: Permission) -> String {
    let roles: Vec<_> = permission.roles().map(seatgraph_store::Role::as_str).collect();
    format!(
        "`{field}` needs the permission {}, which the role {} includes; ask an administrator of this gateway",
        permission.as_str(),
        roles.join(" or ")
    )
}
