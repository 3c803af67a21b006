//! The lease of a running job: its renewal, and how long it may be trusted.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use seatgraph_store::{self as store, HeartbeatReply, Job, jobs};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::LeaseClass;
use super::clock::BootInstant;
use crate::{Engine, EngineSettings};

/// A lease, as its holder knows it.
#[derive(Debug)]
pub(super) struct Lease {
    duration: Duration,
    /// How long the lease is trusted after a renewal was asked for: less than it lasts, because our clock and the
    /// database's may run at different speeds.
    window: Duration,
    trusted_until: Mutex<BootInstant>,
}

impl LeaseClass {
    /// Returns how long a lease of the class lasts.
    pub(super) const fn duration(self, settings: &EngineSettings) -> Duration {
        match self {
            Self::Read => settings.lease,
            Self::Write => settings.write_lease,
        }
    }

    fn window(self, settings: &EngineSettings) -> Duration {
        match self {
            Self::Read => settings.lease.mul_f64(0.8),
            Self::Write => settings.write_trust,
        }
    }
}

impl Lease {
    /// The lease of a claim that was asked for at `asked`.
    pub(super) fn new(class: LeaseClass, settings: &EngineSettings, asked: BootInstant) -> Self {
        let (duration, window) = (class.duration(settings), class.window(settings));
        Self { duration, window, trusted_until: Mutex::new(asked + window) }
    }

    /// Whether an effect that takes at most `effect` ends while the lease is certainly held.
    pub(super) fn is_trusted_for(&self, effect: Duration) -> bool {
        BootInstant::now() + effect <= self.trusted_until()
    }

    fn trusted_until(&self) -> BootInstant {
        *self.trusted_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn renewed(&self, asked: BootInstant) {
        *self.trusted_until.lock().unwrap_or_else(PoisonError::into_inner) = asked + self.window;
    }

    /// Renews the lease until it is lost, then returns. Cancels `cancelled` when cancellation was requested.
    pub(super) async fn keep(&self, engine: &Engine, job: &Job, cancelled: &CancellationToken) {
        let mut beats = tokio::time::interval(engine.settings().heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            let asked = BootInstant::now();
            let beat = jobs::heartbeat(engine.db(), job.id, job.fence, self.duration);
            match tokio::time::timeout(self.trusted_until().remaining(), beat).await {
                Ok(Ok(reply)) => {
                    self.renewed(asked);
                    if reply == HeartbeatReply::Cancel {
                        cancelled.cancel();
                    }
                }
                Ok(Err(store::Error::LostLease)) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::warn!(error = %error, job.id = %job.id, "lease was not renewed");
                    if self.trusted_until().remaining().is_zero() {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> EngineSettings {
        EngineSettings::default()
    }

    #[test]
    fn a_write_is_permitted_only_while_there_is_room_for_a_whole_request() {
        let settings = settings();
        let fresh = Lease::new(LeaseClass::Write, &settings, BootInstant::now());
        assert!(fresh.is_trusted_for(settings.request_timeout));
        assert!(!fresh.is_trusted_for(settings.write_trust + Duration::from_secs(1)));
    }

    #[test]
    fn a_lease_that_was_not_renewed_in_time_is_not_trusted() {
        let settings = EngineSettings { write_trust: Duration::ZERO, ..settings() };
        let expired = Lease::new(LeaseClass::Write, &settings, BootInstant::now());
        assert!(!expired.is_trusted_for(Duration::from_millis(1)));
        let renewed = Lease { window: Duration::from_secs(60), ..expired };
        renewed.renewed(BootInstant::now());
        assert!(renewed.is_trusted_for(Duration::from_millis(1)));
    }
}
