//! Keeps a lease alive, and says when it can no longer be trusted.

use std::time::Duration;

use seatgraph_store::{self as store, Directive, RunId, runs};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::Engine;

/// How long a lease may be relied on after it was asked for, by our own monotonic clock: less than it is long,
/// because our clock and the database's need not agree on the speed of time.
pub(super) fn trusted(lease: Duration) -> Duration {
    lease.mul_f64(0.8)
}

/// Renews the lease until it is lost, then returns. Tells `cancelled` when somebody asked for the run to stop.
pub(super) async fn keep(engine: &Engine, run: RunId, fence: i64, asked: Instant, cancelled: &CancellationToken) {
    let settings = engine.settings();
    let mut trusted_until = asked + trusted(settings.lease);
    let mut beats = tokio::time::interval(settings.heartbeat);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let asked = Instant::now();
        let beat = runs::heartbeat(engine.db(), run, fence, settings.lease);
        match tokio::time::timeout_at(trusted_until, beat).await {
            Ok(Ok(directive)) => {
                trusted_until = asked + trusted(settings.lease);
                if directive == Directive::Cancel {
                    cancelled.cancel();
                }
            }
            Ok(Err(store::Error::LostLease)) => return,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, sync.run = %run, "lease was not renewed");
                if Instant::now() >= trusted_until {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}
