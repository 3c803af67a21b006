//! Retries calls that failed with a transient error.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::error::RETRY_AFTER;
use crate::{Backoff, Blocker, Connector, Cursor, Diagnosis, Error, ErrorKind, Order, Page, Process, Receipt, Result};

/// The retry policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetrySettings {
    /// The maximum number of retries.
    pub repeats: usize,
    /// The delay before the first retry. It doubles with every retry, plus random jitter of up to the same length.
    pub first_delay: Duration,
    /// The maximum delay, unless the vendor requests a longer one.
    pub max_delay: Duration,
    /// The maximum duration of a call including delays. A delay that would exceed it is not started.
    pub total: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            repeats: 4,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            total: Duration::from_secs(90),
        }
    }
}

/// Retries reads that failed with a transient error ([`ErrorKind::is_transient`]), with the delay that the vendor requests.
///
/// Delays start at [`RetrySettings::first_delay`], double, and have random jitter, so that connections that failed together
/// do not retry together. If all retries fail, the engine returns the run to the queue and continues minutes later.
///
/// Writes are not retried: if the response to a reclaim is lost, it is unknown whether it took effect, and the engine reads
/// the state at the vendor. `check` is not retried either, because a broken connection is its result.
#[derive(Debug)]
pub struct Retry<C> {
    inner: C,
    settings: RetrySettings,
}

impl<C: Connector> Retry<C> {
    /// Adds retries to `inner`.
    pub const fn new(inner: C, settings: RetrySettings) -> Self {
        Self { inner, settings }
    }

    async fn with_retry<T, F>(&self, ask: impl Fn() -> F + Send + Sync) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        let begun = Instant::now();
        let backoff = Backoff { first: self.settings.first_delay, limit: self.settings.max_delay };
        let mut delays = backoff.waits().take(self.settings.repeats);
        let mut attempt = 1_u32;
        loop {
            let error = match ask().await {
                Err(error) if error.kind().is_transient() => error,
                result => return result,
            };
            let Some(delay) = delays.next() else { return Err(error.with("attempts", attempt)) };
            let wait = delay.max(requested_delay(&error).unwrap_or_default());
            if begun.elapsed().saturating_add(wait) > self.settings.total {
                return Err(error.with("attempts", attempt));
            }
            tracing::debug!(attempt, error.r#type = error.kind().code(), wait_ms = wait.as_millis(), "retrying");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}

/// The delay that the vendor requested.
fn requested_delay(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::RateLimited { retry_after } => retry_after,
        _ => error.get(RETRY_AFTER)?.parse().ok().map(Duration::from_secs),
    }
}

#[async_trait]
impl<C: Connector> Connector for Retry<C> {
    async fn check(&self) -> Diagnosis {
        self.inner.check().await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        self.with_retry(|| self.inner.pull(process, from)).await
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        self.with_retry(|| self.inner.preflight(orders)).await
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        self.inner.reclaim(orders).await
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        self.inner.restore(receipt).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::scripted::{Scripted, order, receipt};

    const PROCESS: Process = Process::DownloadSubscriptions;

    fn away() -> Error {
        Error::new(ErrorKind::Unavailable, "away")
    }

    fn limited(seconds: u64) -> Error {
        let retry_after = Some(Duration::from_secs(seconds));
        Error::new(ErrorKind::RateLimited { retry_after }, "too fast")
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_fails_twice_is_requested_three_times() {
        let (scripted, calls) = Scripted::answering([away(), away()]);
        Retry::new(scripted, RetrySettings::default()).pull(PROCESS, None).await.unwrap();
        assert_eq!(calls.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_delay_of_the_vendor_takes_precedence() {
        let (scripted, _) = Scripted::answering([limited(42)]);
        let begun = Instant::now();
        Retry::new(scripted, RetrySettings::default()).pull(PROCESS, None).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(42));
    }

    #[tokio::test(start_paused = true)]
    async fn an_unavailable_vendor_can_request_a_delay() {
        let (scripted, _) = Scripted::answering([away().with(RETRY_AFTER, 33)]);
        let begun = Instant::now();
        Retry::new(scripted, RetrySettings::default()).pull(PROCESS, None).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(33));
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_beyond_the_total_is_not_started() {
        let (scripted, calls) = Scripted::answering([limited(3600)]);
        let begun = Instant::now();
        let error = Retry::new(scripted, RetrySettings::default()).pull(PROCESS, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(3600)) });
        assert_eq!((calls.count(), begun.elapsed()), (1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn retries_end_after_the_repeats_and_the_error_has_the_attempts() {
        let (scripted, calls) = Scripted::answering(std::iter::repeat_with(away).take(9));
        let settings = RetrySettings { repeats: 2, ..RetrySettings::default() };
        let error = Retry::new(scripted, settings).pull(PROCESS, None).await.unwrap_err();
        assert_eq!((error.kind(), error.get("attempts"), calls.count()), (ErrorKind::Unavailable, Some("3"), 3));
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_requires_a_user_is_not_retried() {
        let lasting = [
            ErrorKind::Unauthenticated,
            ErrorKind::Forbidden,
            ErrorKind::Malformed,
            ErrorKind::CursorExpired,
            ErrorKind::QuotaExhausted { until: None },
            ErrorKind::Unsupported,
        ];
        for kind in lasting {
            let (scripted, calls) = Scripted::answering([Error::new(kind, "no")]);
            Retry::new(scripted, RetrySettings::default()).pull(PROCESS, None).await.unwrap_err();
            assert_eq!(calls.count(), 1, "{}", kind.code());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_preflight_is_retried_and_a_write_is_not() {
        let (scripted, calls) = Scripted::answering([away(), away(), away()]);
        let connector = Retry::new(scripted, RetrySettings::default());
        assert!(connector.reclaim(&[order("a")]).await[0].is_err());
        assert!(connector.restore(&receipt("a")).await.is_err());
        assert_eq!(calls.count(), 2);
        assert!(connector.preflight(&[order("a")]).await.is_ok());
        assert_eq!(calls.count(), 4);
    }
}
