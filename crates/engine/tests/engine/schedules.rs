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
        let mut house = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, first) = house.memory(&organisation).await;
        house.start_worker();
        house.start_worker();
        house.start_worker();
        house.until(first.id, RunState::Succeeded).await;
        house.engine.update_profile(hourly(profile.id)).await.unwrap();
        let slot = profiles::find(&house.db, profile.id).await.unwrap().unwrap().next_run_at.unwrap();
        house.db.shift_clock(TimeDelta::hours(1));
        let second = house.run_after(profile.id, first.id).await;
        assert_eq!(second.trigger, Trigger::Schedule);
        house.until(second.id, RunState::Succeeded).await;
        let next = profiles::find(&house.db, profile.id).await.unwrap().unwrap().next_run_at.unwrap();
        assert_eq!(next - slot, TimeDelta::hours(1));
        let last = runs::last_of(&house.db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        assert_eq!(last.id, second.id);
    }

    async fn the_next_slot_supersedes_a_suspicion(db: TestDatabase) {
        let mut house = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, first) = house.memory(&organisation).await;
        house.start_worker();
        house.until(first.id, RunState::Succeeded).await;
        let removed: Vec<String> = (1..=15).map(|n| format!("u-{n:04}")).collect();
        removed.iter().for_each(|id| organisation.remove_member(id));
        let suspect = house.sync(profile.id).await;
        house.until(suspect.id, RunState::Suspect).await;
        removed.iter().for_each(|id| organisation.add_member(id.as_str()));
        house.engine.update_profile(hourly(profile.id)).await.unwrap();
        house.db.shift_clock(TimeDelta::hours(1));
        house.until(suspect.id, RunState::Cancelled).await;
        let next = house.run_after(profile.id, suspect.id).await;
        assert_eq!(next.trigger, Trigger::Schedule);
        house.until(next.id, RunState::Succeeded).await;
    }

    async fn a_paused_profile_has_no_slots(db: TestDatabase) {
        let mut house = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, first) = house.memory(&organisation).await;
        house.engine.update_profile(hourly(profile.id)).await.unwrap();
        house.engine.pause_profile(profile.id).await.unwrap();
        let now = house.db.now().await.unwrap();
        assert_eq!(profiles::due(&house.db, now + TimeDelta::days(2), 10).await.unwrap(), []);
        house.start_worker();
        house.until(first.id, RunState::Cancelled).await;
    }
}
