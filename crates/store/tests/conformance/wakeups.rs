//! News between handles and between processes.

use seatgraph_store::each_backend;
use seatgraph_store::{News, runs};
use tokio_util::sync::CancellationToken;

use crate::harness::{profile, queued};

each_backend! {
    async fn news_of_a_run_arrives_within_the_process(db: TestDatabase) {
        let mut news = db.wakeups().subscribe();
        let run = queued(&db, profile(&db, "acme").await.id).await;
        assert_eq!(news.recv().await.unwrap(), News::Run(run.id));
    }

    async fn a_failed_write_is_no_news(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let run = queued(&db, profile.id).await;
        let mut news = db.wakeups().subscribe();
        assert!(runs::confirm(&db, run.id).await.is_err());
        runs::cancel(&db, run.id).await.unwrap();
        assert_eq!(news.recv().await.unwrap(), News::Run(run.id));
        assert!(news.try_recv().is_err());
    }

    async fn news_travels_between_processes_on_postgres(db: PostgresDatabase) {
        let other = db.with_clock_shift(chrono::TimeDelta::zero()).await.unwrap();
        let stop = CancellationToken::new();
        let mut news = other.wakeups().subscribe();
        let (here, there) = (db.wakeups(), other.wakeups());
        let tasks = [(here, stop.clone()), (there, stop.clone())];
        let tasks: Vec<_> =
            tasks.into_iter().map(|(wakeups, stop)| tokio::spawn(async move { wakeups.run(stop).await })).collect();
        // Once it listens, whatever came before may have been missed.
        assert_eq!(news.recv().await.unwrap(), News::Anything);
        let run = queued(&db, profile(&db, "acme").await.id).await;
        assert_eq!(news.recv().await.unwrap(), News::Run(run.id));
        stop.cancel();
        for task in tasks {
            task.await.unwrap();
        }
    }
}
