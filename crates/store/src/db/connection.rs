//! Common functions of both connections: transactions, clock, statement counter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use diesel::SqliteConnection;
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager};
use futures::future::BoxFuture;
use seatgraph_core::{Clock, SystemClock};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::postgres;
use crate::Result;
use crate::types::sql::SqlTimestamp;

/// A connection to PostgreSQL.
pub(crate) type PgConn = AsyncPgConnection;
/// A connection to SQLite. Its statements run on a blocking thread.
pub(crate) type LiteConn = SyncConnectionWrapper<SqliteConnection, BlockingThreads>;

/// Tokio's threads for blocking work. Tasks are boxed, so that tokio's code is compiled once and not for each statement.
/// A statement whose future is dropped is waited for: the connection returns to its pool unused by anybody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockingThreads;

impl SpawnBlocking for BlockingThreads {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, std::result::Result<R, Box<dyn std::error::Error + Send + Sync>>> {
        let (sender, result) = oneshot::channel();
        let task: Box<dyn FnOnce() + Send> = Box::new(move || drop(sender.send(task())));
        let runtime = Handle::current();
        let mut running = RunningTask { thread: runtime.spawn_blocking(task), runtime };
        Box::pin(async move {
            (&mut running.thread).await?;
            Ok(result.await?)
        })
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// A task on a blocking thread. Waits for its end when it is dropped.
struct RunningTask {
    runtime: Handle,
    thread: JoinHandle<()>,
}

impl Drop for RunningTask {
    fn drop(&mut self) {
        if !self.thread.is_finished() {
            // The caller is gone, and nobody asks for the result.
            let _ = tokio::task::block_in_place(|| self.runtime.block_on(&mut self.thread));
        }
    }
}

/// Durability of a commit on SQLite. PostgreSQL always commits durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Survives a power failure.
    Full,
    /// Survives a crash of the process. After a power failure, the page is read again.
    Page,
}

/// A connection of either backend.
pub(crate) trait Connected {
    /// Begins a transaction that may write.
    async fn begin(&mut self, durability: Durability) -> Result<()>;
    /// Commits on success, rolls back on error.
    async fn end<T>(&mut self, outcome: Result<T>) -> Result<T>;
    /// Returns the time of the database's clock, plus `shift`.
    async fn now(&mut self, shift: Duration) -> Result<DateTime<Utc>>;
    /// Sets or removes the counter of statements.
    fn meter(&mut self, statements: Option<&Arc<AtomicU64>>);
}

diesel::define_sql_function! { fn clock_timestamp() -> SqlTimestamp; }

struct Meter(Arc<AtomicU64>);

impl Instrumentation for Meter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn set_meter(connection: &mut impl AsyncConnection, statements: Option<&Arc<AtomicU64>>) {
    match statements {
        Some(statements) => connection.set_instrumentation(Meter(Arc::clone(statements))),
        None => connection.set_instrumentation(None::<Meter>),
    }
}

async fn end<C: AsyncConnection, T>(connection: &mut C, outcome: Result<T>) -> Result<T> {
    match outcome {
        Ok(value) => {
            C::TransactionManager::commit_transaction(connection).await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = C::TransactionManager::rollback_transaction(connection).await {
                tracing::debug!(error = %rollback, "rollback failed; the connection will be dropped");
            }
            Err(error)
        }
    }
}

impl Connected for PgConn {
    async fn begin(&mut self, _: Durability) -> Result<()> {
        AnsiTransactionManager::begin_transaction_sql(self, &postgres::begin()).await?;
        Ok(())
    }

    async fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        end(self, outcome).await
    }

    async fn now(&mut self, shift: Duration) -> Result<DateTime<Utc>> {
        let now: DateTime<Utc> = diesel::select(clock_timestamp()).get_result(self).await?;
        Ok(now + shift)
    }

    fn meter(&mut self, statements: Option<&Arc<AtomicU64>>) {
        set_meter(self, statements);
    }
}

impl Connected for LiteConn {
    /// Takes the write lock immediately: a transaction that reads before it writes would fail without waiting.
    async fn begin(&mut self, durability: Durability) -> Result<()> {
        self.spawn_blocking(move |c| {
            // SQLite refuses to change this inside a transaction, so it is set on the way in, every time.
            c.batch_execute(match durability {
                Durability::Full => "PRAGMA synchronous=FULL",
                Durability::Page => "PRAGMA synchronous=NORMAL",
            })?;
            diesel::connection::AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")
        })
        .await?;
        Ok(())
    }

    async fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        end(self, outcome).await
    }

    async fn now(&mut self, shift: Duration) -> Result<DateTime<Utc>> {
        Ok(SystemClock.now() + shift)
    }

    fn meter(&mut self, statements: Option<&Arc<AtomicU64>>) {
        set_meter(self, statements);
    }
}

#[cfg(test)]
mod tests {
    use diesel_async::RunQueryDsl as _;
    use futures::poll;

    use crate::{DatabaseSettings, Pools};

    /// Some hundred milliseconds of work.
    const SLOW: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
                        SELECT max(i) FROM n";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_read_that_is_dropped_returns_its_connection() {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::new(folder.path().join("x.db").to_string_lossy());
        let db = Pools::connect(&settings).await.unwrap().unscoped();
        for _ in 0..=settings.readers {
            let mut reader = db.sqlite_reader().await.unwrap();
            let mut read = Box::pin(diesel::sql_query(SLOW).execute(&mut *reader));
            assert!(poll!(&mut read).is_pending());
            drop(read);
        }
        db.now().await.unwrap();
        db.ready().await.unwrap();
    }
}
