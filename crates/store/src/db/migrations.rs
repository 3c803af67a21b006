//! The migrations, inside the binary.

use diesel::Connection;
use diesel::SqliteConnection;
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseSettings, FileLock, postgres};
use crate::{Error, Result};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// A number of our own, so that no other program's advisory lock is meant.
const ADVISORY_LOCK: i64 = 0x5ea7_6a9f;

/// What is to be done with the migrations.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Up,
    #[cfg(feature = "testkit")]
    Down,
}

pub(super) async fn run(settings: &DatabaseSettings) -> Result<()> {
    go(settings, Direction::Up).await
}

#[cfg(feature = "testkit")]
pub(super) async fn revert(settings: &DatabaseSettings) -> Result<()> {
    go(settings, Direction::Down).await
}

async fn go(settings: &DatabaseSettings, direction: Direction) -> Result<()> {
    let work: Box<dyn FnOnce() -> Result<()> + Send> = match settings.sqlite_path() {
        None => {
            let mut connection = postgres::dedicated(settings).await?;
            // The lock ends with the connection, whichever way the migration goes.
            connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).await?;
            Box::new(move || apply(&mut AsyncMigrationHarness::new(connection), POSTGRES, direction))
        }
        Some(path) => {
            let path = path.to_owned();
            Box::new(move || {
                let _lock = FileLock::for_migration(&path)?;
                let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
                diesel::connection::SimpleConnection::batch_execute(&mut connection, "PRAGMA busy_timeout=5000")?;
                apply(&mut connection, SQLITE, direction)
            })
        }
    };
    // Diesel's harness blocks.
    tokio::task::spawn_blocking(work).await.map_err(Error::unavailable)?
}

fn apply<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
    direction: Direction,
) -> Result<()> {
    let done = match direction {
        Direction::Up => harness.run_pending_migrations(migrations),
        #[cfg(feature = "testkit")]
        Direction::Down => harness.revert_all_migrations(migrations),
    };
    for version in done.map_err(Error::other)? {
        tracing::info!(migration.version = %version, "migrated");
    }
    Ok(())
}
