//! What follows from an error of a connector: a table, and nothing else.

use std::time::Duration;

use chrono::{DateTime, Utc};
use seatgraph_core::ErrorKind;

/// The engine's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
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
pub(super) const fn of(kind: ErrorKind) -> Disposition {
    match kind {
        ErrorKind::CursorExpired => Disposition::StartOver,
        ErrorKind::QuotaExhausted { until } => Disposition::Pause(until),
        ErrorKind::RateLimited { retry_after } => Disposition::Retry(retry_after),
        // A panic is `Unexpected` too: both may depend on what the vendor happened to answer.
        ErrorKind::Unavailable | ErrorKind::Conflict | ErrorKind::Unexpected => Disposition::Retry(None),
        ErrorKind::Unauthenticated => Disposition::FailRun { reauthenticate: true },
        ErrorKind::ConfigInvalid => Disposition::FailRun { reauthenticate: false },
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Unsupported
        | ErrorKind::Malformed
        | ErrorKind::Refused => Disposition::FailProcess,
    }
}

/// How long to wait before attempt `attempt + 1`: doubled each time, up to `limit`, plus up to a quarter by `dice`
/// (0 to 1) so that runs which failed together do not return together.
pub(super) fn backoff(first: Duration, limit: Duration, attempt: i32, dice: f64) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(20);
    let wait = first.saturating_mul(1 << doublings).min(limit);
    wait + wait.mul_f64(dice.clamp(0.0, 1.0) / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_next_step() {
        let until = Some(DateTime::UNIX_EPOCH);
        let wait = Some(Duration::from_secs(7));
        let table = [
            (ErrorKind::CursorExpired, Disposition::StartOver),
            (ErrorKind::QuotaExhausted { until }, Disposition::Pause(until)),
            (ErrorKind::RateLimited { retry_after: wait }, Disposition::Retry(wait)),
            (ErrorKind::Unavailable, Disposition::Retry(None)),
            (ErrorKind::Unexpected, Disposition::Retry(None)),
            (ErrorKind::Unauthenticated, Disposition::FailRun { reauthenticate: true }),
            (ErrorKind::ConfigInvalid, Disposition::FailRun { reauthenticate: false }),
            (ErrorKind::Forbidden, Disposition::FailProcess),
            (ErrorKind::Malformed, Disposition::FailProcess),
            (ErrorKind::Refused, Disposition::FailProcess),
        ];
        for (kind, expected) in table {
            assert_eq!(of(kind), expected, "{}", kind.code());
        }
    }

    #[test]
    fn waits_double_up_to_their_limit() {
        let (first, limit) = (Duration::from_secs(5), Duration::from_secs(60));
        let waits: Vec<_> = [1, 2, 3, 4, 5, 100].map(|attempt| backoff(first, limit, attempt, 0.0).as_secs()).into();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn the_dice_add_a_quarter_at_most() {
        let wait = backoff(Duration::from_secs(8), Duration::from_secs(60), 1, 1.0);
        assert_eq!(wait, Duration::from_secs(10));
    }
}
