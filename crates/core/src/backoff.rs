//! Waits between repeated attempts: exponential, bounded and spread at random.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// Exponential backoff: the wait doubles with every attempt up to a limit.
///
/// The jitter adds up to one further wait at random, so that clients which failed together do not return together.
///
/// ```
/// # use std::time::Duration;
/// use seatgraph_core::Backoff;
///
/// let backoff = Backoff { first: Duration::from_secs(1), limit: Duration::from_secs(60) };
/// let third = backoff.after(3);
/// assert!(third >= Duration::from_secs(4) && third < Duration::from_secs(8));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failed attempt, without jitter.
    pub first: Duration,
    /// The longest wait, without jitter.
    pub limit: Duration,
}

impl Backoff {
    /// Returns the wait after failed attempt number `attempt`, counted from 1.
    #[must_use]
    pub fn after(self, attempt: u32) -> Duration {
        let earlier = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(Self::DOUBLINGS);
        self.waits().nth(earlier).unwrap_or(self.limit)
    }

    /// Returns the waits after the first, second and every further failed attempt, without end.
    pub fn waits(self) -> impl Iterator<Item = Duration> + Send {
        let waits = ExponentialBuilder::new().with_min_delay(self.first.min(self.limit)).with_max_delay(self.limit);
        waits.with_jitter().without_max_times().build()
    }

    /// More doublings than these exceed every limit that makes sense.
    const DOUBLINGS: usize = 40;
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), limit: Duration::from_secs(60) };

    #[test]
    fn waits_double_up_to_their_limit_and_jitter_adds_less_than_one_more() {
        for (attempt, seconds) in [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (100, 60), (u32::MAX, 60)] {
            let (wait, base) = (BACKOFF.after(attempt), Duration::from_secs(seconds));
            assert!(wait >= base && wait <= base * 2, "attempt {attempt}: {wait:?}");
        }
    }

    #[test]
    fn clients_that_failed_together_do_not_return_together() {
        let waits: std::collections::BTreeSet<_> = (0..20).map(|_| BACKOFF.after(4)).collect();
        assert!(waits.len() > 1);
    }
}
