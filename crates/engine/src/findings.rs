//! What the engine itself has to say to a person, and what an error says when its connector left the words to us.

use std::any::Any;

use seatgraph_core::{Diagnosis, Error, ErrorKind, Finding, Manifest, Organization, Process, Severity};
use seatgraph_store::Health;

use crate::Refusal;

/// Says what an error means to a person: the connector's own words, or general ones for its kind.
pub(crate) fn of_error(error: &Error, process: Option<Process>) -> Finding {
    let mut finding = error.finding().cloned().unwrap_or_else(|| {
        let severity = Severity::Error;
        Finding::new(error.kind().code(), severity, sentence(error.message()), remedy(error.kind()))
            .with_seen(error.to_string())
    });
    finding.process = finding.process.or(process);
    finding
}

/// Leads findings that name no page of the vendor's to the connector's own.
pub(crate) fn refer_to(manifest: &Manifest, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.docs_url.is_none()) {
        finding.docs_url = manifest.docs_url.map(str::to_owned);
    }
}

/// Says that a connector's code panicked.
pub(crate) fn of_panic(message: &str, process: Option<Process>) -> Finding {
    let error = Error::new(ErrorKind::Unexpected, format!("connector panicked: {message}"));
    of_error(&error, process)
}

/// A snapshot that ended with fewer or more rows than the organisation has.
pub(crate) fn incomplete(process: Process, done: i64, total: i64) -> Finding {
    Finding::new(
        "INCOMPLETE_SNAPSHOT",
        Severity::Warning,
        "The organisation named fewer or more records than it says it has, so nothing was retired.",
        "Start another sync; when it happens again, check that the connection may see every record.",
    )
    .with_process(process)
    .with_seen(format!("{done} of {total} rows"))
}

/// Rows that could not be understood, few or many.
pub(crate) fn rejected(rows: i64, too_many: bool) -> Finding {
    let (code, consequence) = if too_many {
        ("TOO_MANY_ROWS_REJECTED", "so nothing was retired")
    } else {
        ("ROWS_REJECTED", "the others were taken in")
    };
    Finding::new(
        code,
        Severity::Warning,
        format!("Some of the organisation's rows were not understood; {consequence}."),
        "Look at the rows left out; when they are right at the vendor, report them to the connector's author.",
    )
    .with_seen(format!("{rows} rows"))
}

/// A database that came from elsewhere, or was put back.
pub(crate) fn quarantined(reason: &str) -> Finding {
    Finding::new(
        "QUARANTINE",
        Severity::Error,
        format!("No vendor is touched: {reason}."),
        "When this gateway is to work with this database from now on, run `seatgraph adopt --reason \"…\"` on its \
         machine; when it is a copy for tests, leave it as it is.",
    )
}

/// A connector whose position does not move.
pub(crate) fn stuck(process: Process) -> Finding {
    Finding::new(
        "CURSOR_STUCK",
        Severity::Error,
        "The connector asked to go on from where it already was.",
        "This is a bug of the connector; report it to its author.",
    )
    .with_process(process)
}

/// A run that ended every process that tried it.
pub(crate) fn spent(attempts: i32) -> Finding {
    Finding::new(
        "ATTEMPTS_SPENT",
        Severity::Error,
        "The run was started too often without getting a page further.",
        "Look at the gateway's log around the time of the run, then start another sync.",
    )
    .with_seen(format!("{attempts} attempts"))
}

/// A vendor that forgets every position it gave.
pub(crate) fn expires_always(process: Process) -> Finding {
    Finding::new(
        "CURSOR_EXPIRED",
        Severity::Error,
        "The position was forgotten again after the process had been started over.",
        "Start another sync; when it happens again, report it to the connector's author.",
    )
    .with_process(process)
}

/// A connection that leads to another organisation than the one that is tracked; `None` when it leads to that one.
pub(crate) fn other_organization(tracked: &Organization, now: &Organization) -> Option<Finding> {
    let (before, now) = (&tracked.external_id, &now.external_id);
    let finding = || {
        Finding::new(
            "ORGANIZATION_CHANGED",
            Severity::Error,
            "The connection now leads to another organisation than the one this profile tracks.",
            "Point the alias back, or delete the profile and make a new one for the other organisation.",
        )
        .with_seen(format!("{now} instead of {before}"))
    };
    (before != now).then(finding)
}

/// An instance URL that is none.
pub(crate) fn no_address() -> Finding {
    Finding::new(
        "CONFIG_INVALID",
        Severity::Error,
        "The instance URL of the connection alias is not an address.",
        "Set instanceUrl on the alias.",
    )
}

