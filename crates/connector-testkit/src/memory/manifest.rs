//! What Memory's connector says of itself.

use seatgraph_core::{GrantScopes, GrantType, Manifest, Permission, Process, ProcessSpec, RecordKind, Requirement};

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
        reading(
            Process::DownloadSubscriptions,
            &[RecordKind::Pool, RecordKind::Account, RecordKind::Subscription],
            true,
        ),
        reading(Process::PullUserActivity, &[], false),
        reading(Process::DownloadConsumption, &[RecordKind::Consumption], false),
        ProcessSpec {
            process: Process::ReclaimSubscription,
            snapshot_of: &[],
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

const fn reading(process: Process, snapshot_of: &'static [RecordKind], mandatory: bool) -> ProcessSpec {
    let permissions = &[READ_USERS];
    let scopes = &[GrantScopes { grant: GrantType::ClientCredentials, scopes: &["members.read"] }];
    ProcessSpec { process, snapshot_of, available: true, mandatory, enabled_by_default: true, permissions, scopes }
}
