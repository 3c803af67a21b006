//! Processes and grant types as connectors support them, with the permissions and scopes that they require.

use async_graphql::{Enum, SimpleObject};
use seatgraph_core::{Permission, ProcessSpec};

/// A process of an integration profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::Process")]
pub(crate) enum Process {
    /// Downloads licence pools, accounts and subscriptions.
    DownloadSubscriptions,
    /// Downloads evidence of use: when and how each account was last active.
    PullUserActivity,
    /// Downloads usage-based allowances and their consumption.
    DownloadConsumption,
    /// Reclaims unused subscriptions. This is the only process that makes changes at the vendor.
    ReclaimSubscription,
}

/// How a process treats records that a completed run did not report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::SyncMode")]
pub(crate) enum SyncMode {
    /// Records that a completed run did not report are retired.
    Snapshot,
    /// A run adds records. Records that it did not report stay unchanged.
    Incremental,
}

/// An OAuth grant type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::GrantType")]
pub(crate) enum GrantType {
    /// A user consents in a browser. The connection acts as that user.
    AuthorizationCode,
    /// The application authenticates with its client secret. The connection acts as the user that the vendor's
    /// administrator assigned to the application.
    ClientCredentials,
    /// The application signs token requests for a user with its private key.
    JwtBearer,
}

/// A process as a connector supports it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConnectorProcess {
    /// Whether this version of the connector can run the process. Unavailable processes are listed and checked but
    /// cannot be enabled.
    available: bool,
    /// Whether the process is enabled in new profiles.
    enabled_by_default: bool,
    /// Whether the process cannot be disabled.
    mandatory: bool,
    /// How the process treats records that a completed run did not report.
    mode: SyncMode,
    /// Vendor permissions that the process uses. The list is bounded by the vendor's permission table.
    permissions: Vec<RequiredPermission>,
    /// The process.
    process: Process,
    /// Required OAuth scopes per grant type. The list is bounded by the number of grant types.
    scopes: Vec<GrantScopes>,
}

impl From<&ProcessSpec> for ConnectorProcess {
    fn from(spec: &ProcessSpec) -> Self {
        Self {
            available: spec.available,
            enabled_by_default: spec.enabled_by_default,
            mandatory: spec.mandatory,
            mode: spec.mode().into(),
            permissions: spec.permissions.iter().map(RequiredPermission::from).collect(),
            process: spec.process.into(),
            scopes: spec
                .scopes
                .iter()
                .map(|scopes| GrantScopes { grant: scopes.grant.into(), scopes: scopes.scopes.to_vec() })
                .collect(),
        }
    }
}

/// A vendor permission that a process uses.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct RequiredPermission {
    /// Name in the vendor's API.
    api_name: &'static str,
    /// Purpose of the permission.
    description: &'static str,
    /// Whether the permission must be enabled (true) or disabled (false).
    enabled: bool,
    /// Name in the vendor's administration pages.
    name: &'static str,
    /// How necessary the permission is.
    necessity: Requirement,
    /// What happens if the permission is missing.
    without: &'static str,
}

impl From<&Permission> for RequiredPermission {
    fn from(permission: &Permission) -> Self {
        Self {
            api_name: permission.api_name,
            description: permission.description,
            enabled: permission.enabled,
            name: permission.name,
            necessity: permission.requirement.into(),
            without: permission.without,
        }
    }
}

/// How necessary a permission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::Requirement")]
pub(crate) enum Requirement {
    /// The process cannot run without it.
    Minimal,
    /// The process runs without it but returns less data.
    Recommended,
    /// Required only if the organisation restricts the visibility of its users.
    IfRestricted,
}

/// OAuth scopes for one grant type.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct GrantScopes {
    /// The OAuth grant type.
    grant: GrantType,
    /// OAuth scopes as named by the vendor.
    scopes: Vec<&'static str>,
}
