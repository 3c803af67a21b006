//! Which permission each field of the roots asks for. A field that is not listed is refused, and a test finds it.

use apollo_compiler::ast::OperationType;
use seatgraph_engine::access::{Permission, Principal};

/// What a field of a root asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing but that it is known who asks.
    Known,
    /// A permission, on what the field is about.
    Permission(Permission),
    /// A permission that counts for all profiles: what the field shows belongs to none of them.
    Everywhere(Permission),
}

use Need::Known;
const READ: Need = Need::Permission(Permission::Read);
const READ_AUDIT: Need = Need::Permission(Permission::ReadAudit);
const RUN_SYNCS: Need = Need::Permission(Permission::RunSyncs);
const RESOLVE: Need = Need::Permission(Permission::ResolveIdentifiers);
const PROFILES: Need = Need::Permission(Permission::ManageProfiles);
const ALIASES: Need = Need::Permission(Permission::ManageAliases);
const ACCESS: Need = Need::Everywhere(Permission::ManageAccess);

const QUERIES: &[(&str, Need)] = &[
    ("accounts", READ),
    ("apiTokens", ACCESS),
    ("auditEvents", READ_AUDIT),
    ("connectionAlias", READ),
    ("connectionAliases", READ),
    ("connector", READ),
    ("connectors", READ),
    ("licensePools", READ),
    ("node", READ),
    ("nodes", READ),
    ("profile", READ),
    ("profiles", READ),
    ("roleAssignments", ACCESS),
    ("softwareModels", READ),
    ("subscriptions", READ),
    ("syncRun", READ),
    ("syncRuns", READ),
    ("unrecognizedIdentifiers", READ),
    ("viewer", Known),
];

const MUTATIONS: &[(&str, Need)] = &[
    ("assignRole", ACCESS),
    ("beginAuthorization", ALIASES),
    ("cancelSync", RUN_SYNCS),
    ("confirmSuspectSync", RUN_SYNCS),
    ("createApiToken", ACCESS),
    ("createConnectionAlias", ALIASES),
    ("createDelegatedLink", ALIASES),
    ("createProfile", PROFILES),
    ("deleteConnectionAlias", ALIASES),
    ("deleteProfile", PROFILES),
    ("disconnectAlias", ALIASES),
    ("pauseProfile", PROFILES),
    ("publishProfile", PROFILES),
    ("removeRole", ACCESS),
    ("resolveIdentifier", RESOLVE),
    ("resumeProfile", PROFILES),
    ("revokeApiToken", ACCESS),
    ("revokeDelegatedLink", ALIASES),
    ("setClientCredentials", ALIASES),
    ("setJwtBearer", ALIASES),
    ("startSync", RUN_SYNCS),
    ("updateConnectionAlias", ALIASES),
    ("updateProfile", PROFILES),
    ("validateProfile", PROFILES),
];

const SUBSCRIPTIONS: &[(&str, Need)] = &[("syncProgress", READ)];

/// Returns what a field of a root asks for; `None` for one that nobody decided on.
#[must_use]
pub fn need(root: OperationType, field: &str) -> Option<Need> {
    let fields = match root {
        OperationType::Query => QUERIES,
        OperationType::Mutation => MUTATIONS,
        OperationType::Subscription => SUBSCRIPTIONS,
    };
    // Introspection has a switch of its own, in the edge.
    if field.starts_with("__") {
        return Some(Known);
    }
    fields.iter().find(|(name, _)| *name == field).map(|(_, need)| *need)
}

/// Returns the permission of a mutation.
pub(super) fn of_mutation(field: &str) -> Option<Permission> {
    match need(OperationType::Mutation, field)? {
        Need::Permission(permission) | Need::Everywhere(permission) => Some(permission),
        Known => None,
    }
}

/// Says whether a principal may use a field somewhere at least; what it is about decides later whether there.
pub(crate) fn permits(principal: &Principal, root: OperationType, field: &str) -> Result<(), String> {
    match need(root, field) {
        Some(Known) => Ok(()),
        Some(Need::Permission(permission)) if principal.may(permission) => Ok(()),
        Some(Need::Everywhere(permission)) if principal.may_everywhere(permission) => Ok(()),
        Some(Need::Permission(permission)) => Err(missing(field, permission)),
        Some(Need::Everywhere(permission)) => Err(format!("{}, on all profiles", missing(field, permission))),
        None => Err(format!("`{field}` is closed to everybody")),
    }
}

/// Says what is missing, and who can give it.
pub(super) fn missing(field: &str, permission: Permission) -> String {
    let roles: Vec<_> = permission.roles().map(seatgraph_store::Role::as_str).collect();
    format!(
        "`{field}` needs the permission {}, which the role {} stands for; ask an administrator of this gateway",
        permission.as_str(),
        roles.join(" or ")
    )
}
