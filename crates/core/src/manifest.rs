//! What a connector says of itself, as data.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{GrantType, Process, SyncMode};

/// How much a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Necessity {
    /// Without it the process does not work.
    Minimal,
    /// Without it the process works and knows less.
    Recommended,
    /// Needed only where the organisation restricts what its users see.
    IfRestricted,
}

/// One row of the vendor's permission table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// The name in the vendor's set-up pages.
    pub name: &'static str,
    /// The name in the vendor's API.
    pub api_name: &'static str,
    /// The state in which it must be.
    pub enabled: bool,
    /// What it is for.
    pub description: &'static str,
    /// How much it is needed.
    pub necessity: Necessity,
    /// What happens without it.
    pub without: &'static str,
}

/// The scopes to ask for under one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantScopes {
    /// The grant.
    pub grant: GrantType,
    /// The vendor's words for the scopes.
    pub scopes: &'static [&'static str],
}

/// One process, as this connector does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessSpec {
    /// Which one.
    pub process: Process,
    /// What the end of a pass means.
    pub mode: SyncMode,
    /// Whether this version carries it out. One that it does not is listed, diagnosed, and answers `Unsupported`.
    pub available: bool,
    /// Whether a profile cannot switch it off.
    pub mandatory: bool,
    /// Whether a new profile has it on.
    pub enabled_by_default: bool,
    /// The permissions it uses.
    pub permissions: &'static [Permission],
    /// The scopes it needs, per grant.
    pub scopes: &'static [GrantScopes],
}

impl ProcessSpec {
    /// Lists the scopes that the process needs under `grant`; empty when it needs none or does not know the grant.
    #[must_use]
    pub fn scopes(&self, grant: GrantType) -> &'static [&'static str] {
        self.scopes.iter().find(|scopes| scopes.grant == grant).map_or(&[], |scopes| scopes.scopes)
    }
}

/// What a connector is and does. A constant: it needs no connection, and the API's schema never depends on it.
///
/// It lists every process that the vendor's integration has and says of each whether *this version* carries it out.
/// The difference matters to people: what is listed can be planned for and its permissions granted; what is missing
/// does not exist at the vendor. The engine, the switches of the API and the laws follow [`Manifest::does`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// The connector's key, lower case: `salesforce`. Stored with every alias; never changes.
    pub key: &'static str,
    /// The name that people see.
    pub name: &'static str,
    /// The connector's own version.
    pub version: &'static str,
    /// The vendor's page on connecting an application.
    pub docs_url: Option<&'static str>,
    /// The vendor's own domains: what a person enters as an address, and what a token's answer names, lies below one of
    /// them, by HTTPS on its own port. Empty where organisations run under names of their own.
    pub hosts: &'static [&'static str],
    /// The grants a person may choose from.
    pub grants: &'static [GrantType],
    /// Every process the vendor's integration has, in the order of [`Process::ALL`].
    pub processes: &'static [ProcessSpec],
    /// The subscription catalogue, JSON as [`crate::Catalogue`] reads it.
    pub catalogue: &'static str,
}

impl Manifest {
    /// Finds how the connector does `process`; `None` when it does not list it.
    #[must_use]
    pub fn process(&self, process: Process) -> Option<&ProcessSpec> {
        self.processes.iter().find(|spec| spec.process == process)
    }

    /// Says whether the vendor's organisations live at `url`.
    #[must_use]
    pub fn lives_at(&self, url: &Url) -> bool {
        let Some(Host::Domain(name)) = url.host() else { return self.hosts.is_empty() };
        let name = name.trim_end_matches('.');
        let below = |host: &&str| name.strip_suffix(*host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let by_https = url.scheme() == "https" && url.port().is_none();
        self.hosts.is_empty() || (by_https && self.hosts.iter().any(below))
    }

    /// Lists the scopes to ask for under `grant`: those of everything that this version carries out, each once.
    #[must_use]
    pub fn scopes(&self, grant: GrantType) -> Vec<&'static str> {
        let available = self.processes.iter().filter(|spec| spec.available);
        let mut scopes: Vec<_> = available.flat_map(|spec| spec.scopes(grant)).copied().collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// Says whether this version carries `process` out.
    #[must_use]
    pub fn does(&self, process: Process) -> bool {
        self.process(process).is_some_and(|spec| spec.available)
    }
}
