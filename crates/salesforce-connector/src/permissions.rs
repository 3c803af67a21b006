//! The permissions that each process needs, why, and what happens without them.
//!
//! Every process lists all permissions of Salesforce's documentation, and the requirement says which are the minimum. The
//! permission sets of [`crate::setup`] are generated from these tables.

use seatgraph_core::{Permission, Requirement};

use Requirement::{IfRestricted, Minimal, Recommended};

const fn needed(
    name: &'static str,
    api_name: &'static str,
    description: &'static str,
    requirement: Requirement,
    without: &'static str,
) -> Permission {
    Permission { name, api_name, enabled: true, description, requirement, without }
}

const API_ENABLED: Permission =
    needed("API Enabled", "PermissionsApiEnabled", "Using the API.", Minimal, "Every request is refused.");

const fn view_setup(requirement: Requirement, without: &'static str) -> Permission {
    let description = "Reading licences, their assignments, usage entitlements and API limits.";
    needed("View Setup and Configuration", "PermissionsViewSetup", description, requirement, without)
}

const fn manage_users(requirement: Requirement, without: &'static str) -> Permission {
    let description = "Creating, changing and deactivating users, and administering profiles, roles and security \
                       settings. Includes most other permissions of this list.";
    needed("Manage Users", "PermissionsManageUsers", description, requirement, without)
}

const fn manage_internal_users(requirement: Requirement, without: &'static str) -> Permission {
    let description = "Creating and changing internal users, and seeing Setup pages.";
    needed("Manage Internal Users", "PermissionsManageInternalUsers", description, requirement, without)
}

const VIEW_DEVELOPER_NAME: Permission = needed(
    "View Developer Name",
    "PermissionsViewDeveloperName",
    "Reading DeveloperName fields through the API.",
    IfRestricted,
    "Developer names of permission-set licences are not visible. The connector uses their keys.",
);

const VIEW_ALL_PROFILES: Permission = needed(
    "View All Profiles",
    "PermissionsViewAllProfiles",
    "Reading every profile, even if profile filtering is on.",
    IfRestricted,
    "If profile filtering is on, the profiles and licences of other users are silently missing.",
);

const VIEW_ALL_USERS: Permission = needed(
    "View All Users",
    "PermissionsViewAllUsers",
    "Reading every user, even if user sharing is private.",
    IfRestricted,
    "If user sharing is private, other users are silently missing.",
);

/// For DOWNLOAD_SUBSCRIPTIONS.
pub(crate) const SUBSCRIPTIONS: &[Permission] = &[
    API_ENABLED,
    view_setup(Minimal, "Licences and their assignments are not visible, and the download fails."),
    manage_users(Recommended, "Which users are frozen is unknown."),
    manage_internal_users(IfRestricted, "No effect, unless the organisation restricts who can see internal users."),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// For PULL_USER_ACTIVITY.
pub(crate) const ACTIVITY: &[Permission] = &[
    API_ENABLED,
    view_setup(
        Recommended,
        "Last logins are read nevertheless. The number of remaining API calls is known less precisely.",
    ),
    needed(
        "Monitor Login History",
        "PermissionsMonitorLoginHistory",
        "Reading the login history of other users.",
        Recommended,
        "LoginHistory shows only the logins of the connected user. The last use of others is known from the user record \
         only.",
    ),
    manage_users(IfRestricted, "No effect, if Monitor Login History is granted."),
    manage_internal_users(IfRestricted, "No effect, unless the organisation restricts who can see internal users."),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// For DOWNLOAD_CONSUMPTION.
pub(crate) const CONSUMPTION: &[Permission] = &[
    API_ENABLED,
    view_setup(Minimal, "Usage entitlements are not visible."),
    manage_users(IfRestricted, "No effect, unless the organisation restricts what its users can see."),
    manage_internal_users(IfRestricted, "No effect, unless the organisation restricts what its users can see."),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// For RECLAIM_SUBSCRIPTION.
pub(crate) const RECLAIM: &[Permission] = &[
    API_ENABLED,
    view_setup(Minimal, "The licences of a user cannot be read before and after a change."),
    manage_users(Minimal, "Deactivating a user is refused."),
    manage_internal_users(Minimal, "Changing an internal user is refused."),
    needed(
        "Assign Permission Sets",
        "PermissionsAssignPermissionSets",
        "Removing permission-set-licence assignments.",
        Recommended,
        "Permission-set licences cannot be reclaimed.",
    ),
    needed(
        "Freeze Users",
        "PermissionsFreezeUsers",
        "Freezing a user that cannot be deactivated.",
        Recommended,
        "A user that Salesforce refuses to deactivate cannot be frozen instead.",
    ),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// The permissions that Salesforce grants along with another one, and without which it refuses to deploy it. Only the
/// "Requires" hints in Setup document them.
const REQUIREMENTS: &[(&str, &[&str])] = &[
    (
        "PermissionsManageUsers",
        &[
            "PermissionsResetPasswords",
            "PermissionsViewAllUsers",
            "PermissionsFreezeUsers",
            "PermissionsManageProfilesPermissionsets",
            "PermissionsAssignPermissionSets",
            "PermissionsManageRoles",
            "PermissionsManageIpAddresses",
            "PermissionsManageSharing",
            "PermissionsMonitorLoginHistory",
            "PermissionsViewSetup",
            "PermissionsViewRoles",
            "PermissionsManageInternalUsers",
            "PermissionsManagePasswordPolicies",
            "PermissionsManageLoginAccessPolicies",
            "PermissionsDelegatedTwoFactor",
        ],
    ),
    ("PermissionsViewSetup", &["PermissionsViewRoles"]),
];

/// Lists the permissions that come with another one, by API name.
pub(crate) fn requirements(api_name: &str) -> impl Iterator<Item = &'static str> + use<> {
    let known = REQUIREMENTS.iter().find(|(name, _)| *name == api_name);
    known.map_or(&[][..], |(_, requirements)| requirements).iter().copied()
}

/// Says whether a user with `granted` has `api_name`, directly or through another permission.
pub(crate) fn has(granted: impl Fn(&str) -> bool, api_name: &str) -> bool {
    let through_manage_users =
        || granted("PermissionsManageUsers") && requirements("PermissionsManageUsers").any(|name| name == api_name);
    // View Setup includes the developer names shown in Setup.
    let through_setup = || {
        api_name == "PermissionsViewDeveloperName"
            && (granted("PermissionsViewSetup") || granted("PermissionsManageUsers"))
    };
    granted(api_name) || through_manage_users() || through_setup()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manage_users_includes_its_requirements_and_not_view_all_profiles() {
        let granted = |name: &str| name == "PermissionsManageUsers";
        for implied in ["PermissionsViewSetup", "PermissionsMonitorLoginHistory", "PermissionsViewDeveloperName"] {
            assert!(has(granted, implied), "{implied}");
        }
        assert!(!has(granted, "PermissionsViewAllProfiles") && !has(granted, "PermissionsApiEnabled"));
    }

    #[test]
    fn every_process_lists_the_five_documented_permissions() {
        let page =
            ["View Developer Name", "Manage Internal Users", "Manage Users", "View All Profiles", "View All Users"];
        for table in [SUBSCRIPTIONS, ACTIVITY, CONSUMPTION, RECLAIM] {
            for name in page {
                assert_eq!(table.iter().filter(|row| row.name == name && row.enabled).count(), 1, "{name}");
            }
        }
    }
}
