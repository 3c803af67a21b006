//! Creates scheduled runs. Every replica may try; one of them takes the slot.

use chrono::{DateTime, Utc};
use seatgraph_store::{Profile, ScheduledSlot, Trigger, profiles, runs};

use crate::syncs::new_run;
use crate::{Engine, Result};

/// Maximum number of profiles per interval.
const AT_ONCE: u32 = 100;

/// Creates a run for every profile that is due.
pub(super) async fn enqueue_due(engine: &Engine) -> Result<()> {
    let now = engine.db().now().await?;
    for profile in profiles::due(engine.db(), now, AT_ONCE).await? {
        // One profile that cannot be scheduled must not keep the others waiting.
        if let Err(error) = enqueue(engine, &profile, now).await {
            tracing::warn!(error = %error, profile.id = %profile.id, "scheduled run was not created");
        }
    }
    Ok(())
}

async fn enqueue(engine: &Engine, profile: &Profile, now: DateTime<Utc>) -> Result<()> {
    let Some(slot) = profile.next_run_at else { return Ok(()) };
    let processes = engine.planned(profile).await?;
    let run = new_run(profile.id, processes, Trigger::Schedule, None);
    let next = engine.next_run(profile, now);
    match runs::enqueue_slot(engine.db(), profile.id, slot, run, next).await? {
        ScheduledSlot::Created(run) => {
            tracing::info!(sync.run = %run.id, profile.id = %profile.id, "scheduled run created")
        }
        ScheduledSlot::Skipped(open) => {
            tracing::info!(sync.run = %open.id, profile.id = %profile.id, "scheduled run skipped: one is open");
        }
        ScheduledSlot::Taken => {}
    }
    Ok(())
}
