//! Findings: what is the matter, what was seen, what to do.

use async_graphql::{Enum, SimpleObject};
use chrono::Utc;
use seatgraph_store::StoredFinding;

use super::connector::Process;
use super::scalars::{DateTime, Url};

/// Something that a person should know about a connection, with what was seen and what to do about it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Finding {
    /// When it was found.
    at: DateTime,
    /// A stable word for what is the matter, `PERMISSION_MISSING` for example.
    code: String,
    /// The vendor's page on the matter.
    docs_url: Option<Url>,
    /// What is the matter, in a sentence.
    message: String,
    /// The process that it concerns; null when it concerns the connection as a whole.
    pub(crate) process: Option<Process>,
    /// What to do about it, addressed to an administrator.
    remedy: String,
    /// What was seen that says so: the vendor's code and words, or a count.
    seen: Option<String>,
    /// How much it matters.
    severity: Severity,
}

impl Finding {
    pub(crate) fn found(at: chrono::DateTime<Utc>, finding: seatgraph_core::Finding) -> Self {
        Self {
            at: at.into(),
            code: finding.code,
            docs_url: finding.docs_url.map(Url),
            message: finding.message,
            process: finding.process.map(Process::from),
            remedy: finding.remedy,
            seen: finding.seen,
            severity: finding.severity.into(),
        }
    }
}

impl From<StoredFinding> for Finding {
    fn from(stored: StoredFinding) -> Self {
        Self::found(stored.at, stored.finding)
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::Severity")]
pub(crate) enum Severity {
    /// Worth knowing; nothing is missing.
    Info,
    /// Something is missing, and the process goes on without it.
    Warning,
    /// The process cannot do its work.
    Error,
}
