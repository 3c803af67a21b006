//! The migrations, inside the binary: those of each database, and those that both share.

mod shared;

use diesel::{Connection, QueryableByName, SqliteConnection};
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{MigrationHarness, embed_migrations};

use super::{DatabaseSettings, FileLock, postgres};
use crate::{Backend, Error, Result};
use shared::Migrations;

const POSTGRES: Migrations =
    Migrations { own: embed_migrations!("../../migrations/postgres"), backend: Backend::Postgres };
const SQLITE: Migrations = Migrations { own: embed_migrations!("../../migrations/sqlite"), backend: Backend::Sqlite };

/// A number of our own, so that no other program's advisory lock is meant.
const ADVISORY_LOCK: i64 = 0x5ea7_6a9f;

/// Foreign keys are checked once at the end instead: a migration that rebuilds a table drops the old one, and SQLite
/// would delete every row that refers to it.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout=5000; PRAGMA foreign_keys=OFF";

/// What is to be done with the migrations.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Up,
    #[cfg(feature = "testkit")]
    UpTo(&'static str),
    #[cfg(feature = "testkit")]
    DownTo(&'static str),
    #[cfg(feature = "testkit")]
    Down,
}

pub(super) async fn run(settings: &DatabaseSettings) -> Result<()> {
    go(settings, Direction::Up).await
}

#[cfg(feature = "testkit")]
pub(super) async fn run_up_to(settings: &DatabaseSettings, last: &'static str) -> Result<()> {
    go(settings, Direction::UpTo(last)).await
}

#[cfg(feature = "testkit")]
pub(super) async fn revert_down_to(settings: &DatabaseSettings, last: &'static str) -> Result<()> {
    go(settings, Direction::DownTo(last)).await
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
            Box::new(move || apply(&mut AsyncMigrationHarness::new(connection), &POSTGRES, direction))
        }
        Some(path) => {
            let path = path.to_owned();
            Box::new(move || {
                let _lock = FileLock::for_migration(&path)?;
                let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
                diesel::connection::SimpleConnection::batch_execute(&mut connection, SQLITE_SETTINGS)?;
                apply(&mut connection, &SQLITE, direction)?;
                check_references(&mut connection)
            })
        }
    };
    // Diesel's harness blocks.
    tokio::task::spawn_blocking(work).await.map_err(Error::unavailable)?
}

fn apply<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: &Migrations,
    direction: Direction,
) -> Result<()> {
    let done = match direction {
        Direction::Up => harness.run_pending_migrations(migrations),
        #[cfg(feature = "testkit")]
        Direction::UpTo(last) => run_each_up_to(harness, migrations, last),
        #[cfg(feature = "testkit")]
        Direction::DownTo(last) => revert_each_down_to(harness, migrations, last),
        #[cfg(feature = "testkit")]
        Direction::Down => harness.revert_all_migrations(migrations),
    };
    for version in done.map_err(Error::other)? {
        tracing::info!(migration.version = %version, "migrated");
    }
    Ok(())
}

#[cfg(feature = "testkit")]
fn run_each_up_to<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: &Migrations,
    last: &str,
) -> diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'static>>> {
    let mut done = Vec::new();
    for migration in harness.pending_migrations(migrations)? {
        if migration.name().to_string().as_str() > last {
            break;
        }
        done.push(harness.run_migration(&migration)?.as_owned());
    }
    Ok(done)
}

#[cfg(feature = "testkit")]
fn revert_each_down_to<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: &Migrations,
    last: &'static str,
) -> diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'static>>> {
    let last = shared::version(last);
    let mut done = Vec::new();
    while harness.applied_migrations()?.into_iter().any(|applied| applied > last) {
        done.push(harness.revert_last_migration(migrations)?);
    }
    Ok(done)
}

/// Makes sure that no row refers to a row that is not there.
fn check_references(connection: &mut SqliteConnection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Dangling {
        #[diesel(sql_type = diesel::sql_types::Text)]
        table: String,
    }
    let query = diesel::sql_query("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check");
    let dangling: Vec<Dangling> = diesel::RunQueryDsl::load(query, connection)?;
    if dangling.is_empty() {
        return Ok(());
    }
    let tables: Vec<_> = dangling.into_iter().map(|row| row.table).collect();
    Err(Error::Damaged(format!("rows of {} refer to rows that do not exist", tables.join(", "))))
}
