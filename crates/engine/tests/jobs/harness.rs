//! An engine without connectors, workers that can be killed, and waiting without sleeping.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use seatgraph_core::ManualClock;
use seatgraph_engine::jobs::{Kinds, LeaseClass};
use seatgraph_engine::{Engine, EngineSettings, Worker};
use seatgraph_store::{ClaimableKind, Db, Enqueued, Job, JobId, JobState, NewJob, Sealer, jobs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// Longer than any lease of these tests.
pub(crate) const TOO_LONG: TimeDelta = TimeDelta::minutes(10);

pub(crate) fn settings() -> EngineSettings {
    EngineSettings {
        lease: Duration::from_secs(10),
        heartbeat: Duration::from_millis(50),
        sweep_every: Duration::from_millis(100),
        poll_every: Duration::from_millis(50),
        max_attempts: 3,
        backoff: Duration::from_millis(1),
        backoff_limit: Duration::from_millis(5),
        ..EngineSettings::default()
    }
}

pub(crate) async fn engine(db: &Db, settings: EngineSettings) -> Engine {
    assert_eq!(settings.faults(), Vec::<String>::new());
    let clock = Arc::new(ManualClock::at(db.now().await.unwrap()));
    Engine::new(db.clone(), &[], Sealer::from_key(&[7; 32]), clock, settings)
}

/// A running worker. Dropping it aborts its tasks, as a crash does.
pub(crate) struct Running(CancellationToken, AbortOnDropHandle<()>);

impl Running {
    pub(crate) async fn start(db: &Db, kinds: Kinds) -> Self {
        Self::with(db, kinds, settings()).await
    }

    pub(crate) async fn with(db: &Db, kinds: Kinds, settings: EngineSettings) -> Self {
        let cancel = CancellationToken::new();
        let worker = Worker::with_kinds(engine(db, settings).await, kinds);
        Self(cancel.clone(), AbortOnDropHandle::new(tokio::spawn(worker.run(cancel))))
    }

    /// Stops as a process does that is asked to.
    pub(crate) async fn stop(self) {
        self.0.cancel();
        self.1.await.unwrap();
    }
}

pub(crate) async fn enqueue(db: &Db, new: &NewJob) -> Job {
    match jobs::enqueue(db, new).await.unwrap() {
        Enqueued::Created(job) => job,
        other => panic!("not created: {other:?}"),
    }
}

pub(crate) async fn find(db: &Db, job: JobId) -> Job {
    jobs::find(db, job).await.unwrap().unwrap()
}

/// Waits until the job is as wanted; looks again at every change, or after a while.
pub(crate) async fn until_it(db: &Db, job: JobId, wanted: &str, is: impl Fn(&Job) -> bool) -> Job {
    let mut changes = db.notifier().subscribe();
    for _ in 0..1_200 {
        let found = find(db, job).await;
        if is(&found) {
            return found;
        }
        assert!(found.state.is_open(), "job ended as {:?}, not {wanted}", found.status());
        tokio::time::timeout(Duration::from_millis(50), changes.recv()).await.ok();
    }
    panic!("never {wanted}: {:?}", find(db, job).await);
}

pub(crate) async fn until(db: &Db, job: JobId, state: JobState) -> Job {
    until_it(db, job, state.as_str(), |job| job.state == state).await
}

/// A kind as the store sees it.
pub(crate) fn claimable(name: &'static str) -> ClaimableKind {
    ClaimableKind { name, versions: 1..=1, lease: settings().lease }
}

/// Claims a job for a worker that is not heard of again.
pub(crate) async fn claim(db: &Db, name: &'static str) -> Option<Job> {
    jobs::claim(db, Uuid::new_v4(), &[claimable(name)]).await.unwrap()
}

/// Lets the leases of all jobs expire, and takes the jobs back.
pub(crate) async fn expire(db: &Db) -> Vec<Job> {
    db.shift_clock(TOO_LONG);
    let reclaimed = jobs::reclaim_expired_leases(db, settings().max_attempts).await.unwrap();
    db.shift_clock(TOO_LONG);
    reclaimed
}

/// A lease class as its kinds name it.
pub(crate) const READ: LeaseClass = LeaseClass::Read;
