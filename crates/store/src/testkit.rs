//! Fresh, migrated databases on both backends, for tests of this and the outer rooms.
//!
//! `each_backend!` makes one test per backend of one body:
//!
//! ```ignore
//! each_backend! {
//!     async fn an_alias_reads_back_as_it_was_written(db: TestDatabase) { … }
//! }
//! ```

mod server;

use std::ops::Deref;

use chrono::TimeDelta;
use tempfile::TempDir;

use crate::db::with_tx;
use crate::{Backend, DatabaseSettings, Db, Pools};

/// A database of one test's own.
#[derive(Debug)]
pub struct TestDatabase {
    pools: Pools,
    db: Db,
    settings: DatabaseSettings,
    url: String,
    folder: Option<TempDir>,
}

impl TestDatabase {
    /// Its pools, for handles of callers and for migrations.
    #[must_use]
    pub const fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Opens the same database again with a clock of its own that differs by `by`: another replica.
    ///
    /// # Errors
    /// As [`Pools::connect`].
    pub async fn with_clock_shift(&self, by: TimeDelta) -> crate::Result<Db> {
        let other = Pools::connect(&self.settings).await?.unscoped();
        other.shift_clock(by);
        Ok(other)
    }

    /// Where it is, for a second process or pool.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that is in the database, as text and in no order: what somebody gets who steals it.
    ///
    /// # Errors
    /// What the database, or the file system, says against it.
    pub async fn dump(&self) -> crate::Result<String> {
        let Some(folder) = &self.folder else { return self.dump_postgres().await };
        let mut text = String::new();
        for entry in std::fs::read_dir(folder.path()).map_err(crate::Error::other)? {
            let bytes = std::fs::read(entry.map_err(crate::Error::other)?.path()).map_err(crate::Error::other)?;
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        Ok(text)
    }

    async fn dump_postgres(&self) -> crate::Result<String> {
        use diesel::sql_types::Text;
        use diesel_async::RunQueryDsl as _;

        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            line: String,
        }
        const TABLES: &str =
            "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'public'";
        let mut guard = self.db.postgres().await?;
        let tables: Vec<Line> = diesel::sql_query(TABLES).load(&mut *guard).await?;
        let mut text = String::new();
        for Line { line: table } in tables {
            let rows = format!("SELECT replace(t::text, '\\\\x', ' ') AS line FROM \"{table}\" t");
            let rows: Vec<Line> = diesel::sql_query(rows).load(&mut *guard).await?;
            rows.iter().for_each(|row| text.push_str(&row.line));
        }
        Ok(text)
    }

    /// Runs one statement as somebody who has the database and nothing else.
    ///
    /// # Errors
    /// What the database says against it.
    pub async fn execute(&self, statement: &str) -> crate::Result<usize> {
        let statement = statement.to_owned();
        with_tx!(&self.db, Full, |c, _now| {
            use diesel_async::RunQueryDsl as _;
            Ok(diesel::sql_query(statement.clone()).execute(c).await?)
        })
    }
}

impl Deref for TestDatabase {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Makes a database of each backend: SQLite first, then PostgreSQL where there is one.
pub async fn databases() -> Vec<TestDatabase> {
    let mut databases = Vec::new();
    for backend in [Backend::Sqlite, Backend::Postgres] {
        databases.extend(database(backend).await);
    }
    databases
}

/// Makes a database; `None` when there is no PostgreSQL, which is said on standard error.
///
/// # Panics
/// When the database cannot be made, and when PostgreSQL is missing although `SEATGRAPH_REQUIRE_POSTGRES=1`.
pub async fn database(backend: Backend) -> Option<TestDatabase> {
    let (url, folder) = match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().expect("temporary folder");
            (format!("sqlite:{}", folder.path().join("test.db").display()), Some(folder))
        }
        Backend::Postgres => (server::fresh_database().await?, None),
    };
    let mut settings = DatabaseSettings::new(&url);
    settings.connections = 8;
    settings.acquire_timeout = std::time::Duration::from_secs(30);
    let pools = Pools::connect(&settings).await.expect("test database opens");
    if backend == Backend::Sqlite {
        pools.migrate().await.expect("migrations run");
    }
    Some(TestDatabase { db: pools.unscoped(), pools, settings, url, folder })
}

/// Makes one test per backend of one body.
#[macro_export]
macro_rules! each_backend {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: TestDatabase) $body:block)+) => {$(
        #[cfg(test)]
        mod $name {
            #[expect(unused_imports, reason = "what the body names comes from around the test")]
            use super::*;

            async fn test($db: $crate::testkit::TestDatabase) $body

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let database = $crate::testkit::database($crate::Backend::Sqlite).await;
                Box::pin(test(database.expect("SQLite is always there"))).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(database) = $crate::testkit::database($crate::Backend::Postgres).await {
                    Box::pin(test(database)).await;
                }
            }
        }
    )+};
}
