//! Notifications between handles and between processes.

use seatgraph_store::each_backend;
use seatgraph_store::{JobChanged, jobs, runs};
use tokio_util::sync::CancellationToken;

use crate::harness::{profile, queued};

each_backend! {
    async fn a_change_is_reported_within_the_process(db: TestDatabase) {
        let mut changes = db.notifier().subscribe();
        let run = queued(&db, profile(&db, "acme").await.id).await;
        assert_eq!(changes.recv().await.unwrap(), JobChanged::Job(run.job.id));
    }

    async fn a_failed_write_is_not_reported(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let run = queued(&db, profile.id).await;
        let mut changes = db.notifier().subscribe();
        assert!(runs::confirm(&db, run.id).await.is_err());
        jobs::cancel(&db, run.job.id).await.unwrap();
        assert_eq!(changes.recv().await.unwrap(), JobChanged::Job(run.job.id));
        assert!(changes.try_recv().is_err());
    }

    async fn changes_are_reported_between_processes_on_postgres(db: PostgresDatabase) {
        let other = db.with_clock_shift(chrono::TimeDelta::zero()).await.unwrap();
        let stop = CancellationToken::new();
        let mut changes = other.notifier().subscribe();
        let (here, there) = (db.notifier(), other.notifier());
        let tasks = [(here, stop.clone()), (there, stop.clone())];
        let tasks: Vec<_> =
            tasks.into_iter().map(|(notifier, stop)| tokio::spawn(async move { notifier.run(stop).await })).collect();
        // Once it listens, whatever came before may have been missed.
        assert_eq!(changes.recv().await.unwrap(), JobChanged::Any);
        let run = queued(&db, profile(&db, "acme").await.id).await;
        assert_eq!(changes.recv().await.unwrap(), JobChanged::Job(run.job.id));
        stop.cancel();
        for task in tasks {
            task.await.unwrap();
        }
    }
}
