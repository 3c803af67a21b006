//! Goes no faster than the vendor likes.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Blocker, Connector, Cursor, Diagnosis, Order, Page, Process, Receipt, Result};

/// How fast a connection may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThrottleSettings {
    /// Calls begun per second.
    pub per_second: NonZeroU32,
    /// Calls that may begin at once after a rest.
    pub burst: NonZeroU32,
    /// Calls under way at the same time.
    pub concurrency: NonZeroU32,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        let [per_second, burst, concurrency] = [25, 25, 5].map(|n| NonZeroU32::new(n).expect("not zero"));
        Self { per_second, burst, concurrency }
    }
}

/// Holds calls back until there is room and it is time.
///
/// A call of the contract may be several requests on the wire; the vendor's own count of those is the meter's business
/// ([`crate::http::Meter`]), and the allowance the engine's. This layer keeps one connection from being rude: its rate
/// is a leaky bucket (a burst after a rest, then an even pace), its room a number of calls under way.
#[derive(Debug)]
pub struct Throttle<C> {
    inner: C,
    room: Semaphore,
    pace: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Instant>>,
}

/// The runtime's clock, which tests can turn.
#[derive(Debug, Clone, Copy, Default)]
struct TokioClock;

impl GovernorClock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

impl<C: Connector> Throttle<C> {
    /// Paces `inner`.
    pub fn new(inner: C, settings: ThrottleSettings) -> Self {
        let quota = Quota::per_second(settings.per_second).allow_burst(settings.burst);
        let places = usize::try_from(settings.concurrency.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            inner,
            room: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
            pace: RateLimiter::direct_with_clock(quota, TokioClock),
        }
    }

    /// Waits for a place first and for its turn second, so that a call which waits for its turn is one that will go.
    async fn turn(&self) -> SemaphorePermit<'_> {
        let place = self.room.acquire().await.expect("the semaphore is never closed");
        while let Err(early) = self.pace.check() {
            tokio::time::sleep(early.wait_time_from(TokioClock.now()).max(Duration::from_millis(1))).await;
        }
        place
    }
}

#[async_trait]
impl<C: Connector> Connector for Throttle<C> {
    async fn check(&self) -> Diagnosis {
        let _turn = self.turn().await;
        self.inner.check().await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let _turn = self.turn().await;
        self.inner.pull(process, from).await
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        let _turn = self.turn().await;
        self.inner.preflight(orders).await
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        let _turn = self.turn().await;
        self.inner.reclaim(orders).await
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        let _turn = self.turn().await;
        self.inner.restore(receipt).await
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::layers::scripted::Scripted;

    fn settings(per_second: u32, burst: u32, concurrency: u32) -> ThrottleSettings {
        let [per_second, burst, concurrency] = [per_second, burst, concurrency].map(|n| NonZeroU32::new(n).unwrap());
        ThrottleSettings { per_second, burst, concurrency }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_burst_wait_for_their_turn() {
        let (scripted, _) = Scripted::answering([]);
        let connector = Throttle::new(scripted, settings(2, 1, 100));
        let begun = tokio::time::Instant::now();
        for _ in 0..5 {
            connector.pull(Process::PullUserActivity, None).await.unwrap();
        }
        // The first goes at once, the other four half a second apart; the timer's grain is a millisecond.
        let taken = begun.elapsed();
        assert!((Duration::from_secs(2)..Duration::from_millis(2050)).contains(&taken), "{taken:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_calls_are_under_way_than_allowed() {
        let (scripted, calls) = Scripted::taking(Duration::from_secs(1));
        let connector = Throttle::new(scripted, settings(1000, 1000, 3));
        join_all((0..10).map(|_| connector.pull(Process::PullUserActivity, None))).await;
        assert_eq!((calls.count(), calls.most_at_once()), (10, 3));
    }
}
