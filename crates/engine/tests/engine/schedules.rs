//! Schedules against a real store: each slot makes one run, whoever else may be at it.

use chrono::TimeDelta;
use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph_engine::{ScheduleInput, UpdateProfile};
use seatgraph_store::{ProfileId, RunState, ScheduleEvery, Trigger, each_backend, profiles, runs};

use crate::harness::Harness;

const SHAPE: Shape = Shape { users: 30, page_size: 10 };

fn hourly(id: ProfileId) -> UpdateProfile {
    let schedule = Some(ScheduleInput { every: ScheduleEvery::Hour, at: None, time_zone: None });
    UpdateProfile { id, name: None, processes: Vec::new(), schedule }
}

each_backend! {
    async fn each_slot_makes_one_run_with_several_workers(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, first) = harness.memory(&organisation).await;
        harness.start_worker();
        harness.start_worker();
        harness.start_worker();
        harness.until(first.id, RunState::Succeeded).await;
        harness.engine.update_profile(hourly(profile.id)).await.unwrap();
        let slot = profiles::find(&harness.db, profile.id).await.unwrap().unwrap().next_run_at.unwrap();
        harness.db.shift_clock(TimeDelta::hours(1));
        let second = harness.run_after(profile.id, first.id).await;
        assert_eq!(second.trigger, Trigger::Schedule);
        harness.until(second.id, RunState::Succeeded).await;
        let next = profiles::find(&harness.db, profile.id).await.unwrap().unwrap().next_run_at.unwrap();
        assert_eq!(next - slot, TimeDelta::hours(1));
        let last = runs::last_of(&harness.db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        assert_eq!(last.id, second.id);
    }

    async fn the_next_slot_supersedes_a_suspicion(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, first) = harness.memory(&organisation).await;
        harness.start_worker();
        harness.until(first.id, RunState::Succeeded).await;
        let removed: Vec<String> = (1..=15).map(|n| format!("u-{n:04}")).collect();
        removed.iter().for_each(|id| organisation.remove_member(id));
        let suspect = harness.sync(profile.id).await;
        harness.until(suspect.id, RunState::Suspect).await;
        removed.iter().for_each(|id| organisation.add_member(id.as_str()));
        harness.engine.update_profile(hourly(profile.id)).await.unwrap();
        harness.db.shift_clock(TimeDelta::hours(1));
        harness.until(suspect.id, RunState::Cancelled).await;
        let next = harness.run_after(profile.id, suspect.id).await;
        assert_eq!(next.trigger, Trigger::Schedule);
        harness.until(next.id, RunState::Succeeded).await;
    }

    async fn a_paused_profile_has_no_slots(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, first) = harness.memory(&organisation).await;
        harness.engine.update_profile(hourly(profile.id)).await.unwrap();
        harness.engine.pause_profile(profile.id).await.unwrap();
        let now = harness.db.now().await.unwrap();
        assert_eq!(profiles::due(&harness.db, now + TimeDelta::days(2), 10).await.unwrap(), []);
        harness.start_worker();
        harness.until(first.id, RunState::Cancelled).await;
    }
}
