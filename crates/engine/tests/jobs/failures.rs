//! Jobs that kill their process, panic, fail, or are cancelled.

use std::sync::atomic::Ordering;

use seatgraph_engine::jobs::{JobKind as _, Kinds};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{JobState, each_backend, jobs};

use crate::harness::{Running, claim, enqueue, expire, find, settings, until, until_it};
use crate::kinds::{Act, Acting};

/// Claims the job again and again for processes that die of it.
async fn abort_repeatedly(db: &TestDatabase, times: i32) {
    for _ in 0..times {
        if claim(db, Acting::NAME).await.is_none() {
            return;
        }
        expire(db).await;
    }
}

each_backend! {
    async fn a_job_that_kills_its_process_is_given_up_at_the_limit(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        abort_repeatedly(&db, settings().max_attempts - 1).await;
        let found = find(&db, job.id).await;
        assert_eq!((found.state, found.attempt), (JobState::Queued, settings().max_attempts - 1));
        abort_repeatedly(&db, 1).await;
        let found = find(&db, job.id).await;
        assert_eq!((found.state, found.attempt), (JobState::Failed, settings().max_attempts));
        assert!(found.reason.unwrap().contains("stopped responding"));
    }

    async fn without_counting_attempts_it_would_be_tried_for_ever(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        for _ in 0..settings().max_attempts * 2 {
            db.execute("UPDATE jobs SET attempt = 0").await.unwrap();
            abort_repeatedly(&db, 1).await;
        }
        assert_eq!(find(&db, job.id).await.state, JobState::Queued);
    }

    async fn progress_forgives_earlier_attempts(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::ProgressAndWait)).await;
        for _ in 0..settings().max_attempts * 2 {
            let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
            let before = find(&db, job.id).await.last_sequence;
            until_it(&db, job.id, "under way", |job| {
                job.state == JobState::Running && job.attempt == 1 && job.last_sequence >= before + 2
            }).await;
            drop(worker);
            expire(&db).await;
        }
        assert!(find(&db, job.id).await.state.is_open());
    }

    async fn a_panic_is_tried_again_and_given_up_at_the_limit(db: TestDatabase) {
        let acting = Acting::default();
        let worker = Running::start(&db, Kinds::default().with(acting.clone())).await;
        let job = enqueue(&db, &Acting::job(&Act::Panic)).await;
        let failed = until(&db, job.id, JobState::Failed).await;
        assert_eq!(failed.reason.as_deref(), Some("the job panicked: as told"));
        assert_eq!(acting.begun.load(Ordering::SeqCst), usize::try_from(settings().max_attempts).unwrap());
        // The worker outlives it.
        let next = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        until(&db, next.id, JobState::Succeeded).await;
        worker.stop().await;
    }

    async fn a_panic_that_nobody_catches_would_leave_the_job_running(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Panic)).await;
        let task = (*db).clone();
        let uncaught = tokio::spawn(async move {
            claim(&task, Acting::NAME).await.unwrap();
            panic!("as told");
        });
        assert!(uncaught.await.unwrap_err().is_panic());
        assert_eq!(find(&db, job.id).await.state, JobState::Running);
    }

    async fn a_failure_is_final_and_says_why(db: TestDatabase) {
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let job = enqueue(&db, &Acting::job(&Act::Fail)).await;
        let failed = until(&db, job.id, JobState::Failed).await;
        assert_eq!((failed.reason.as_deref(), failed.attempt), (Some("as told"), 1));
        worker.stop().await;
    }

    async fn a_job_cancelled_before_it_starts_never_runs(db: TestDatabase) {
        let acting = Acting::default();
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        assert_eq!(jobs::cancel(&db, job.id).await.unwrap().state, JobState::Cancelled);
        let control = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let worker = Running::start(&db, Kinds::default().with(acting.clone())).await;
        until(&db, control.id, JobState::Succeeded).await;
        worker.stop().await;
        assert_eq!(acting.begun.load(Ordering::SeqCst), 1, "the control ran, the cancelled job did not");
    }

    async fn a_running_job_is_asked_to_stop_and_stops(db: TestDatabase) {
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let job = enqueue(&db, &Acting::job(&Act::WaitForStop)).await;
        until(&db, job.id, JobState::Running).await;
        let asked = jobs::cancel(&db, job.id).await.unwrap();
        assert!(asked.is_cancelling());
        assert_eq!(asked.substate.as_deref(), Some(jobs::CANCELLING));
        until(&db, job.id, JobState::Cancelled).await;
        worker.stop().await;
    }

    async fn a_kind_that_does_not_look_at_the_request_runs_to_its_end(db: TestDatabase) {
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let job = enqueue(&db, &Acting::job(&Act::IgnoreStop)).await;
        until(&db, job.id, JobState::Running).await;
        jobs::cancel(&db, job.id).await.unwrap();
        until(&db, job.id, JobState::Succeeded).await;
        worker.stop().await;
    }

    async fn cancelling_a_job_that_ended_changes_nothing(db: TestDatabase) {
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let ended = until(&db, job.id, JobState::Succeeded).await;
        assert_eq!(jobs::cancel(&db, job.id).await.unwrap(), ended);
        worker.stop().await;
    }

    async fn a_cancelled_job_whose_worker_crashed_is_cancelled_and_not_run_again(db: TestDatabase) {
        let job = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        claim(&db, Acting::NAME).await.unwrap();
        jobs::cancel(&db, job.id).await.unwrap();
        assert_eq!(expire(&db).await[0].state, JobState::Cancelled);
        assert_eq!(claim(&db, Acting::NAME).await, None);
    }

    async fn a_worker_that_stops_gives_its_jobs_back_at_once(db: TestDatabase) {
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let job = enqueue(&db, &Acting::job(&Act::WaitForStop)).await;
        until(&db, job.id, JobState::Running).await;
        worker.stop().await;
        let found = find(&db, job.id).await;
        assert_eq!((found.state, found.leased_until), (JobState::Queued, None));
        assert_eq!(claim(&db, Acting::NAME).await.unwrap().id, job.id);
    }
}
