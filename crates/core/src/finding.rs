//! What a look at the organisation found, and what to do about it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Process;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Worth knowing; nothing is missing.
    Info,
    /// Something is missing; the process goes on without it.
    Warning,
    /// The process cannot do its work.
    Error,
}

/// Something a person should know, with what was seen and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable word, `PERMISSION_MISSING` for example; clients branch on it.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// The process it concerns; `None` when it concerns the connection as a whole.
    pub process: Option<Process>,
    /// One sentence: what is the matter.
    pub message: String,
    /// What was seen that says so: a vendor's code and words, a count; never a secret or a person's data.
    pub seen: Option<String>,
    /// What to do about it, addressed to an administrator.
    pub remedy: String,
    /// The vendor's page on the matter.
    pub docs_url: Option<String>,
}

impl Finding {
    /// States a finding; what was seen, the process and a reference are added by the `with_` methods.
    pub fn new(
        code: impl Into<String>,
        severity: Severity,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            severity,
            process: None,
            message: message.into(),
            seen: None,
            remedy: remedy.into(),
            docs_url: None,
        }
    }

    /// Names the process it concerns.
    #[must_use]
    pub const fn with_process(mut self, process: Process) -> Self {
        self.process = Some(process);
        self
    }

    /// Adds what was seen.
    #[must_use]
    pub fn with_seen(mut self, seen: impl Into<String>) -> Self {
        self.seen = Some(seen.into());
        self
    }

    /// Adds the vendor's page.
    #[must_use]
    pub fn with_docs(mut self, url: impl Into<String>) -> Self {
        self.docs_url = Some(url.into());
        self
    }
}

/// The organisation behind a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The vendor's immutable id; two profiles never share one.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// Whether it is a copy for trying things out.
    pub sandbox: bool,
    /// The edition bought, in the vendor's words.
    pub edition: Option<String>,
}

/// The account that the connection acts as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its external id.
    pub external_id: String,
    /// The name it logs in with.
    pub username: String,
}

/// How many calls the organisation may receive, and how many it did, by its own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Calls allowed in the vendor's period.
    pub limit: u64,
    /// Calls used by everybody.
    pub used: u64,
    /// When the vendor said so.
    pub at: DateTime<Utc>,
}

/// What [`crate::Connector::check`] saw. A broken link is a finding, so there is always an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The organisation; `None` when it could not be asked.
    pub organization: Option<Organization>,
    /// Who we are there; `None` when it could not be asked.
    pub principal: Option<Principal>,
    /// What is the matter, worst first within a process.
    pub findings: Vec<Finding>,
    /// Calls left.
    pub allowance: Option<Allowance>,
}

impl Diagnosis {
    /// Says whether `process` cannot do its work: an error about it or about the connection as a whole.
    #[must_use]
    pub fn is_broken(&self, process: Process) -> bool {
        self.findings
            .iter()
            .any(|f| f.severity == Severity::Error && f.process.is_none_or(|concerned| concerned == process))
    }
}
