//! What follows from an error of a connector, as a table.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::ErrorKind;

/// The engine's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorAction {
    /// Begin the process again.
    StartOver,
    /// Wait for the allowance.
    Pause(Option<DateTime<Utc>>),
    /// Put the run back and try later.
    Retry(Option<Duration>),
    /// The process cannot go on; the others may.
    FailProcess,
    /// Nothing can go on through this connection.
    FailRun {
        /// Whether the credential itself was refused.
        reauthenticate: bool,
    },
}

/// Decides what follows from an error of that kind.
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
