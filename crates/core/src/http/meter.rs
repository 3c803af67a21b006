//! How many calls a connection made, and what the vendor last said about its allowance.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The vendor's latest word on the calls of an organisation, by everybody and not only by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// Calls used.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
}

/// Counts calls and remembers the allowance. Shared by everything of one connection.
#[derive(Debug, Default)]
pub struct Meter {
    calls: AtomicU64,
    allowance: Mutex<Option<Observed>>,
}

impl Meter {
    /// Returns how many requests were sent, repeated and failed ones included; token requests are not.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Returns what the vendor said last, or `None` when it never did.
    #[must_use]
    pub fn allowance(&self) -> Option<Observed> {
        *self.allowance.lock().expect("no holder of the meter panics")
    }

    pub(super) fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn observe(&self, used: u64, limit: u64) {
        *self.allowance.lock().expect("no holder of the meter panics") = Some(Observed { used, limit });
    }
}
