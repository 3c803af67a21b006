//! The engine's next step after each kind of connector error.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::ErrorKind;

/// The engine's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorAction {
    /// Restart the process.
    StartOver,
    /// Wait for the API limit.
    Pause(Option<DateTime<Utc>>),
    /// Requeue the run and retry later.
    Retry(Option<Duration>),
    /// Fail the process; the others continue.
    FailProcess,
    /// Fail the run: the connection cannot be used.
    FailRun {
        /// Whether the credential was rejected.
        reauthenticate: bool,
    },
}

/// Returns the next step after an error of that kind.
pub(super) const fn of(kind: ErrorKind) -> ErrorAction {
    match kind {
        ErrorKind::CursorExpired => ErrorAction::StartOver,
        ErrorKind::QuotaExhausted { until } => ErrorAction::Pause(until),
        ErrorKind::RateLimited { retry_after } => ErrorAction::Retry(retry_after),
        // A panic is `Unexpected` too: both may depend on what the vendor happened to answer.
        ErrorKind::Unavailable | ErrorKind::Conflict | ErrorKind::Unexpected => ErrorAction::Retry(None),
        ErrorKind::Unauthenticated => ErrorAction::FailRun { reauthenticate: true },
        ErrorKind::ConfigInvalid => ErrorAction::FailRun { reauthenticate: false },
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Unsupported
        | ErrorKind::Malformed
        | ErrorKind::Refused => ErrorAction::FailProcess,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_next_step() {
        let until = Some(DateTime::UNIX_EPOCH);
        let wait = Some(Duration::from_secs(7));
        let table = [
            (ErrorKind::CursorExpired, ErrorAction::StartOver),
            (ErrorKind::QuotaExhausted { until }, ErrorAction::Pause(until)),
            (ErrorKind::RateLimited { retry_after: wait }, ErrorAction::Retry(wait)),
            (ErrorKind::Unavailable, ErrorAction::Retry(None)),
            (ErrorKind::Unexpected, ErrorAction::Retry(None)),
            (ErrorKind::Unauthenticated, ErrorAction::FailRun { reauthenticate: true }),
            (ErrorKind::ConfigInvalid, ErrorAction::FailRun { reauthenticate: false }),
            (ErrorKind::Forbidden, ErrorAction::FailProcess),
            (ErrorKind::Malformed, ErrorAction::FailProcess),
            (ErrorKind::Refused, ErrorAction::FailProcess),
        ];
        for (kind, expected) in table {
            assert_eq!(of(kind), expected, "{}", kind.code());
        }
    }
}
