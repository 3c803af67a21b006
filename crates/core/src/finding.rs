//! Findings of a check or a sync, and what to do about them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Process;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Information; the process is complete.
    Info,
    /// Some data is missing; the process continues without it.
    Warning,
    /// The process cannot run.
    Error,
}

/// A problem or a notice for an administrator, with its evidence and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code, for example `PERMISSION_MISSING`. Clients may depend on it.
    pub code: String,
    /// The severity.
    pub severity: Severity,
    /// The affected process; `None` for the connection as a whole.
    pub process: Option<Process>,
    /// The problem, in one or two sentences.
    pub message: String,
    /// The evidence: the vendor's error code and message, or a count. Never a secret or personal data.
    pub seen: Option<String>,
    /// What an administrator has to do.
    pub remedy: String,
    /// A page of the vendor's documentation.
    pub docs_url: Option<String>,
}

impl Finding {
    /// Makes a finding without evidence, process and documentation.
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

    /// Sets the affected process.
    #[must_use]
    pub const fn with_process(mut self, process: Process) -> Self {
        self.process = Some(process);
        self
    }

    /// Sets the evidence.
    #[must_use]
    pub fn with_seen(mut self, seen: impl Into<String>) -> Self {
        self.seen = Some(seen.into());
        self
    }

    /// Sets the page of the vendor's documentation.
    #[must_use]
    pub fn with_docs(mut self, url: impl Into<String>) -> Self {
        self.docs_url = Some(url.into());
        self
    }
}

/// The organisation of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The vendor's immutable id. No two profiles have the same.
    pub external_id: String,
    /// The name.
    pub name: String,
    /// Whether it is a sandbox.
    pub sandbox: bool,
    /// The vendor's name of the edition.
    pub edition: Option<String>,
}

/// The account as which the connection is authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorUser {
    /// The external id.
    pub external_id: String,
    /// The username.
    pub username: String,
}

/// The API calls of an organisation, as the vendor counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Calls allowed per period of the vendor.
    pub limit: u64,
    /// Calls used by all clients.
    pub used: u64,
    /// The time of the report.
    pub at: DateTime<Utc>,
}

/// The result of [`Connector::check`](crate::Connector::check).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The organisation; `None` if it could not be read.
    pub organization: Option<Organization>,
    /// The authenticated account; `None` if it could not be read.
    pub principal: Option<VendorUser>,
    /// The findings, the most severe first within a process.
    pub findings: Vec<Finding>,
    /// The API calls used and allowed.
    pub allowance: Option<Allowance>,
}

impl Diagnosis {
    /// Says whether `process` cannot run: it has a finding of severity `Error`, or the connection as a whole has one.
    #[must_use]
    pub fn is_broken(&self, process: Process) -> bool {
        self.findings
            .iter()
            .any(|f| f.severity == Severity::Error && f.process.is_none_or(|concerned| concerned == process))
    }
}
