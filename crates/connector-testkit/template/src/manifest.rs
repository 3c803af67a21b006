//! The manifest of the connector.

use seatgraph_core::{Manifest, Permission, Process, ProcessSpec, RecordKind, Requirement};

const READ_MEMBERS: Permission = Permission {
    name: "See members",
    api_name: "members.read",
    enabled: true,
    description: "Lists members and their seats.",
    requirement: Requirement::Minimal,
    without: "Nothing can be read.",
};

pub(crate) const MANIFEST: Manifest = Manifest {
    key: "acme",
    name: "Acme",
    version: env!("CARGO_PKG_VERSION"),
    docs_url: None,
    hosts: &[],
    grants: &[],
    processes: &[ProcessSpec {
        process: Process::DownloadSubscriptions,
        snapshot_of: &[RecordKind::Pool, RecordKind::Account, RecordKind::Subscription],
        available: true,
        mandatory: true,
        enabled_by_default: true,
        permissions: &[READ_MEMBERS],
        scopes: &[],
    }],
    catalogue: include_str!("../catalogue.json"),
};
