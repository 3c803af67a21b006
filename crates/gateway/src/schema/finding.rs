//! Findings: problems of a connection, with evidence and remedy.

use async_graphql::{Enum, SimpleObject};
use chrono::Utc;
use seatgraph_store::StoredFinding;

use super::process::Process;
use super::scalars::{DateTime, Url};

/// A problem of a connection or process, with evidence and a remedy.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Finding {
    /// Time when the problem was found.
    at: DateTime,
    /// Stable code, such as `PERMISSION_MISSING`.
    code: String,
    /// Vendor documentation. Null if there is none.
    docs_url: Option<Url>,
    /// Description of the problem.
    message: String,
    /// Affected process. Null if the whole connection is affected.
    pub(crate) process: Option<Process>,
    /// What an administrator can do about the problem.
    remedy: String,
    /// Evidence, such as the vendor's error code or a count. Null if there is none.
    seen: Option<String>,
    /// Severity of the problem.
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

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seatgraph_core::Severity")]
pub(crate) enum Severity {
    /// Information only. Nothing is missing.
    Info,
    /// Something is missing. The process continues without it.
    Warning,
    /// The process cannot run.
    Error,
}
