//! Outcomes of one claim of a run.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::{Cursor, Finding, Process};
use seatgraph_store as store;

/// The outcome of one claim of a run. [`super::record`] writes it.
#[derive(Debug)]
pub(super) enum RunOutcome {
    /// The run is complete.
    Succeeded {
        /// Findings in addition to those of its pages.
        findings: Vec<Finding>,
        /// Cursors of the next incremental runs, for each process that succeeded.
        bookmarks: Vec<(Process, Option<Cursor>)>,
    },
    /// A user must act first.
    Failed {
        /// Findings, worst first.
        findings: Vec<Finding>,
        /// Whether the credential was rejected.
        reauthenticate: bool,
    },
    /// Cancelled on request.
    Cancelled,
    /// It waits for the API limit; `None` if the time is unknown.
    Paused { until: Option<DateTime<Utc>>, reason: String },
    /// It would retire suspiciously many records.
    Suspect { reason: String },
    /// A transient error; `finding` is recorded if the attempts are used up.
    Retry { at_least: Option<Duration>, finding: Box<Finding> },
    /// The worker stops; another one continues.
    Requeued,
    /// Another worker has the run; nothing may be written.
    Lost,
}

impl RunOutcome {
    pub(super) fn failed(finding: Finding) -> Self {
        Self::Failed { findings: vec![finding], reauthenticate: false }
    }
}

/// An error of the store: a lost lease is final, other errors may be transient.
impl From<store::Error> for RunOutcome {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::LostLease => Self::Lost,
            other => {
                tracing::warn!(error = %other, error.cause = ?other, "sync run failed with a database error");
                let finding = Finding::new(
                    "DATABASE_ERROR",
                    seatgraph_core::Severity::Error,
                    "The gateway's database did not take in what was downloaded.",
                    "Look at the gateway's log for the cause, then start another sync.",
                );
                Self::Retry { at_least: None, finding: Box::new(finding) }
            }
        }
    }
}
