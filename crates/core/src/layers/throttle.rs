//! Limits the rate and the concurrency of calls.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Blocker, Connector, Cursor, Diagnosis, Order, Page, Process, Receipt, Result};

/// The limits of a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThrottleSettings {
    /// Calls started per second.
    pub per_second: NonZeroU32,
    /// Calls that may start at once after a pause.
    pub burst: NonZeroU32,
    /// Calls that may run at the same time.
    pub concurrency: NonZeroU32,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        let [per_second, burst, concurrency] = [25, 25, 5].map(|n| NonZeroU32::new(n).expect("not zero"));
        Self { per_second, burst, concurrency }
    }
}

/// Delays calls that exceed the rate (a leaky bucket) or the concurrency.
///
/// One call of the contract may send several requests. [`ApiUsage`](crate::http::ApiUsage) counts those, and the engine
/// compares them with the allowance.
#[derive(Debug)]
pub struct Throttle<C> {
    inner: C,
    slots: Semaphore,
    rate: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Instant>>,
}

/// The clock of the runtime, which tests can control.
#[derive(Debug, Clone, Copy, Default)]
struct TokioClock;

impl GovernorClock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

impl<C: Connector> Throttle<C> {
    /// Limits `inner`.
    pub fn new(inner: C, settings: ThrottleSettings) -> Self {
        let quota = Quota::per_second(settings.per_second).allow_burst(settings.burst);
        let slots = usize::try_from(settings.concurrency.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            inner,
            slots: Semaphore::new(slots.min(Semaphore::MAX_PERMITS)),
            rate: RateLimiter::direct_with_clock(quota, TokioClock),
        }
    }

    /// Waits for a slot first and for the rate limit second, so that a call that passed the rate limit starts.
    async fn permit(&self) -> SemaphorePermit<'_> {
        let permit = self.slots.acquire().await.expect("the semaphore is never closed");
        while let Err(early) = self.rate.check() {
            tokio::time::sleep(early.wait_time_from(TokioClock.now()).max(Duration::from_millis(1))).await;
        }
        permit
    }
}

#[async_trait]
impl<C: Connector> Connector for Throttle<C> {
    async fn check(&self) -> Diagnosis {
        let _permit = self.permit().await;
        self.inner.check().await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let _permit = self.permit().await;
        self.inner.pull(process, from).await
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        let _permit = self.permit().await;
        self.inner.preflight(orders).await
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        let _permit = self.permit().await;
        self.inner.reclaim(orders).await
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        let _permit = self.permit().await;
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
    async fn calls_beyond_the_burst_are_delayed() {
        let (scripted, _) = Scripted::answering([]);
        let connector = Throttle::new(scripted, settings(2, 1, 100));
        let begun = tokio::time::Instant::now();
        for _ in 0..5 {
            connector.pull(Process::PullUserActivity, None).await.unwrap();
        }
        // The first starts at once, the other four half a second apart; the timer has millisecond precision.
        let taken = begun.elapsed();
        assert!((Duration::from_secs(2)..Duration::from_millis(2050)).contains(&taken), "{taken:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_concurrent_calls_is_limited() {
        let (scripted, calls) = Scripted::taking(Duration::from_secs(1));
        let connector = Throttle::new(scripted, settings(1000, 1000, 3));
        join_all((0..10).map(|_| connector.pull(Process::PullUserActivity, None))).await;
        assert_eq!((calls.count(), calls.most_at_once()), (10, 3));
    }
}
