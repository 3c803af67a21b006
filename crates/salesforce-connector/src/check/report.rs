//! What a check has found so far.

use seatgraph_core::{Error, ErrorKind, Finding, Result, Severity};

use crate::errors::reported;
use crate::findings;

/// The findings so far, and whether a further request can succeed.
#[derive(Debug, Default)]
pub(super) struct CheckReport {
    pub(super) findings: Vec<Finding>,
    pub(super) is_over: bool,
}

impl CheckReport {
    /// Awaits one request; `None` when it failed, or when an earlier failure makes it pointless.
    pub(super) async fn read<T>(&mut self, what: &str, request: impl Future<Output = Result<T>>) -> Option<T> {
        if self.is_over {
            return None;
        }
        match request.await {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.is_over = concerns_everything(&error);
                self.findings.push(match error.finding() {
                    // Nothing could be read, so even a transient failure is an error here.
                    Some(finding) => Finding { severity: Severity::Error, ..finding.clone() },
                    None if self.is_over => broken(&error),
                    None => incomplete(what, &error),
                });
                None
            }
        }
    }

    /// Adds findings, each once.
    pub(super) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

fn concerns_everything(error: &Error) -> bool {
    let for_all = matches!(
        error.kind(),
        ErrorKind::Unauthenticated
            | ErrorKind::ConfigInvalid
            | ErrorKind::Unavailable
            | ErrorKind::QuotaExhausted { .. }
            | ErrorKind::RateLimited { .. }
    );
    // A finding without a process is about the connection as a whole.
    for_all || error.finding().is_some_and(|finding| finding.process.is_none())
}

fn broken(error: &Error) -> Finding {
    let (message, remedy) = match error.kind() {
        ErrorKind::Unauthenticated => ("Salesforce does not accept the credential.", "Enter the credential again."),
        ErrorKind::ConfigInvalid => {
            ("The properties of the connection are not valid.", "Correct the properties of the connection.")
        }
        ErrorKind::RateLimited { .. } | ErrorKind::QuotaExhausted { .. } => (
            "Salesforce accepts no more API calls at the moment.",
            "Check again later, or buy more API calls from Salesforce.",
        ),
        _ => (
            "Salesforce is not available at the moment.",
            "Check that instanceUrl is the organisation's My Domain URL, then look at status.salesforce.com.",
        ),
    };
    Finding::new(error.kind().code(), Severity::Error, message, remedy)
        .with_seen(reported(error))
        .with_docs(findings::ERROR_CODES)
}

fn incomplete(what: &str, error: &Error) -> Finding {
    Finding::new(
        "CHECK_INCOMPLETE",
        Severity::Warning,
        format!("Salesforce refused to return {what}, so this part could not be checked."),
        "Look up the error in Salesforce's list of error codes. The processes may work nevertheless.",
    )
    .with_seen(reported(error))
    .with_docs(findings::ERROR_CODES)
}
