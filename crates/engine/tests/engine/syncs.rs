//! Runs without faults: what is downloaded, what is retired, and who may stop it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph_core::Process;
use seatgraph_engine::RefusalCode;
use seatgraph_store::{
    Db, ProfileId, RunState, StageState, accounts, each_backend, jobs, profiles, runs, subscriptions,
};

use crate::harness::{Harness, code, settings};
use crate::vendor::Vendor;

async fn stored_counts(db: &Db, profile: ProfileId) -> (i64, i64) {
    let accounts_of = accounts::AccountFilter { profile_id: Some(profile), ..Default::default() };
    let subscriptions_of = subscriptions::SubscriptionFilter { profile_id: Some(profile), ..Default::default() };
    let accounts = accounts::count(db, &accounts_of).await.unwrap();
    (accounts, subscriptions::count(db, &subscriptions_of).await.unwrap())
}

fn expected_counts(organisation: &MemoryOrg) -> (i64, i64) {
    let expected = organisation.expected_records();
    let held: usize = expected.subscriptions.values().map(BTreeSet::len).sum();
    (expected.accounts.len().try_into().unwrap(), held.try_into().unwrap())
}

each_backend! {
    async fn a_run_downloads_everyone(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(Shape { users: 103, page_size: 10 });
        let (profile, run) = harness.memory(&organisation).await;
        harness.start_worker();
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(stored_counts(&harness.db, profile.id).await, expected_counts(&organisation));
        assert_eq!(run.counts.accounts_added, 103);
        let stages = runs::stages(&harness.db, &[run.id]).await.unwrap().remove(&run.id).unwrap();
        assert!(stages.iter().all(|stage| stage.state == StageState::Done), "{stages:?}");
        let rows = profiles::processes(&harness.db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        assert!(rows.iter().filter(|row| row.enabled).all(|row| row.last_succeeded_at.is_some()), "{rows:?}");
    }

    async fn who_left_is_retired_and_who_came_is_added(db: TestDatabase) {
        let (harness, organisation, profile) = Harness::synced_memory(db, 40, 7).await;
        organisation.remove_member("u-0007");
        organisation.add_member("u-9999");
        let run = harness.sync(profile.id).await;
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!((run.counts.accounts_added, run.counts.accounts_retired), (1, 1));
        assert_eq!(stored_counts(&harness.db, profile.id).await, expected_counts(&organisation));
    }

    async fn a_mass_departure_waits_for_a_persons_word(db: TestDatabase) {
        let (harness, organisation, profile) = Harness::synced_memory(db, 40, 7).await;
        (1..=12).for_each(|n| organisation.remove_member(&format!("u-{n:04}")));
        let run = harness.sync(profile.id).await;
        let suspect = harness.until(run.id, RunState::Suspect).await;
        assert!(suspect.job.reason.unwrap().starts_with("12 of 40 accounts"));
        assert_eq!(stored_counts(&harness.db, profile.id).await.0, 40);
        assert_eq!(code(harness.engine.start_sync(profile.id, None, None).await), RefusalCode::Conflict);
        harness.engine.confirm_suspect_sync(run.id).await.unwrap();
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(run.counts.accounts_retired, 12);
        assert_eq!(stored_counts(&harness.db, profile.id).await, expected_counts(&organisation));
        assert_eq!(code(harness.engine.confirm_suspect_sync(run.id).await), RefusalCode::InvalidState);
    }

    async fn the_same_key_is_the_same_run(db: TestDatabase) {
        let (harness, _organisation, profile) = Harness::synced_memory(db, 5, 7).await;
        let start = |processes| harness.engine.start_sync(profile.id, processes, Some("k".to_owned()));
        let first = start(None).await.unwrap();
        assert_eq!(start(None).await.unwrap().id, first.id);
        harness.until(first.id, RunState::Succeeded).await;
        assert_eq!(start(None).await.unwrap().id, first.id);
        let other = start(Some(vec![Process::PullUserActivity])).await;
        assert_eq!(code(other), RefusalCode::IdempotencyKeyReused);
    }

    async fn a_run_of_some_processes_retires_nobody(db: TestDatabase) {
        let (harness, organisation, profile) = Harness::synced_memory(db, 20, 7).await;
        organisation.remove_member("u-0001");
        let run = harness.engine.start_sync(profile.id, Some(vec![Process::PullUserActivity]), None).await.unwrap();
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(run.counts.accounts_retired, 0);
        assert_eq!(stored_counts(&harness.db, profile.id).await.0, 20);
    }

    async fn cancelling_stops_between_two_pages(db: TestDatabase) {
        let (mut harness, vendor, profile, run) = Harness::with_tiny(db, settings()).await;
        harness.run_pages(&vendor, run.id, 2).await;
        harness.engine.cancel_sync(run.id).await.unwrap();
        let run = harness.until(run.id, RunState::Cancelled).await;
        assert_eq!(run.counts.accounts_seen, 20);
        assert_eq!(stored_counts(&harness.db, profile.id).await.0, 20);
        assert_eq!(code(harness.engine.cancel_sync(run.id).await), RefusalCode::InvalidState);
    }

    async fn a_run_goes_on_where_a_dead_worker_left_it(db: TestDatabase) {
        let (mut harness, vendor, profile, run) = Harness::with_tiny(db, settings()).await;
        harness.run_pages(&vendor, run.id, 3).await;
        // The dead worker's last question waits at its gate for ever: no answer can reach it while it falls.
        while !vendor.asked().contains(&"/accounts?after=30".to_owned()) {
            tokio::task::yield_now().await;
        }
        harness.kill();
        harness.db.shift_clock(TimeDelta::seconds(11));
        let before = vendor.asked().len();
        vendor.gate().add_permits(1_000);
        harness.start_worker();
        let run = harness.until(run.id, RunState::Succeeded).await;
        let asked = vendor.asked().split_off(before);
        assert_eq!(asked[0], "/accounts?after=30", "the checkpoint");
        assert!(run.job.fence >= 2, "claimed again: {}", run.job.fence);
        assert_eq!(run.counts.accounts_added, 50);
        assert_eq!(stored_counts(&harness.db, profile.id).await.0, 50);
    }

    async fn a_worker_that_lost_its_lease_writes_nothing_more(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        let gate = harness.run_pages(&vendor, run.id, 1).await;
        // Another replica, whose clock is ahead, takes the run away while the first is still at it.
        let ahead = harness.db.with_clock_shift(TimeDelta::seconds(11)).await.unwrap();
        // A row that a heartbeat holds just now is passed over, so it is asked for until it was let go.
        while jobs::reclaim_expired_leases(&ahead, 8).await.unwrap().is_empty() {}
        harness.db.shift_clock(TimeDelta::seconds(11));
        gate.add_permits(1_000);
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!((run.counts.accounts_added, run.counts.accounts_seen), (50, 50));
        assert!(run.job.fence >= 2, "claimed again: {}", run.job.fence);
    }

    async fn a_worker_that_stops_hands_its_run_back(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        let gate = harness.run_pages(&vendor, run.id, 2).await;
        harness.stop_workers().await;
        let run = runs::find(&harness.db, run.id).await.unwrap().unwrap();
        assert_eq!(run.state(), RunState::Queued);
        gate.add_permits(1_000);
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
    }

    async fn two_workers_do_different_runs_at_once(db: TestDatabase) {
        let mut harness = Harness::with(db, seatgraph_engine::EngineSettings { concurrent_runs: 1, ..settings() }).await;
        let (a, b) = (MemoryOrg::create(Shape { users: 60, page_size: 5 }), Vendor::open(30).await);
        let (first, first_run) = harness.memory(&a).await;
        let (second, second_run) = harness.tiny(&b).await;
        harness.start_worker();
        harness.start_worker();
        harness.until(first_run.id, RunState::Succeeded).await;
        harness.until(second_run.id, RunState::Succeeded).await;
        assert_eq!(stored_counts(&harness.db, first.id).await, expected_counts(&a));
        assert_eq!(stored_counts(&harness.db, second.id).await, (30, 30));
        assert_eq!(b.calls.load(Ordering::SeqCst), 7, "one check, three pages of accounts, three of activity");
    }
}
