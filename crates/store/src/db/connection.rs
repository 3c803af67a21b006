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
use tokio::sync::oneshot;

use super::postgres;
use crate::Result;
use crate::types::sql::SqlTimestamp;

/// A connection to PostgreSQL.
pub(crate) type PgConn = AsyncPgConnection;
/// A connection to SQLite. Its statements run on a blocking thread.
pub(crate) type LiteConn = SyncConnectionWrapper<SqliteConnection, BlockingThreads>;

/// Tokio's threads for blocking work. Tasks are boxed, so that tokio's code is compiled once and not for each statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockingThreads;

impl SpawnBlocking for BlockingThreads {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, std::result::Result<R, Box<dyn std::error::Error + Send + Sync>>> {
        let (sender, result) = oneshot::channel();
        let task: Box<dyn FnOnce() + Send> = Box::new(move || drop(sender.send(task())));
        let thread = tokio::task::spawn_blocking(task);
        Box::pin(async move {
            thread.await?;
            Ok(result.await?)
        })
    }

    fn get_runtime() -> Self {
        Self
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
