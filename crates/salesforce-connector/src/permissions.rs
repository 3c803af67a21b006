//! The vendor's permission table: what each process needs, why, and what happens without it.
//!
//! Every process carries the vendor's full table, so that an administrator sees one list; the necessity says which
//! rows are the minimum. The permission sets of [`crate::setup`] are written out of it.

use seatgraph_core::{Necessity, Permission};

use Necessity::{IfRestricted, Minimal, Recommended};

const fn needed(
    name: &'static str,
    api_name: &'static str,
    description: &'static str,
    necessity: Necessity,
    without: &'static str,
) -> Permission {
    Permission { name, api_name, enabled: true, description, necessity, without }
}

const API_ENABLED: Permission =
    needed("API Enabled", "PermissionsApiEnabled", "Calling the API at all.", Minimal, "Every call is refused.");

const fn view_setup(necessity: Necessity, without: &'static str) -> Permission {
    let description = "Reading licences, their assignments, usage entitlements and API limits.";
    needed("View Setup and Configuration", "PermissionsViewSetup", description, necessity, without)
}

const fn manage_users(necessity: Necessity, without: &'static str) -> Permission {
    let description = "Creating, changing and deactivating users, and administering profiles, roles and security \
                       settings. Implies most other rows of this table.";
    needed("Manage Users", "PermissionsManageUsers", description, necessity, without)
}

const fn manage_internal_users(necessity: Necessity, without: &'static str) -> Permission {
    let description = "Creating and changing internal users, and seeing Setup pages.";
    needed("Manage Internal Users", "PermissionsManageInternalUsers", description, necessity, without)
}

const VIEW_DEVELOPER_NAME: Permission = needed(
    "View Developer Name",
    "PermissionsViewDeveloperName",
    "Reading DeveloperName fields through the API.",
    IfRestricted,
    "Developer names of permission-set licences stay hidden; the connector goes by their keys.",
);

const VIEW_ALL_PROFILES: Permission = needed(
    "View All Profiles",
    "PermissionsViewAllProfiles",
    "Seeing every profile, whatever profile filtering says.",
    IfRestricted,
    "With profile filtering on, the profile and the licence of other users are silently missing.",
);

const VIEW_ALL_USERS: Permission = needed(
    "View All Users",
    "PermissionsViewAllUsers",
    "Seeing every user, whatever the sharing settings say.",
    IfRestricted,
    "With private user sharing, other users are silently missing.",
);

/// For DOWNLOAD_SUBSCRIPTIONS.
pub(crate) const SUBSCRIPTIONS: &[Permission] = &[
    API_ENABLED,
    view_setup(Minimal, "Licences and their assignments are hidden, and the download fails."),
    manage_users(Recommended, "Which users are frozen is not known."),
    manage_internal_users(IfRestricted, "Nothing, unless the organisation restricts who sees internal users."),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// For PULL_USER_ACTIVITY.
pub(crate) const ACTIVITY: &[Permission] = &[
    API_ENABLED,
    view_setup(Recommended, "Last logins are read all the same; how many API calls are left is known less well."),
    needed(
        "Monitor Login History",
        "PermissionsMonitorLoginHistory",
        "Reading the login history of other users.",
        Recommended,
        "Login history holds the connection's own logins alone; last use is known from the user record alone.",
    ),
    manage_users(IfRestricted, "Nothing, where Monitor Login History is given."),
    manage_internal_users(IfRestricted, "Nothing, unless the organisation restricts who sees internal users."),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// For DOWNLOAD_CONSUMPTION.
pub(crate) const CONSUMPTION: &[Permission] = &[
    API_ENABLED,
    view_setup(Minimal, "Usage entitlements are hidden."),
    manage_users(IfRestricted, "Nothing, unless the organisation restricts what its users see."),
    manage_internal_users(IfRestricted, "Nothing, unless the organisation restricts what its users see."),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// For RECLAIM_SUBSCRIPTION.
pub(crate) const RECLAIM: &[Permission] = &[
    API_ENABLED,
    view_setup(Minimal, "What a user holds cannot be looked up before and after."),
    manage_users(Minimal, "Deactivating a user is refused."),
    manage_internal_users(Minimal, "Changing an internal user is refused."),
    needed(
        "Assign Permission Sets",
        "PermissionsAssignPermissionSets",
        "Taking permission-set licences back.",
        Recommended,
        "Permission-set licences cannot be taken back.",
    ),
    needed(
        "Freeze Users",
        "PermissionsFreezeUsers",
        "Barring a user that cannot be deactivated.",
        Recommended,
        "A user that Salesforce will not deactivate cannot be frozen instead.",
    ),
    VIEW_DEVELOPER_NAME,
    VIEW_ALL_PROFILES,
    VIEW_ALL_USERS,
];

/// What the vendor gives along with a permission, and refuses to deploy it without. Its pages tell this in the "Requires"
/// hints of Setup alone.
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

/// Lists what comes with a permission, by the name in the vendor's API.
pub(crate) fn requirements(api_name: &str) -> impl Iterator<Item = &'static str> + use<> {
    let known = REQUIREMENTS.iter().find(|(name, _)| *name == api_name);
    known.map_or(&[][..], |(_, requirements)| requirements).iter().copied()
}

/// Says whether a user with `granted` has `api_name`, itself or through another.
pub(crate) fn has(granted: impl Fn(&str) -> bool, api_name: &str) -> bool {
    let through_manage_users =
        || granted("PermissionsManageUsers") && requirements("PermissionsManageUsers").any(|name| name == api_name);
    // Whoever may see Setup sees the developer names in it.
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
    fn manage_users_brings_what_it_implies_and_not_view_all_profiles() {
        let granted = |name: &str| name == "PermissionsManageUsers";
        for implied in ["PermissionsViewSetup", "PermissionsMonitorLoginHistory", "PermissionsViewDeveloperName"] {
            assert!(has(granted, implied), "{implied}");
        }
        assert!(!has(granted, "PermissionsViewAllProfiles") && !has(granted, "PermissionsApiEnabled"));
    }

    #[test]
    fn every_process_lists_the_five_permissions_of_the_vendors_page() {
        let page =
            ["View Developer Name", "Manage Internal Users", "Manage Users", "View All Profiles", "View All Users"];
        for table in [SUBSCRIPTIONS, ACTIVITY, CONSUMPTION, RECLAIM] {
            for name in page {
                assert_eq!(table.iter().filter(|row| row.name == name && row.enabled).count(), 1, "{name}");
            }
        }
    }
}
