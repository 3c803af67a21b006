//! How one claim of a run ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::{Cursor, Finding, Process};
use seatgraph_store as store;

/// What is to become of the run. Made by decisions, carried out by [`super::settle`].
#[derive(Debug)]
pub(super) enum Verdict {
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
    /// Somebody cancelled it.
    Cancelled,
    /// It waits for the allowance; `None` when nobody knows how long.
    Paused { until: Option<DateTime<Utc>>, reason: String },
    /// It would retire suspiciously much.
    Suspect { reason: String },
    /// Something passing came between; `finding` counts when it does not pass.
    Retry { at_least: Option<Duration>, finding: Box<Finding> },
    /// This worker stops; another goes on.
    HandedBack,
    /// Another worker has it already; nothing may be written.
    Lost,
}

impl Verdict {
    pub(super) fn failed(finding: Finding) -> Self {
        Self::Failed { findings: vec![finding], reauthenticate: false }
    }
}

/// A store that does not do as asked: a lost lease is lost, everything else may pass.
impl From<store::Error> for Verdict {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::LostLease => Self::Lost,
            other => {
                tracing::warn!(error = %other, error.cause = ?other, "run met a database error");
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
