//! Claims, leases, fences and events.

use std::collections::HashSet;

use chrono::TimeDelta;
use seatgraph_core::{Batch, Next, RecordKind};
use seatgraph_store::each_backend;
use seatgraph_store::{
    Db, EventBody, HeartbeatReply, JobState, NewRun, RunId, RunResult, RunState, events, jobs, profiles, runs, sync,
};
use uuid::Uuid;

use crate::harness::{
    LEASE, SNAPSHOT, claimed, commit, is_lost, missing, more, page, profile, queued, run_of, try_claim, users, working,
};

const TOO_LONG: TimeDelta = TimeDelta::seconds(9);

fn ending(state: RunState) -> RunResult {
    RunResult { state, reason: None, findings: Vec::new(), bookmarks: Vec::new() }
}

/// Reclaims expired leases; says which runs, and their states.
async fn reclaimed(db: &Db) -> Vec<(RunId, RunState)> {
    let jobs = jobs::reclaim_expired_leases(db, 8).await.unwrap();
    jobs.iter().map(|job| (job.id.into(), RunState::from_job(job.state, job.substate.as_deref()))).collect()
}

/// Cancels a run; says which state it is in now.
async fn cancelled(db: &Db, run: RunId) -> RunState {
    let job = jobs::cancel(db, run.into()).await.unwrap();
    RunState::from_job(job.state, job.substate.as_deref())
}

