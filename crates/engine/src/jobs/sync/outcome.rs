//! How one claim of a run ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::{Cursor, Finding, Process};
use seatgraph_store as store;

/// The outcome of one claim of a run. Decisions make it, and [`super::record`] writes it.
#[derive(Debug)]
pub(super) enum RunOutcome {
    /// It reached its end.
    Succeeded {
        /// Added to what its pages found.
        findings: Vec<Finding>,
        /// Where the next incremental passes begin, for each process that succeeded.
        bookmarks: Vec<(Process, Option<Cursor>)>,
    },
    /// A person must do something first.
    Failed {
        /// What, worst first.
        findings: Vec<Finding>,
        /// Whether the credential itself was refused.
        reauthenticate: bool,
    },
    /// Cancelled on request.
    Cancelled,
    /// It waits for the allowance; `None` when nobody knows how long.
    Paused { until: Option<DateTime<Utc>>, reason: String },
    /// It would retire suspiciously much.
    Suspect { reason: String },
    /// Something passing came between; `finding` counts when it does not pass.
    Retry { at_least: Option<Duration>, finding: Box<Finding> },
    /// The worker stops; another one continues.
    Requeued,
    /// Another worker has it already; nothing may be written.
    Lost,
}

impl RunOutcome {
    pub(super) fn failed(finding: Finding) -> Self {
        Self::Failed { findings: vec![finding], reauthenticate: false }
    }
}

/// A store that does not do as asked: a lost lease is lost, everything else may pass.
impl From<store::Error> for RunOutcome {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::LostLease => Self::Lost,
            other => {
                tracing::warn!(error = %other, error.cause = ?other, "sync run met a database error");
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
