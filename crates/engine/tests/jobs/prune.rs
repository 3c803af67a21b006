//! The pruning of the whole installation, as every worker schedules it.

use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use seatgraph_engine::jobs::{JobKind as _, Kinds};
use seatgraph_store::{JobState, each_backend, events};

use crate::harness::{Running, engine, enqueue, settings, until};
use crate::kinds::{Act, Acting};

each_backend! {
    async fn event_logs_of_jobs_that_ended_long_ago_are_deleted(db: TestDatabase) {
        let worker = Running::start(&db, Kinds::builtin().with(Acting::default())).await;
        let old = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        until(&db, old.id, JobState::Succeeded).await;
        db.shift_clock(TimeDelta::days(91));
        let recent = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        until(&db, recent.id, JobState::Succeeded).await;
        let mut changes = db.notifier().subscribe();
        while !events::of_job(&db, old.id, 0, 10).await.unwrap().is_empty() {
            tokio::time::timeout(Duration::from_millis(50), changes.recv()).await.ok();
        }
        worker.stop().await;
        assert_eq!(events::of_job(&db, recent.id, 0, 10).await.unwrap().len(), 3);
        // A stream of a job without its log gives the final state and ends.
        let told: Vec<_> = engine(&db, settings()).await.job_progress(old.id, Some(0)).collect().await;
        assert_eq!(told.len(), 1);
    }
}
