//! User permissions.

/// A system permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    ApiEnabled,
    ViewSetup,
    ManageUsers,
    ManageInternalUsers,
    ViewAllUsers,
    ViewAllProfiles,
    ViewDeveloperName,
    MonitorLoginHistory,
    FreezeUsers,
    AssignPermissionSets,
    ViewEventLogFiles,
}

const NAMES: [(Permission, &str); 11] = [
    (Permission::ApiEnabled, "ApiEnabled"),
    (Permission::ViewSetup, "ViewSetup"),
    (Permission::ManageUsers, "ManageUsers"),
    (Permission::ManageInternalUsers, "ManageInternalUsers"),
    (Permission::ViewAllUsers, "ViewAllUsers"),
    (Permission::ViewAllProfiles, "ViewAllProfiles"),
    (Permission::ViewDeveloperName, "ViewDeveloperName"),
    (Permission::MonitorLoginHistory, "MonitorLoginHistory"),
    (Permission::FreezeUsers, "FreezeUsers"),
    (Permission::AssignPermissionSets, "AssignPermissionSets"),
    (Permission::ViewEventLogFiles, "ViewEventLogFiles"),
];

impl Permission {
    /// Parses an API name, with or without the `Permissions` prefix.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let short = name.strip_prefix("Permissions").unwrap_or(name);
        NAMES.iter().find(|(_, own)| *own == short).map(|(permission, _)| *permission)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permissions(u16);

impl Permissions {
    pub(crate) const ALL: Self = Self((1 << NAMES.len()) - 1);
    /// The permissions of a standard user.
    pub(crate) const ORDINARY: Self = Self(1 << Permission::ApiEnabled as u16);
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u16) != 0
    }

    pub(crate) fn has_any(self, permissions: &[Permission]) -> bool {
        permissions.iter().any(|permission| self.has(*permission))
    }

    pub(crate) fn grant(&mut self, permission: Permission) {
        self.0 |= 1 << permission as u16;
    }

    pub(crate) fn revoke(&mut self, permission: Permission) {
        self.0 &= !(1 << permission as u16);
    }

    /// The API names of the permissions in the set.
    pub(crate) fn names(self) -> Vec<String> {
        let held = NAMES.iter().filter(|(permission, _)| self.has(*permission));
        held.map(|(_, name)| format!("Permissions{name}")).collect()
    }
}
