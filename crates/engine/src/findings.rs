//! Findings of the engine, and findings for connector errors that bring none.

use std::any::Any;

use seatgraph_core::{Diagnosis, Error, ErrorKind, Finding, Manifest, Organization, Process, Severity};
use seatgraph_store::Health;

use crate::Refusal;

/// Converts an error to a finding: the connector's own, or a general one for the kind of error.
pub(crate) fn of_error(error: &Error, process: Option<Process>) -> Finding {
    let mut finding = error.finding().cloned().unwrap_or_else(|| {
        let severity = Severity::Error;
        Finding::new(error.kind().code(), severity, sentence(error.message()), remedy(error.kind()))
            .with_seen(error.to_string())
    });
    finding.process = finding.process.or(process);
    finding
}

/// Sets the connector's documentation page on findings without one.
pub(crate) fn refer_to(manifest: &Manifest, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.docs_url.is_none()) {
        finding.docs_url = manifest.docs_url.map(str::to_owned);
    }
}

/// A connector panicked.
pub(crate) fn of_panic(message: &str, process: Option<Process>) -> Finding {
    let error = Error::new(ErrorKind::Unexpected, format!("connector panicked: {message}"));
    of_error(&error, process)
}

/// The number of rows in a snapshot differs from the organisation's own count.
pub(crate) fn incomplete(process: Process, done: i64, total: i64) -> Finding {
    Finding::new(
        "INCOMPLETE_SNAPSHOT",
        Severity::Warning,
        "The number of records that the organisation returned differs from its own count. Nothing was retired.",
        "Start another sync. If the problem persists, check that the connection has permission to read all records.",
    )
    .with_process(process)
    .with_seen(format!("{done} of {total} rows"))
}

/// A run skipped invalid rows.
pub(crate) fn rejected(rows: i64, too_many: bool) -> Finding {
    let (code, consequence) = if too_many {
        ("TOO_MANY_ROWS_REJECTED", "Nothing was retired")
    } else {
        ("ROWS_REJECTED", "The other rows were stored")
    };
    Finding::new(
        code,
        Severity::Warning,
        format!("Some of the organisation's rows are invalid. {consequence}."),
        "Check the skipped rows. If they are correct at the vendor, report the problem to the connector's author.",
    )
    .with_seen(format!("{rows} rows"))
}

/// The database belongs to another installation or was restored from a backup.
pub(crate) fn quarantined(reason: &str) -> Finding {
    Finding::new(
        "QUARANTINE",
        Severity::Error,
        format!("All vendor calls are blocked: {reason}."),
        "To use this database with this gateway from now on, run `seatgraph adopt --reason \"…\"` on the gateway's \
         machine. If the database is a copy for tests, do nothing.",
    )
}

/// A connector returned the same cursor twice.
pub(crate) fn stuck(process: Process) -> Finding {
    Finding::new(
        "CURSOR_STUCK",
        Severity::Error,
        "The connector returned the same cursor again, so the sync made no progress.",
        "This is a bug in the connector. Report it to the connector's author.",
    )
    .with_process(process)
}

/// A run reached the maximum number of attempts.
pub(crate) fn spent(attempts: i32) -> Finding {
    Finding::new(
        "ATTEMPTS_SPENT",
        Severity::Error,
        "The run reached the maximum number of attempts without progress.",
        "Check the gateway's log at the time of the run, then start another sync.",
    )
    .with_seen(format!("{attempts} attempts"))
}

/// A cursor expired again after the process was restarted.
pub(crate) fn expires_always(process: Process) -> Finding {
    Finding::new(
        "CURSOR_EXPIRED",
        Severity::Error,
        "The vendor's cursor expired again after the process was restarted.",
        "Start another sync. If the problem persists, report it to the connector's author.",
    )
    .with_process(process)
}

/// The connection reaches another organisation than the tracked one. `None` if it is the same.
pub(crate) fn other_organization(tracked: &Organization, now: &Organization) -> Option<Finding> {
    let (before, now) = (&tracked.external_id, &now.external_id);
    let finding = || {
        Finding::new(
            "ORGANIZATION_CHANGED",
            Severity::Error,
            "The connection reaches a different organisation than the one that this profile tracks.",
            "Correct the instance URL or credential of the alias, or create a new profile for the other organisation.",
        )
        .with_seen(format!("{now} instead of {before}"))
    };
    (before != now).then(finding)
}

/// The alias has no valid instance URL.
pub(crate) fn no_address() -> Finding {
    Finding::new(
        "CONFIG_INVALID",
        Severity::Error,
        "The connection alias has no valid instance URL.",
        "Set instanceUrl on the alias.",
    )
}

/// The instance URL does not belong to the vendor.
pub(crate) fn foreign_address(manifest: &Manifest) -> Finding {
    Finding::new(
        "ADDRESS_FOREIGN",
        Severity::Error,
        format!("The instance URL is not a URL of {}.", manifest.name),
        format!(
            "Enter a URL that starts with https:// and whose host is a subdomain of {}.",
            manifest.hosts.join(" or ")
        ),
    )
}

/// The instance URL points to the gateway's own machine.
pub(crate) fn loopback_address() -> Finding {
    Finding::new(
        "ADDRESS_ON_THIS_MACHINE",
        Severity::Error,
        "The instance URL points to the gateway's own machine.",
        "Enter the vendor's URL. To use a simulator, set loopback_vendors = true under [engine] in the configuration.",
    )
}