each_backend! {
    async fn racing_workers_never_hold_one_run_together(db: TestDatabase) {
        const WORKERS: usize = 6;
        const ROUNDS: usize = 400;
        for number in 0..4 {
            queued(&db, profile(&db, &format!("p{number}")).await.id).await;
        }
        let replica = db.with_clock_shift(TimeDelta::zero()).await.unwrap();
        let mut workers = tokio::task::JoinSet::new();
        for number in 0..WORKERS {
            let db = if number % 2 == 0 { (*db).clone() } else { replica.clone() };
            workers.spawn(async move {
                let owner = Uuid::now_v7();
                let mut held = Vec::new();
                for _ in 0..ROUNDS {
                    let Some(claim) = try_claim(&db, owner).await else { continue };
                    assert_eq!(claim.run.job.lease_owner, Some(owner));
                    // Whoever holds it may write; nobody else took it meanwhile.
                    assert_eq!(jobs::heartbeat(&db, claim.run.job.id, claim.fence, LEASE).await.unwrap(), HeartbeatReply::Continue);
                    let now = db.now().await.unwrap();
                    jobs::retry_later(&db, claim.run.job.id, claim.fence, now, "again").await.unwrap();
                    held.push((claim.run.id, claim.fence));
                }
                held
            });
        }
        let held: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
        let distinct: HashSet<_> = held.iter().copied().collect();
        assert_eq!(distinct.len(), held.len(), "a fence was given twice");
        assert!(held.len() >= ROUNDS, "only {} claims", held.len());
        // Every claim is a fence of its own, counted in the row itself.
        let total: i64 = {
            let ids: Vec<_> = held.iter().map(|(run, _)| *run).collect::<HashSet<_>>().into_iter().collect();
            runs::find_many(&db, &ids).await.unwrap().values().map(|run| run.job.fence).sum()
        };
        assert_eq!(usize::try_from(total).unwrap(), held.len());
    }

    async fn a_lease_that_ran_out_is_claimed_again_under_the_next_fence(db: TestDatabase) {
        let (_, first) = working(&db).await;
        assert_eq!((first.fence, first.run.job.attempt), (1, 1));
        assert_eq!(reclaimed(&db).await, []);
        db.shift_clock(TOO_LONG);
        assert_eq!(reclaimed(&db).await, [(first.run.id, RunState::Queued)]);
        let second = claimed(&db).await;
        assert_eq!((second.run.id, second.fence, second.run.job.attempt), (first.run.id, 2, 2));
    }

    async fn a_heartbeat_keeps_the_lease(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        db.shift_clock(TimeDelta::seconds(6));
        jobs::heartbeat(&db, claim.run.job.id, claim.fence, LEASE).await.unwrap();
        db.shift_clock(TimeDelta::seconds(6));
        assert_eq!(reclaimed(&db).await, []);
    }

    async fn nothing_that_a_stale_worker_writes_is_believed(db: TestDatabase) {
        let (profile, stale) = working(&db).await;
        db.shift_clock(TOO_LONG);
        reclaimed(&db).await;
        let current = claimed(&db).await;
        let before = runs::find(&db, stale.run.id).await.unwrap();
        let (run, fence, now) = (stale.run.id, stale.fence, db.now().await.unwrap());

        assert!(is_lost(jobs::heartbeat(&db, run.into(), fence, LEASE).await));
        let batch = users(0..3);
        assert!(is_lost(sync::commit_page(&db, page(&stale, &batch, more("x"))).await));
        assert!(is_lost(sync::begin_stage(&db, run, fence, 0).await));
        assert!(is_lost(sync::restart_stage(&db, run, fence, 0, &SNAPSHOT).await));
        assert!(is_lost(sync::retire(&db, run, profile.id, fence, 2, &SNAPSHOT).await));
        assert!(is_lost(jobs::wait(&db, run.into(), fence, runs::pause(now, "quota".to_owned())).await));
        assert!(is_lost(jobs::retry_later(&db, run.into(), fence, now, "later").await));
        assert!(is_lost(jobs::wait(&db, run.into(), fence, runs::suspect("many".to_owned())).await));
        assert!(is_lost(runs::finish(&db, run, fence, ending(RunState::Succeeded)).await));

        assert_eq!(runs::find(&db, run).await.unwrap(), before);
        assert_eq!(missing(&db, run, profile.id, RecordKind::Account).await, (0, 0));
        jobs::heartbeat(&db, run.into(), current.fence, LEASE).await.unwrap();
    }

    async fn a_run_that_kills_its_worker_every_time_is_given_up_without_any_word_from_it(db: TestDatabase) {
        let (profile, mut claim) = working(&db).await;
        for attempt in 1..=8 {
            assert_eq!(claim.run.job.attempt, attempt);
            db.shift_clock(TimeDelta::minutes(5));
            let swept = reclaimed(&db).await;
            if attempt < 8 {
                assert_eq!(swept, [(claim.run.id, RunState::Queued)]);
                db.shift_clock(TimeDelta::minutes(5));
                claim = claimed(&db).await;
            } else {
                assert_eq!(swept, [(claim.run.id, RunState::Failed)]);
            }
        }
        assert!(try_claim(&db, Uuid::now_v7()).await.is_none());
        let found = profiles::findings(&db, &[profile.id]).await.unwrap();
        assert_eq!(found[&profile.id][0].finding.code, "LEASE_LOST");
    }

    async fn a_committed_page_forgives_the_attempts_before_it(db: TestDatabase) {
        let (_, mut claim) = working(&db).await;
        for _ in 0..2 {
            db.shift_clock(TimeDelta::minutes(5));
            reclaimed(&db).await;
            db.shift_clock(TimeDelta::minutes(5));
            claim = claimed(&db).await;
        }
        assert_eq!(claim.run.job.attempt, 3);
        let committed = commit(&db, &claim, &users(0..1), more("a")).await;
        assert_eq!(committed.run.job.attempt, 1);
    }

    async fn waiting_for_the_allowance_is_no_attempt_and_ends_at_its_time(db: TestDatabase) {
        let (_, mut claim) = working(&db).await;
        for _ in 0..10 {
            let wakes = db.now().await.unwrap() + TimeDelta::hours(1);
            let pause = runs::pause(wakes, "allowance is spent".to_owned());
            jobs::wait(&db, claim.run.job.id, claim.fence, pause).await.unwrap();
            let paused = runs::find(&db, claim.run.id).await.unwrap().unwrap();
            assert_eq!((paused.state(), paused.job.state), (RunState::PausedQuota, JobState::Waiting));
            assert_eq!((paused.job.available_at, paused.job.lease_owner), (Some(wakes), None));
            assert!(try_claim(&db, Uuid::now_v7()).await.is_none());
            db.shift_clock(TimeDelta::minutes(61));
            claim = claimed(&db).await;
        }
        assert_eq!((claim.run.job.attempt, claim.fence), (1, 11));
    }

    async fn a_held_run_is_told_to_stop_and_stops_between_pages(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        assert_eq!(cancelled(&db, claim.run.id).await, RunState::Cancelling);
        assert_eq!(jobs::heartbeat(&db, claim.run.job.id, claim.fence, LEASE).await.unwrap(), HeartbeatReply::Cancel);
        let committed = commit(&db, &claim, &users(0..1), more("a")).await;
        assert_eq!(committed.run.state(), RunState::Cancelling);
        let ended = runs::finish(&db, claim.run.id, claim.fence, ending(RunState::Cancelled)).await.unwrap();
        assert_eq!((ended.state(), ended.job.leased_until), (RunState::Cancelled, None));
        assert_eq!(cancelled(&db, claim.run.id).await, RunState::Cancelled);
    }

    async fn a_run_that_was_told_to_stop_and_fell_silent_is_cancelled(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        cancelled(&db, claim.run.id).await;
        db.shift_clock(TOO_LONG);
        assert_eq!(reclaimed(&db).await, [(claim.run.id, RunState::Cancelled)]);
    }

    async fn a_run_nobody_holds_is_cancelled_at_once(db: TestDatabase) {
        let run = queued(&db, profile(&db, "acme").await.id).await;
        assert_eq!(cancelled(&db, run.id).await, RunState::Cancelled);
        assert!(try_claim(&db, Uuid::now_v7()).await.is_none());
    }

    async fn a_restart_takes_back_what_an_earlier_life_held(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        assert_eq!(jobs::requeue_all(&db).await.unwrap(), [claim.run.job.id]);
        assert!(is_lost(jobs::heartbeat(&db, claim.run.job.id, claim.fence, LEASE).await));
        assert_eq!(claimed(&db).await.fence, 3);
    }

    async fn a_replica_whose_clock_is_wrong_takes_nothing_that_is_held(db: TestDatabase) {
        // The lease is the database's business: what a process believes of the time does not matter there, and the
        // shift stands for a database that moved on.
        let (_, claim) = working(&db).await;
        assert!(try_claim(&db, Uuid::now_v7()).await.is_none());
        let ahead = db.with_clock_shift(TimeDelta::seconds(5)).await.unwrap();
        assert_eq!(reclaimed(&ahead).await, []);
        jobs::heartbeat(&db, claim.run.job.id, claim.fence, LEASE).await.unwrap();
    }

    async fn events_are_numbered_without_gaps_while_several_write(db: TestDatabase) {
        const PAGES: usize = 40;
        let (_, claim) = working(&db).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4_usize {
            let (db, claim) = ((*db).clone(), claim.clone());
            writers.spawn(async move {
                for number in 0..PAGES / 4 {
                    let batch = users(writer * 10 + number..writer * 10 + number + 1);
                    commit(&db, &claim, &batch, more("x")).await;
                }
            });
        }
        writers.join_all().await;
        let found = events::of_job(&db, claim.run.job.id, 0, 1_000).await.unwrap();
        let expected: Vec<i64> = (1..=2 + i64::try_from(PAGES).unwrap()).collect();
        assert_eq!(found.iter().map(|event| event.sequence).collect::<Vec<_>>(), expected);
        let run = runs::find(&db, claim.run.id).await.unwrap().unwrap();
        assert_eq!((run.job.last_sequence, run.counts.accounts_seen), (42, 40));
        let tail = events::of_job(&db, claim.run.job.id, 40, 1).await.unwrap();
        assert_eq!(tail.iter().map(|event| event.sequence).collect::<Vec<_>>(), [41]);
    }

    async fn the_events_of_a_run_tell_its_life(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        sync::begin_stage(&db, claim.run.id, claim.fence, 0).await.unwrap();
        commit(&db, &claim, &users(0..2), Next::Done(None)).await;
        runs::finish(&db, claim.run.id, claim.fence, ending(RunState::Succeeded)).await.unwrap();
        let told: Vec<String> = events::of_job(&db, claim.run.job.id, 0, 100).await.unwrap().into_iter().map(|event| {
            match event.body {
                EventBody::State(status) => status.substate.unwrap_or_else(|| status.state.as_str().to_owned()),
                EventBody::Stage { stage, counts } => {
                    format!("{} {} {} of {}", stage.name, stage.state.as_str(), stage.done, counts.accounts_seen)
                }
                EventBody::Finding { finding } => finding.code,
                other => panic!("not an event of a sync: {other:?}"),
            }
        }).collect();
        assert_eq!(told, [
            "QUEUED",
            "RUNNING",
            "Subscriptions RUNNING 0 of 0",
            "Subscriptions DONE 2 of 2",
            "SUCCEEDED",
        ]);
    }

    async fn a_finished_run_leaves_bookmarks_and_skips_what_it_did_not_begin(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        let bookmark = seatgraph_core::Cursor::new(&"2026-03-01").unwrap();
        let process = seatgraph_core::Process::PullUserActivity;
        let ending = RunResult { bookmarks: vec![(process, Some(bookmark.clone()))], ..ending(RunState::Succeeded) };
        let run = runs::finish(&db, claim.run.id, claim.fence, ending).await.unwrap();
        assert!(run.job.finished_at.is_some());
        let processes = profiles::processes(&db, &[profile.id]).await.unwrap();
        let kept = processes[&profile.id].iter().find(|p| p.process == process).unwrap();
        assert_eq!((kept.bookmark.as_ref(), kept.health.as_str()), (Some(&bookmark), "HEALTHY"));
        assert!(kept.last_succeeded_at.is_some());
        let stages = runs::stages(&db, &[run.id]).await.unwrap();
        assert!(stages[&run.id].iter().all(|stage| stage.state.as_str() == "SKIPPED"));
    }

    async fn the_oldest_run_that_is_due_goes_first(db: TestDatabase) {
        let one = queued(&db, profile(&db, "one").await.id).await;
        let two = queued(&db, profile(&db, "two").await.id).await;
        let first = claimed(&db).await;
        assert_eq!(first.run.id, one.id);
        let later = db.now().await.unwrap() + TimeDelta::minutes(1);
        jobs::retry_later(&db, one.job.id, first.fence, later, "busy").await.unwrap();
        assert_eq!(claimed(&db).await.run.id, two.id);
        assert!(try_claim(&db, Uuid::now_v7()).await.is_none());
        db.shift_clock(TimeDelta::minutes(1));
        assert_eq!(claimed(&db).await.run.id, one.id);
    }

    async fn a_claim_brings_the_stages_with_their_positions(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        commit(&db, &claim, &users(0..2), more("005B")).await;
        db.shift_clock(TOO_LONG);
        reclaimed(&db).await;
        let again = claimed(&db).await;
        let position = again.stages[0].cursor.as_ref().unwrap().read::<String>().unwrap();
        assert_eq!((again.stages.len(), position.as_str(), again.stages[0].done), (3, "005B", 2));
        commit(&db, &again, &Batch::default(), Next::Done(None)).await;
    }

    async fn a_run_may_be_asked_for_again_when_the_last_one_ended(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        runs::finish(&db, claim.run.id, claim.fence, ending(RunState::Failed)).await.unwrap();
        let next = queued(&db, profile.id).await;
        assert_eq!(runs::last_of(&db, &[profile.id]).await.unwrap()[&profile.id].id, next.id);
        assert_eq!(runs::open_of(&db, profile.id).await.unwrap().unwrap().id, next.id);
        let NewRun { processes, .. } = run_of(profile.id);
        assert_eq!(next.processes, processes);
    }
}
