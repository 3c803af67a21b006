//! The API calls of a connection, and the usage that the vendor reports.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The API calls of an organisation as the vendor last reported them, including those of other clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedUsage {
    /// Calls used.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
}

/// Counts API calls and keeps the reported usage. All clients of a connection share it.
#[derive(Debug, Default)]
pub struct ApiUsage {
    calls: AtomicU64,
    reported: Mutex<Option<ReportedUsage>>,
}

impl ApiUsage {
    /// Returns the number of requests, including repeated and failed ones; token requests do not count.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Returns the last report of the vendor, or `None` before the first one.
    #[must_use]
    pub fn reported(&self) -> Option<ReportedUsage> {
        *self.reported.lock().expect("no holder of the lock panics")
    }

    pub(super) fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn report(&self, used: u64, limit: u64) {
        *self.reported.lock().expect("no holder of the lock panics") = Some(ReportedUsage { used, limit });
    }
}
