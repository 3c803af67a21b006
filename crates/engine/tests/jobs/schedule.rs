//! Scheduled slots of kinds that run for the whole installation.

use chrono::TimeDelta;
use seatgraph_engine::jobs::{JobKind as _, Kinds};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{Job, PageRequest, ScheduledSlot, each_backend, jobs};

use crate::harness::{Running, until_it};
use crate::kinds::Hourly;

async fn of_kind(db: &TestDatabase) -> Vec<Job> {
    let filter = jobs::JobFilter { kind: Some(vec![Hourly::NAME.to_owned()]), state: None };
    jobs::page(db, &filter, &PageRequest { first: Some(50), ..PageRequest::default() })
        .await
        .unwrap()
        .rows
        .into_iter()
        .map(|(_, job)| job)
        .collect()
}

/// Waits until the kind has so many jobs that ended.
async fn ended(db: &TestDatabase, many: usize) -> Vec<Job> {
    let mut changes = db.notifier().subscribe();
    loop {
        let found = of_kind(db).await;
        if found.len() == many {
            for job in &found {
                until_it(db, job.id, "ended", |job| !job.state.is_open()).await;
            }
            return found;
        }
        tokio::time::timeout(std::time::Duration::from_millis(50), changes.recv()).await.ok();
    }
}

each_backend! {
    async fn every_slot_makes_one_job_however_many_workers_run(db: TestDatabase) {
        let first = Running::start(&db, Kinds::default().with(Hourly)).await;
        let second = Running::start(&db, Kinds::default().with(Hourly)).await;
        ended(&db, 1).await;
        db.shift_clock(TimeDelta::minutes(61));
        ended(&db, 2).await;
        // Missed slots are not made up for.
        db.shift_clock(TimeDelta::hours(10));
        ended(&db, 3).await;
        first.stop().await;
        second.stop().await;
        assert_eq!(of_kind(&db).await.len(), 3);
    }

    async fn a_slot_is_taken_once(db: TestDatabase) {
        let now = db.now().await.unwrap();
        let slot = jobs::next_slot(&db, Hourly::NAME, now).await.unwrap();
        let next = slot + TimeDelta::hours(1);
        let taken = jobs::enqueue_slot(&db, &Hourly::job(&()), slot, next).await.unwrap();
        assert!(matches!(taken, ScheduledSlot::Created(_)));
        let again = jobs::enqueue_slot(&db, &Hourly::job(&()), slot, next).await.unwrap();
        assert_eq!(again, ScheduledSlot::Taken);
        // Without the comparison every replica would make one.
        let control = jobs::enqueue(&db, &Hourly::job(&())).await.unwrap();
        assert!(matches!(control, seatgraph_store::Enqueued::Created(_)));
    }
}
