//! Schedules of kinds that run for the whole installation.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_store::{NewJob, ScheduledSlot, jobs};

use super::{JobKind, Recurrence};
use crate::{Engine, Result};

/// Creates the kind's job when its slot has come. Every replica may try; one takes the slot.
pub(super) async fn enqueue_due<K: JobKind + ?Sized>(kind: &K, engine: &Engine) -> Result<()> {
    let Some(Recurrence { every, payload }) = kind.recurrence(engine.settings()) else { return Ok(()) };
    let now = engine.db().now().await?;
    let slot = jobs::next_slot(engine.db(), K::NAME, now).await?;
    if slot > now {
        return Ok(());
    }
    let new = NewJob { unique_key: Some("schedule".to_owned()), ..K::job(&payload) };
    match jobs::enqueue_slot(engine.db(), &new, slot, slot_after(slot, every, now)).await? {
        ScheduledSlot::Created(job) => tracing::info!(job.id = %job.id, job.kind = K::NAME, "scheduled job created"),
        ScheduledSlot::Skipped(open) => {
            tracing::info!(job.id = %open.id, job.kind = K::NAME, "scheduled job skipped: one is open");
        }
        ScheduledSlot::Taken => {}
    }
    Ok(())
}

/// Returns the first slot after `now`; missed slots are skipped.
fn slot_after(slot: DateTime<Utc>, every: Duration, now: DateTime<Utc>) -> DateTime<Utc> {
    let every = TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
    let every_ms = every.num_milliseconds().max(1);
    let slots = (now - slot).num_milliseconds() / every_ms + 1;
    let wait = every_ms.checked_mul(slots).and_then(TimeDelta::try_milliseconds);
    wait.and_then(|wait| slot.checked_add_signed(wait)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_slot_lies_after_now_and_on_the_grid() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let hour = Duration::from_secs(3_600);
        let slot = at("2026-05-10T02:00:00Z");
        assert_eq!(slot_after(slot, hour, slot), at("2026-05-10T03:00:00Z"));
        assert_eq!(slot_after(slot, hour, at("2026-05-10T05:30:00Z")), at("2026-05-10T06:00:00Z"));
    }
}