/// A token response contains a URL that does not belong to the vendor.
pub(crate) fn foreign_token() -> Finding {
    Finding::new(
        "TOKEN_ADDRESS_FOREIGN",
        Severity::Error,
        "The token response contains a URL that does not belong to the vendor. The token was not used.",
        "Check the instance URL of the connection alias. If it is correct, report the problem to the vendor.",
    )
}

/// An OAuth callback has an unknown, used or expired state.
pub(crate) fn consent_unknown() -> Finding {
    Finding::new(
        "CONSENT_UNKNOWN",
        Severity::Error,
        "This authorisation is unknown: it was started by another user or gateway, was already completed, or has expired after ten minutes.",
        "Start the authorisation again and complete it in the same browser.",
    )
}

/// A delegated link does not exist.
pub(crate) fn link_unknown() -> Finding {
    Finding::new(
        "LINK_UNKNOWN",
        Severity::Error,
        "This link does not exist.",
        "Make sure that the complete link was copied, or ask the sender for a new one.",
    )
}

/// A delegated link was used, was revoked or has expired.
pub(crate) fn link_over() -> Finding {
    Finding::new(
        "LINK_OVER",
        Severity::Error,
        "This link was already used, was revoked, or has expired.",
        "If you have used it, nothing more is needed. Otherwise, ask the sender for a new one.",
    )
}

/// The alias of a delegated link changed and cannot be authorised.
pub(crate) fn link_hindered(refusals: &[Refusal]) -> Finding {
    let said: Vec<_> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    Finding::new(
        "LINK_HINDERED",
        Severity::Error,
        "The connection was changed after the link was created and cannot be authorised.",
        "Ask the sender of the link to correct the connection. The link will then work again.",
    )
    .with_seen(said.join("; "))
}

/// The vendor granted no refresh token.
pub(crate) fn no_refresh_token() -> Finding {
    Finding::new(
        "OAUTH_NO_REFRESH_TOKEN",
        Severity::Error,
        "The vendor did not grant a refresh token, so the access would expire soon.",
        "Add the scope refresh_token to the application, let its policy keep refresh tokens until they are revoked, \
         and start the authorisation again.",
    )
}

/// The organisation did not respond to a check in time.
pub(crate) fn check_timed_out() -> Finding {
    Finding::new(
        "CHECK_TIMED_OUT",
        Severity::Error,
        "The organisation did not respond in time.",
        "Check the instance URL and that the gateway can reach it. Then validate again.",
    )
}

/// Derives the health of a process from a diagnosis.
pub(crate) fn health(diagnosis: &Diagnosis, process: Process) -> Health {
    if diagnosis.is_broken(process) {
        return Health::Broken;
    }
    health_of(&diagnosis.findings, process)
}

/// Derives the health of a process that completed with these findings.
pub(crate) fn health_of(findings: &[Finding], process: Process) -> Health {
    let concerns = |finding: &&Finding| finding.process.is_none_or(|concerned| concerned == process);
    match findings.iter().filter(concerns).map(|finding| finding.severity).max() {
        Some(Severity::Error | Severity::Warning) => Health::Degraded,
        Some(Severity::Info) | None => Health::Healthy,
    }
}

/// Reads the message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

const fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConfigInvalid => "Correct the connection alias, then validate the profile.",
        ErrorKind::Unauthenticated => "Set the credential of the alias again, then resume the profile.",
        ErrorKind::Forbidden => "Grant the permissions that the process lists, then start a sync.",
        ErrorKind::RateLimited { .. } | ErrorKind::Unavailable => {
            "If the problem persists, check that the gateway can reach the organisation."
        }
        ErrorKind::QuotaExhausted { .. } => {
            "No action is needed. The run continues when the vendor allows calls again."
        }
        ErrorKind::Unsupported => "Disable the process.",
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::CursorExpired => "Start another sync.",
        ErrorKind::Malformed | ErrorKind::Refused | ErrorKind::Unexpected => {
            "Start another sync. If the problem persists, report it to the connector's author."
        }
    }
}

/// Converts an error message to a sentence.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: Process = Process::DownloadSubscriptions;

    fn found(severity: Severity, process: Option<Process>) -> Finding {
        Finding { process, ..Finding::new("CODE", severity, "Message.", "Remedy.") }
    }

    #[test]
    fn the_connectors_words_outrank_ours_and_the_process_is_added() {
        let error = Error::new(ErrorKind::Forbidden, "no").with_finding(found(Severity::Warning, None));
        let finding = of_error(&error, Some(PROCESS));
        assert_eq!((finding.code.as_str(), finding.process), ("CODE", Some(PROCESS)));
    }

    #[test]
    fn an_error_without_words_gets_its_kind_and_a_remedy() {
        let finding = of_error(&Error::new(ErrorKind::Malformed, "answer is not understood"), None);
        assert_eq!((finding.code.as_str(), finding.message.as_str()), ("MALFORMED", "Answer is not understood."));
        assert_eq!(finding.severity, Severity::Error);
    }

    #[test]
    fn health_is_the_worst_of_what_concerns_the_process() {
        let other = Some(Process::PullUserActivity);
        let health_with = |findings| health(&Diagnosis { findings, ..Diagnosis::default() }, PROCESS);
        assert_eq!(health_with(vec![]), Health::Healthy);
        assert_eq!(health_with(vec![found(Severity::Info, Some(PROCESS))]), Health::Healthy);
        assert_eq!(health_with(vec![found(Severity::Warning, None)]), Health::Degraded);
        assert_eq!(health_with(vec![found(Severity::Error, Some(PROCESS))]), Health::Broken);
        assert_eq!(health_with(vec![found(Severity::Error, other)]), Health::Healthy);
    }
}
