//! The permission that each root field needs. A field that is in no table is refused; a test finds such fields.

use std::time::Duration;

use apollo_compiler::ast::OperationType;
use seatgraph_engine::EngineSettings;
use seatgraph_engine::access::Principal;

use super::mutation;
pub use super::need::Need;
use super::need::{ACCESS, READ, READ_AUDIT};

const QUERIES: &[(&str, Need)] = &[
    ("accounts", READ),
    ("apiTokens", ACCESS),
    ("auditEvents", READ_AUDIT),
    ("connectionAlias", READ),
    ("connectionAliases", READ),
    ("connector", READ),
    ("connectors", READ),
    ("jobs", ACCESS),
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
    ("viewer", Need::Authenticated),
];

const SUBSCRIPTIONS: &[(&str, Need)] = &[("jobProgress", ACCESS), ("syncProgress", READ)];

/// Returns the permission that a root field needs, or `None` if the field is in no table.
#[must_use]
pub fn need(root: OperationType, field: &str) -> Option<Need> {
    // The edge has its own setting for introspection.
    if field.starts_with("__") {
        return Some(Need::Authenticated);
    }
    let fields = match root {
        OperationType::Query => QUERIES,
        OperationType::Mutation => return mutation::find(field).map(|mutation| mutation.need),
        OperationType::Subscription => SUBSCRIPTIONS,
    };
    fields.iter().find(|(name, _)| *name == field).map(|(_, need)| *need)
}

/// Checks that a principal may use a root field for at least one profile.
///
/// # Errors
/// The missing permission and the roles that include it.
pub(crate) fn permits(principal: &Principal, root: OperationType, field: &str) -> Result<(), String> {
    let need = need(root, field).ok_or_else(|| format!("`{field}` is not allowed for any caller"))?;
    need.check(principal, field)
}

/// The time limit of a root field, if it can exceed the limit of every operation.
pub(crate) fn time_limit(root: OperationType, field: &str, settings: &EngineSettings) -> Option<Duration> {
    let mutation = mutation::find(field).filter(|_| root == OperationType::Mutation)?;
    mutation.time_limit.beyond_default(settings)
}
