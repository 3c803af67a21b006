//! What Memory's connector says of itself.

use seatgraph_core::{GrantScopes, GrantType, Manifest, Permission, Process, ProcessSpec, Requirement, SyncMode};

const READ_USERS: Permission = Permission {
    name: "See members",
    api_name: "members.read",
    enabled: true,
    description: "lists members and their seats",
    requirement: Requirement::Minimal,
    without: "nothing can be read",
};

const MANAGE_SEATS: Permission = Permission {
    name: "Manage seats",
    api_name: "seats.write",
    enabled: true,
    description: "takes seats from members and gives them back",
    requirement: Requirement::Minimal,
    without: "seats must be taken back by hand",
};

pub(super) const MANIFEST: Manifest = Manifest {
    key: "memory",
    name: "Memory",
    version: "1.0.0",
    docs_url: None,
    hosts: &[],
    grants: &[GrantType::ClientCredentials],
    processes: &[
        reading(Process::DownloadSubscriptions, SyncMode::Snapshot, true),
        reading(Process::PullUserActivity, SyncMode::Incremental, false),
        reading(Process::DownloadConsumption, SyncMode::Snapshot, false),
        ProcessSpec {
            process: Process::ReclaimSubscription,
            mode: SyncMode::Incremental,
            available: true,
            mandatory: false,
            enabled_by_default: false,
            permissions: &[MANAGE_SEATS],
            scopes: &[GrantScopes { grant: GrantType::ClientCredentials, scopes: &["seats.write"] }],
        },
    ],
    catalogue: r#"{
        "publisher": "Memory Inc.",
        "entries": [
            {"kind": "SEAT", "keys": ["BASIC"], "product": "Memory", "edition": "Basic", "category": "Notes"},
            {"kind": "SEAT", "keys": ["PRO"], "names": ["Memory Pro"], "product": "Memory", "category": "Notes"}
        ]
    }"#,
};

const fn reading(process: Process, mode: SyncMode, mandatory: bool) -> ProcessSpec {
    let permissions = &[READ_USERS];
    let scopes = &[GrantScopes { grant: GrantType::ClientCredentials, scopes: &["members.read"] }];
    ProcessSpec { process, mode, available: true, mandatory, enabled_by_default: true, permissions, scopes }
}
