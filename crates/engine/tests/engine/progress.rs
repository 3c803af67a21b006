//! The stream of a run's events: none is missing, none comes twice.

use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph_engine::By;
use seatgraph_store::{Event, EventBody, RunState, each_backend};

use crate::harness::Harness;

const SHAPE: Shape = Shape { users: 60, page_size: 5 };

fn sequences(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.sequence).collect()
}

fn is_state(event: &Event) -> bool {
    matches!(event.body, EventBody::State(_))
}

fn state(event: &Event) -> RunState {
    match &event.body {
        EventBody::State(status) => RunState::from_job(status.state, status.substate.as_deref()),
        other => panic!("not a state: {other:?}"),
    }
}

each_backend! {
    async fn a_run_is_told_from_its_beginning_to_its_end(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (_, run) = harness.memory(&organisation).await;
        harness.start_worker();
        let events = harness.events(By::Run(run.id), Some(0), usize::MAX).await;
        let (opened, last) = (events[0].sequence, events.last().unwrap());
        // A worker may have taken the run up by the time the stream finds it.
        assert!(opened <= 1 && last.sequence > 1, "{events:?}");
        assert_eq!(sequences(&events), (opened..=last.sequence).collect::<Vec<_>>());
        assert_eq!(state(last), RunState::Succeeded);
    }

    async fn whoever_comes_back_misses_nothing(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (_, run) = harness.memory(&organisation).await;
        harness.start_worker();
        let (mut seen, mut after) = (Vec::new(), 0);
        loop {
            let part = harness.events(By::Run(run.id), Some(after), 4).await;
            assert_eq!(part[0].sequence, after, "the first one tells where one is");
            seen.extend(sequences(&part[1..]));
            after = seen.last().copied().unwrap_or(0);
            if part.len() > 1 && is_state(part.last().unwrap()) && state(part.last().unwrap()) == RunState::Succeeded {
                break;
            }
        }
        assert_eq!(seen, (1..=after).collect::<Vec<_>>());
    }

    async fn a_run_that_is_over_says_so_and_nothing_else(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (_, run) = harness.memory(&organisation).await;
        harness.start_worker();
        let run = harness.until(run.id, RunState::Succeeded).await;
        let events = harness.events(By::Run(run.id), None, usize::MAX).await;
        assert_eq!(sequences(&events), [run.job.last_sequence]);
        assert_eq!(state(&events[0]), RunState::Succeeded);
        let beyond = harness.events(By::Run(run.id), Some(i64::MAX), usize::MAX).await;
        assert_eq!(sequences(&beyond), [run.job.last_sequence]);
    }

    async fn by_profile_the_next_run_is_waited_for_and_told_whole(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, run) = harness.memory(&organisation).await;
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        let (events, next) = tokio::join!(harness.events(By::Profile(profile.id), None, usize::MAX), harness.sync(profile.id));
        let last = events.last().unwrap();
        assert_eq!(sequences(&events), (0..=last.sequence).collect::<Vec<_>>());
        assert_eq!(state(last), RunState::Succeeded);
        assert_ne!(next.id, run.id);
    }

    async fn a_stream_outlasts_a_suspicion(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, run) = harness.memory(&organisation).await;
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        (1..=30).for_each(|n| organisation.remove_member(&format!("u-{n:04}")));
        let run = harness.sync(profile.id).await;
        let confirmed = async {
            harness.until(run.id, RunState::Suspect).await;
            harness.engine.confirm_suspect_sync(run.id).await.unwrap();
        };
        let (events, ()) = tokio::join!(harness.events(By::Run(run.id), Some(0), usize::MAX), confirmed);
        let states: Vec<_> = events[1..].iter().filter(|event| is_state(event)).map(state).collect();
        assert!(states.contains(&RunState::Suspect), "{states:?}");
        assert_eq!(states.last(), Some(&RunState::Succeeded));
    }
}
