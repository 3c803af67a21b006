//! How runs come to be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use seatgraph_core::Process;
use seatgraph_store::each_backend;
use seatgraph_store::{Enqueued, Error, NewRun, RunState, ScheduledSlot, Trigger, events, jobs, profiles, runs};

use crate::harness::{claimed, noon, profile, queued, run_of, try_claim};

each_backend! {
    async fn a_profile_has_one_open_run_however_many_ask_at_once(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let mut askers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let db = (*db).clone();
            let new = run_of(profile.id);
            askers.spawn(async move { runs::enqueue(&db, new).await.unwrap() });
        }
        let (mut created, mut open) = (Vec::new(), Vec::new());
        for outcome in askers.join_all().await {
            match outcome {
                Enqueued::Created(run) => created.push(run.id),
                Enqueued::Open(run) => open.push(run.id),
                Enqueued::SameKey(run) => panic!("no key was given: {run:?}"),
            }
        }
        assert_eq!((created.len(), open.len()), (1, 15));
        assert!(open.iter().all(|run| *run == created[0]));
    }

    async fn the_same_key_means_the_same_run_however_many_ask_at_once(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let mut askers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let db = (*db).clone();
            let new = NewRun { idempotency_key: Some("click".to_owned()), ..run_of(profile.id) };
            askers.spawn(async move { runs::enqueue(&db, new).await.unwrap() });
        }
        let mut ids: Vec<_> = askers.join_all().await.into_iter().map(|outcome| match outcome {
            Enqueued::Created(run) | Enqueued::SameKey(run) => run.id,
            Enqueued::Open(run) => panic!("the key was the same: {run:?}"),
        }).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }

    async fn a_key_stands_for_its_run_even_after_that_ended(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let new = NewRun { idempotency_key: Some("click".to_owned()), ..run_of(profile.id) };
        let Enqueued::Created(run) = runs::enqueue(&db, new.clone()).await.unwrap() else { panic!("not created") };
        jobs::cancel(&db, run.job.id).await.unwrap();
        let Enqueued::SameKey(same) = runs::enqueue(&db, new).await.unwrap() else { panic!("not the same") };
        assert_eq!((same.id, same.state()), (run.id, RunState::Cancelled));
    }

    async fn a_key_used_for_other_processes_is_refused(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let new = NewRun { idempotency_key: Some("click".to_owned()), ..run_of(profile.id) };
        runs::enqueue(&db, new.clone()).await.unwrap();
        let other = NewRun { processes: vec![Process::PullUserActivity], ..new };
        assert!(runs::enqueue(&db, other).await.unwrap_err().is_conflict_with("jobs_idempotency"));
    }

    async fn a_run_its_stages_and_its_first_event_appear_together(db: TestDatabase) {
        let run = queued(&db, profile(&db, "acme").await.id).await;
        let stages = runs::stages(&db, &[run.id]).await.unwrap();
        let names: Vec<_> = stages[&run.id].iter().map(|stage| (stage.ordinal, stage.name.as_str())).collect();
        assert_eq!(names, [(0, "Subscriptions"), (1, "Activity"), (2, "Finish")]);
        assert_eq!(events::of_job(&db, run.job.id, 0, 10).await.unwrap().len(), 1);
        assert_eq!(runs::find(&db, run.id).await.unwrap(), Some(run));
    }

    async fn a_run_of_no_profile_leaves_nothing(db: TestDatabase) {
        let nobody = seatgraph_store::ProfileId::generate();
        assert!(matches!(runs::enqueue(&db, run_of(nobody)).await, Err(Error::Conflict { .. })));
        assert_eq!(runs::open_of(&db, nobody).await.unwrap(), None);
    }

    async fn a_slot_makes_one_run_however_many_replicas_try(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let (slot, next) = (noon(1), noon(2));
        let mut replicas = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let db = (*db).clone();
            let new = NewRun { trigger: Trigger::Schedule, ..run_of(profile.id) };
            replicas.spawn(async move { runs::enqueue_slot(&db, new.profile_id, slot, new, Some(next)).await.unwrap() });
        }
        let outcomes = replicas.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, ScheduledSlot::Created(_))).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, ScheduledSlot::Taken)).count(), 11);
        assert_eq!(profiles::find(&db, profile.id).await.unwrap().unwrap().next_run_at, Some(next));
    }

    async fn a_slot_behind_an_open_run_is_let_go_and_the_next_one_is_set(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let open = queued(&db, profile.id).await;
        let outcome = runs::enqueue_slot(&db, profile.id, noon(1), run_of(profile.id), Some(noon(2))).await.unwrap();
        assert!(matches!(outcome, ScheduledSlot::Skipped(run) if run.id == open.id));
        assert_eq!(profiles::find(&db, profile.id).await.unwrap().unwrap().next_run_at, Some(noon(2)));
    }

    async fn the_next_slot_supersedes_a_run_that_waits_for_a_person(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        queued(&db, profile.id).await;
        let claim = claimed(&db).await;
        let suspect = runs::suspect("a fifth is missing".to_owned());
        jobs::wait(&db, claim.run.job.id, claim.fence, suspect).await.unwrap();
        let outcome = runs::enqueue_slot(&db, profile.id, noon(1), run_of(profile.id), Some(noon(2))).await.unwrap();
        let ScheduledSlot::Created(run) = outcome else { panic!("not created: {outcome:?}") };
        assert_eq!(run.state(), RunState::Queued);
        let old = runs::find(&db, claim.run.id).await.unwrap().unwrap();
        assert_eq!(old.state(), RunState::Cancelled);
        assert!(old.job.finished_at.is_some());
    }

    async fn a_suspect_run_goes_on_when_a_person_confirms_it(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        queued(&db, profile.id).await;
        let held = claimed(&db).await;
        assert!(runs::confirm(&db, held.run.id).await.unwrap_err().is_conflict_with("not_suspect"));
        let suspect = runs::suspect("a fifth is missing".to_owned());
        jobs::wait(&db, held.run.job.id, held.fence, suspect).await.unwrap();
        assert!(try_claim(&db, uuid::Uuid::now_v7()).await.is_none());
        let confirmed = runs::confirm(&db, held.run.id).await.unwrap();
        assert_eq!((confirmed.state(), confirmed.suspect_confirmed), (RunState::Queued, true));
        assert!(claimed(&db).await.run.suspect_confirmed);
    }

    async fn due_profiles_are_those_whose_slot_has_come(db: TestDatabase) {
        let due = profile(&db, "due").await;
        let paused = profile(&db, "paused").await;
        profiles::set_state(&db, paused.id, seatgraph_store::ProfileState::Paused, None).await.unwrap();
        let at = |when| { let db = (*db).clone(); async move { profiles::due(&db, when, 10).await.unwrap() } };
        assert_eq!(at(noon(1) - TimeDelta::seconds(1)).await, []);
        let found = at(noon(1)).await;
        assert_eq!(found.iter().map(|profile| profile.id).collect::<Vec<_>>(), [due.id]);
    }

    async fn statements_are_counted_for_a_metered_handle_alone(db: TestDatabase) {
        let statements = Arc::new(AtomicU64::new(0));
        let metered = db.metered(Arc::clone(&statements));
        let profile = profile(&db, "acme").await;
        assert_eq!(statements.load(Ordering::Relaxed), 0);
        profiles::find(&metered, profile.id).await.unwrap();
        profiles::find(&db, profile.id).await.unwrap();
        runs::open_of(&metered, profile.id).await.unwrap();
        assert_eq!(statements.load(Ordering::Relaxed), 2);
    }
}