/// An instance URL that leads somewhere else than to the vendor.
pub(crate) fn foreign_address(manifest: &Manifest) -> Finding {
    Finding::new(
        "ADDRESS_FOREIGN",
        Severity::Error,
        format!("The instance URL is no address of {}.", manifest.name),
        format!("Enter an address that begins with https:// and lies below {}.", manifest.hosts.join(" or ")),
    )
}

/// An address on our own machine, where no vendor lives.
pub(crate) fn loopback_address() -> Finding {
    Finding::new(
        "ADDRESS_ON_THIS_MACHINE",
        Severity::Error,
        "The instance URL leads to the gateway's own machine.",
        "Enter the vendor's address; for a simulator, start the gateway with loopback_vendors = true under [engine].",
    )
}

/// A token whose answer leads somewhere else than to the vendor.
pub(crate) fn foreign_token() -> Finding {
    Finding::new(
        "TOKEN_ADDRESS_FOREIGN",
        Severity::Error,
        "The token's answer names an address that is not the vendor's, so the token was not used.",
        "Check the instance URL of the connection alias; when it is right, report this to the vendor.",
    )
}

/// A consent that comes back with a state that nobody waits for.
pub(crate) fn consent_unknown() -> Finding {
    Finding::new(
        "CONSENT_UNKNOWN",
        Severity::Error,
        "This consent was not begun here, was begun by somebody else, was used already, or took longer than ten minutes.",
        "Begin the authorization again, and finish it in the same browser.",
    )
}

/// A link that nobody made.
pub(crate) fn link_unknown() -> Finding {
    Finding::new(
        "LINK_UNKNOWN",
        Severity::Error,
        "There is no such link here.",
        "Make sure that the whole link was copied, or ask whoever sent it for a new one.",
    )
}

/// A link that was used, taken back, or has expired.
pub(crate) fn link_over() -> Finding {
    Finding::new(
        "LINK_OVER",
        Severity::Error,
        "This link was used already, was taken back, or has expired.",
        "Nothing, if you have used it. Otherwise ask whoever sent it for a new one.",
    )
}

/// A link whose alias can no longer be connected with it.
pub(crate) fn link_hindered(refusals: &[Refusal]) -> Finding {
    let said: Vec<_> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    Finding::new(
        "LINK_HINDERED",
        Severity::Error,
        "The connection was changed since the link was made, and cannot be authorised now.",
        "Tell whoever sent the link; they correct the connection, and the link works again.",
    )
    .with_seen(said.join("; "))
}

/// A consent that lasts for one session only.
pub(crate) fn no_refresh_token() -> Finding {
    Finding::new(
        "OAUTH_NO_REFRESH_TOKEN",
        Severity::Error,
        "The consent gives access for a moment only: the vendor granted no refresh token.",
        "Add the scope refresh_token to the application, let its policy keep refresh tokens until they are revoked, \
         and begin the authorization again.",
    )
}

/// A check that did not come to an end.
pub(crate) fn check_timed_out() -> Finding {
    Finding::new(
        "CHECK_TIMED_OUT",
        Severity::Error,
        "The organisation did not answer in time.",
        "Check the instance URL, and that the gateway can reach it; then validate again.",
    )
}

/// How well a process does by what was found.
pub(crate) fn health(diagnosis: &Diagnosis, process: Process) -> Health {
    if diagnosis.is_broken(process) {
        return Health::Broken;
    }
    health_of(&diagnosis.findings, process)
}

/// How well a process did that came to its end with these findings.
pub(crate) fn health_of(findings: &[Finding], process: Process) -> Health {
    let concerns = |finding: &&Finding| finding.process.is_none_or(|concerned| concerned == process);
    match findings.iter().filter(concerns).map(|finding| finding.severity).max() {
        Some(Severity::Error | Severity::Warning) => Health::Degraded,
        Some(Severity::Info) | None => Health::Healthy,
    }
}

/// Reads what a panic left behind.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

const fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConfigInvalid => "Correct the connection alias, then validate the profile.",
        ErrorKind::Unauthenticated => "Set the credentials on the alias again, then resume the profile.",
        ErrorKind::Forbidden => "Grant the connection the permissions that the process lists, then start a sync.",
        ErrorKind::RateLimited { .. } | ErrorKind::Unavailable => {
            "Nothing, when it passes; otherwise check that the gateway can reach the organisation."
        }
        ErrorKind::QuotaExhausted { .. } => "Nothing; the run goes on when calls are allowed again.",
        ErrorKind::Unsupported => "Switch the process off.",
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::CursorExpired => "Start another sync.",
        ErrorKind::Malformed | ErrorKind::Refused | ErrorKind::Unexpected => {
            "Start another sync; when it happens again, report it to the connector's author."
        }
    }
}

/// Makes a sentence of an error's message.
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
