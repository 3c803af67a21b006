//! Claims, fences and leases.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use seatgraph_engine::jobs::{JobKind as _, Kinds};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{Backend, Db, Error, JobId, JobState, NewJob, Status, each_backend, events, jobs};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::{Running, TOO_LONG, claim, enqueue, expire, find, until, until_it};
use crate::kinds::{Act, Acting};

const WORKERS: usize = 12;

fn sql_id(db: &Db, job: JobId) -> String {
    match db.backend() {
        Backend::Postgres => format!("'{}'", job.as_uuid()),
        Backend::Sqlite => format!("x'{}'", job.as_uuid().simple()),
    }
}

async fn replicas(db: &TestDatabase) -> [Db; 2] {
    [(**db).clone(), db.with_clock_shift(TimeDelta::zero()).await.unwrap()]
}

/// How many of the workers believe that they have the job, when each sees it queued and then writes without looking
/// again.
async fn claimed_without_a_lock(db: &TestDatabase, job: JobId) -> usize {
    let (barrier, mut workers) = (Arc::new(Barrier::new(WORKERS)), JoinSet::new());
    let statement = format!("UPDATE jobs SET attempt = attempt + 1 WHERE id = {}", sql_id(db, job));
    for _ in 0..WORKERS {
        let (db, barrier) = ((**db).clone(), Arc::clone(&barrier));
        workers.spawn(async move {
            let is_queued = find(&db, job).await.state == JobState::Queued;
            barrier.wait().await;
            is_queued
        });
    }
    let believers = workers.join_all().await.into_iter().filter(|is_queued| *is_queued).count();
    for _ in 0..believers {
        assert_eq!(db.execute(&statement).await.unwrap(), 1);
    }
    believers
}

each_backend! {
    async fn of_many_workers_one_claims_a_job(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let (barrier, mut workers) = (Arc::new(Barrier::new(WORKERS)), JoinSet::new());
        let replicas = replicas(&db).await;
        for number in 0..WORKERS {
            let (db, barrier) = (replicas[number % 2].clone(), Arc::clone(&barrier));
            workers.spawn(async move {
                barrier.wait().await;
                claim(&db, Acting::NAME).await
            });
        }
        let claims: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
        assert_eq!(claims.iter().map(|claim| (claim.id, claim.fence)).collect::<Vec<_>>(), [(job.id, 1)]);
    }

    async fn without_the_lock_every_worker_would_claim_it(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        assert_eq!(claimed_without_a_lock(&db, job.id).await, WORKERS);
        assert_eq!(find(&db, job.id).await.attempt, i32::try_from(WORKERS).unwrap());
    }

    async fn the_fence_refuses_a_late_writer(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let late = claim(&db, Acting::NAME).await.unwrap();
        expire(&db).await;
        let current = claim(&db, Acting::NAME).await.unwrap();
        assert_eq!((late.fence, current.fence), (1, 2));
        let before = find(&db, job.id).await;
        let done = Status::new(JobState::Succeeded, None);
        assert!(matches!(jobs::finish(&db, job.id, late.fence, done.clone()).await, Err(Error::LostLease)));
        assert_eq!(find(&db, job.id).await, before);
        assert_eq!(jobs::finish(&db, job.id, current.fence, done).await.unwrap().state, JobState::Succeeded);
    }

    async fn without_the_fence_a_late_writer_would_end_the_job_of_another(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        claim(&db, Acting::NAME).await.unwrap();
        expire(&db).await;
        let current = claim(&db, Acting::NAME).await.unwrap();
        let late = format!("UPDATE jobs SET state = 'SUCCEEDED' WHERE id = {}", sql_id(&db, job.id));
        assert_eq!(db.execute(&late).await.unwrap(), 1);
        let done = Status::new(JobState::Succeeded, None);
        assert!(matches!(jobs::finish(&db, job.id, current.fence, done).await, Err(Error::LostLease)));
    }

    async fn a_job_whose_worker_crashed_is_run_by_another(db: TestDatabase) {
        let acting = Acting::default();
        let job = enqueue(&db, &Acting::job(&Act::WaitForStop)).await;
        let crashed = Running::start(&db, Kinds::default().with(acting.clone())).await;
        until_it(&db, job.id, "begun", |_| acting.begun.load(Ordering::SeqCst) == 1).await;
        drop(crashed);
        db.shift_clock(TOO_LONG);
        let other = Running::start(&db, Kinds::default().with(acting.clone())).await;
        let again = until_it(&db, job.id, "begun again", |_| acting.begun.load(Ordering::SeqCst) >= 2).await;
        assert!(again.fence >= 2 && again.attempt >= 2, "{again:?}");
        other.stop().await;
        assert_eq!(find(&db, job.id).await.state, JobState::Queued);
    }

    async fn without_the_reclaim_an_expired_job_is_never_claimed_again(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        claim(&db, Acting::NAME).await.unwrap();
        db.shift_clock(TOO_LONG);
        assert_eq!(claim(&db, Acting::NAME).await, None);
        assert_eq!(find(&db, job.id).await.state, JobState::Running);
        assert_eq!(expire(&db).await.len(), 1);
        assert_eq!(claim(&db, Acting::NAME).await.unwrap().id, job.id);
    }

    async fn a_heartbeat_keeps_a_job_longer_than_its_lease(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::WaitForStop)).await;
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let first = until(&db, job.id, JobState::Running).await;
        let renewed = until_it(&db, job.id, "renewed", |job| job.leased_until > first.leased_until).await;
        assert_eq!((renewed.fence, renewed.attempt), (first.fence, 1));
        worker.stop().await;
    }

    async fn the_events_of_a_job_are_numbered_without_gaps(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Progress)).await;
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let job = until(&db, job.id, JobState::Succeeded).await;
        let found = events::of_job(&db, job.id, 0, 100).await.unwrap();
        // Queued, running, three times progress, succeeded.
        assert_eq!(found.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(job.last_sequence, 6);
        worker.stop().await;
    }

    async fn a_higher_priority_is_claimed_first(db: TestDatabase) {
        let low = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let high = enqueue(&db, &NewJob { priority: 5, ..Acting::job(&Act::Succeed) }).await;
        assert_eq!(claim(&db, Acting::NAME).await.unwrap().id, high.id);
        assert_eq!(claim(&db, Acting::NAME).await.unwrap().id, low.id);
    }
}
