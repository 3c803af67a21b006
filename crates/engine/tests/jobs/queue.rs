//! Keys, unknown kinds, and how many jobs run at the same time.

use std::sync::atomic::Ordering;

use seatgraph_engine::jobs::{JobKind as _, Kinds};
use seatgraph_store::{Enqueued, JobState, NewJob, PageRequest, each_backend, jobs};

use crate::harness::{Running, enqueue, find, until};
use crate::kinds::{Act, Acting, NewerActing, Novel};

fn unique() -> NewJob {
    NewJob { unique_key: Some("only".to_owned()), ..Acting::job(&Act::Succeed) }
}

fn keyed(act: Act) -> NewJob {
    NewJob { idempotency_key: Some("click".to_owned()), ..Acting::job(&act) }
}

each_backend! {
    async fn one_open_job_has_a_unique_key(db: TestDatabase) {
        let first = enqueue(&db, &unique()).await;
        assert!(matches!(jobs::enqueue(&db, &unique()).await.unwrap(), Enqueued::Open(open) if open.id == first.id));
        jobs::cancel(&db, first.id).await.unwrap();
        let next = enqueue(&db, &unique()).await;
        assert_ne!(next.id, first.id);
    }

    async fn without_a_unique_key_any_number_of_jobs_is_open(db: TestDatabase) {
        let first = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let second = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        assert_ne!(first.id, second.id);
    }

    async fn of_many_who_ask_at_once_one_creates_the_unique_job(db: TestDatabase) {
        let mut askers = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let db = (*db).clone();
            askers.spawn(async move { jobs::enqueue(&db, &unique()).await.unwrap() });
        }
        let created = askers.join_all().await.into_iter().filter(|asked| matches!(asked, Enqueued::Created(_)));
        assert_eq!(created.count(), 1);
    }

    async fn the_same_idempotency_key_is_the_same_job_even_after_its_end(db: TestDatabase) {
        let first = enqueue(&db, &keyed(Act::Succeed)).await;
        jobs::cancel(&db, first.id).await.unwrap();
        let again = jobs::enqueue(&db, &keyed(Act::Succeed)).await.unwrap();
        assert!(matches!(again, Enqueued::SameKey(same) if same.id == first.id));
    }

    async fn an_idempotency_key_with_other_parameters_is_refused(db: TestDatabase) {
        enqueue(&db, &keyed(Act::Succeed)).await;
        let other = jobs::enqueue(&db, &keyed(Act::Fail)).await;
        assert!(other.unwrap_err().is_conflict_with("jobs_idempotency"));
        let newer = NewJob { payload_version: 2, ..keyed(Act::Succeed) };
        assert!(jobs::enqueue(&db, &newer).await.unwrap_err().is_conflict_with("jobs_idempotency"));
    }

    async fn without_an_idempotency_key_every_request_is_a_job(db: TestDatabase) {
        let first = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let second = enqueue(&db, &Acting::job(&Act::Fail)).await;
        assert_ne!(first.id, second.id);
    }

    async fn a_job_of_an_unknown_kind_waits_is_listed_and_runs_where_it_is_known(db: TestDatabase) {
        let job = enqueue(&db, &Novel::job(&())).await;
        let control = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let old = Running::start(&db, Kinds::default().with(Acting::default())).await;
        until(&db, control.id, JobState::Succeeded).await;
        let waiting = find(&db, job.id).await;
        assert_eq!((waiting.state, waiting.attempt), (JobState::Queued, 0));
        let filter = jobs::JobFilter { kind: Some(vec!["novel".to_owned()]), state: Some(vec![JobState::Queued]) };
        let listed = jobs::page(&db, &filter, &PageRequest { first: Some(10), ..PageRequest::default() }).await.unwrap();
        assert_eq!(listed.rows.iter().map(|(_, job)| job.id).collect::<Vec<_>>(), [job.id]);
        let new = Running::start(&db, Kinds::default().with(Novel)).await;
        until(&db, job.id, JobState::Succeeded).await;
        old.stop().await;
        new.stop().await;
    }

    async fn a_payload_of_an_unknown_version_waits_and_runs_where_it_is_known(db: TestDatabase) {
        let newer = NewJob { payload_version: 2, ..Acting::job(&Act::Succeed) };
        let job = enqueue(&db, &newer).await;
        let control = enqueue(&db, &Acting::job(&Act::Succeed)).await;
        let old = Running::start(&db, Kinds::default().with(Acting::default())).await;
        until(&db, control.id, JobState::Succeeded).await;
        assert_eq!(find(&db, job.id).await.state, JobState::Queued);
        old.stop().await;
        let new = Running::start(&db, Kinds::default().with(NewerActing)).await;
        until(&db, job.id, JobState::Succeeded).await;
        new.stop().await;
    }

    async fn a_payload_that_is_none_of_its_kind_fails_and_says_so(db: TestDatabase) {
        let broken = NewJob { payload: serde_json::json!({ "no": "act" }), ..Acting::job(&Act::Succeed) };
        let job = enqueue(&db, &broken).await;
        let worker = Running::start(&db, Kinds::default().with(Acting::default())).await;
        let failed = until(&db, job.id, JobState::Failed).await;
        assert!(failed.reason.unwrap().contains("not one of act version 1"));
        worker.stop().await;
    }

    async fn a_worker_runs_no_more_jobs_of_a_kind_than_the_kind_allows(db: TestDatabase) {
        let acting = Acting::default();
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(enqueue(&db, &Acting::job(&Act::WaitForStop)).await.id);
        }
        let worker = Running::start(&db, Kinds::default().with(acting.clone()).with(Novel)).await;
        until(&db, ids[1], JobState::Running).await;
        // Another kind has room of its own.
        let other = enqueue(&db, &Novel::job(&())).await;
        until(&db, other.id, JobState::Succeeded).await;
        for id in &ids {
            jobs::cancel(&db, *id).await.unwrap();
            until(&db, *id, JobState::Cancelled).await;
        }
        worker.stop().await;
        assert!(acting.most.load(Ordering::SeqCst) <= 2);
    }
}
