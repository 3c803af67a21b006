//! The manifest: what a connector is and what it needs.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{GrantType, Process, RecordKind, SyncMode};

/// How much a process needs a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Requirement {
    /// The process cannot run without it.
    Minimal,
    /// The process runs without it, but some data is missing.
    Recommended,
    /// Needed only if the organisation restricts what its users can see.
    IfRestricted,
}

/// A permission at the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// The name in the vendor's user interface.
    pub name: &'static str,
    /// The name in the vendor's API.
    pub api_name: &'static str,
    /// Whether it must be enabled or disabled.
    pub enabled: bool,
    /// What it allows.
    pub description: &'static str,
    /// How much the process needs it.
    pub requirement: Requirement,
    /// The effect of not having it.
    pub without: &'static str,
}

/// The scopes to request under one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantScopes {
    /// The grant type.
    pub grant: GrantType,
    /// The scopes.
    pub scopes: &'static [&'static str],
}

/// A process of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessSpec {
    /// The process.
    pub process: Process,
    /// The kinds of record that a complete pass delivers completely: a record that it did not deliver is gone. Empty
    /// for a pass that only adds records.
    pub snapshot_of: &'static [RecordKind],
    /// Whether this version supports the process. An unsupported one is listed and checked, and gives `Unsupported`.
    pub available: bool,
    /// Whether a profile cannot disable it.
    pub mandatory: bool,
    /// Whether a new profile enables it.
    pub enabled_by_default: bool,
    /// The permissions that it needs.
    pub permissions: &'static [Permission],
    /// The scopes that it needs, per grant.
    pub scopes: &'static [GrantScopes],
}

impl ProcessSpec {
    /// Returns what a complete pass means.
    #[must_use]
    pub const fn mode(&self) -> SyncMode {
        if self.snapshot_of.is_empty() { SyncMode::Incremental } else { SyncMode::Snapshot }
    }

    /// Lists the scopes that the process needs under `grant`; empty if it needs none.
    #[must_use]
    pub fn scopes(&self, grant: GrantType) -> &'static [&'static str] {
        self.scopes.iter().find(|scopes| scopes.grant == grant).map_or(&[], |scopes| scopes.scopes)
    }
}

/// The constant description of a connector.
///
/// It lists every process that is possible with the vendor, and says which of them this version of the connector
/// [supports](Manifest::supports). Administrators can grant the permissions of a process before it is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// The key in lower case: `salesforce`. It is stored with every alias and must not change.
    pub key: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The connector's own version.
    pub version: &'static str,
    /// The vendor's documentation on connecting an app.
    pub docs_url: Option<&'static str>,
    /// The vendor's domains. A configured URL, and the instance URL of a token, must be HTTPS on the default port of one of
    /// these domains or a subdomain. Empty if organisations have their own domains.
    pub hosts: &'static [&'static str],
    /// The supported grant types.
    pub grants: &'static [GrantType],
    /// The processes, in the order of [`Process::ALL`].
    pub processes: &'static [ProcessSpec],
    /// The subscription catalogue, JSON as [`crate::Catalogue`] reads it.
    pub catalogue: &'static str,
}

impl Manifest {
    /// Finds a process; `None` if it is not listed.
    #[must_use]
    pub fn process(&self, process: Process) -> Option<&ProcessSpec> {
        self.processes.iter().find(|spec| spec.process == process)
    }

    /// Says whether `url` is on one of the vendor's domains.
    #[must_use]
    pub fn owns_url(&self, url: &Url) -> bool {
        let Some(Host::Domain(name)) = url.host() else { return self.hosts.is_empty() };
        let name = name.trim_end_matches('.');
        let below = |host: &&str| name.strip_suffix(*host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let by_https = url.scheme() == "https" && url.port().is_none();
        self.hosts.is_empty() || (by_https && self.hosts.iter().any(below))
    }

    /// Lists the scopes to request under `grant`: those of all supported processes, without duplicates.
    #[must_use]
    pub fn scopes(&self, grant: GrantType) -> Vec<&'static str> {
        let available = self.processes.iter().filter(|spec| spec.available);
        let mut scopes: Vec<_> = available.flat_map(|spec| spec.scopes(grant)).copied().collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// Says whether this version supports `process`.
    #[must_use]
    pub fn supports(&self, process: Process) -> bool {
        self.process(process).is_some_and(|spec| spec.available)
    }
}
