//! Fresh, migrated databases on both backends, for the tests of this crate and of those that depend on it.
//!
//! `each_backend!` makes one test per backend of one body, and `test_main!` runs them. The test target needs
//! `harness = false`. Without a PostgreSQL server its tests are reported as ignored, and with
//! `SEATGRAPH_REQUIRE_POSTGRES=1` they fail.
//!
//! ```ignore
//! mod aliases {
//!     each_backend! {
//!         async fn an_alias_reads_back_as_it_was_written(db: TestDatabase) { … }
//!     }
//! }
//!
//! test_main!(aliases);
//! ```

mod server;
mod suite;

pub use suite::{Test, run};

use std::collections::BTreeMap;
use std::ops::Deref;

use chrono::TimeDelta;
use diesel_async::RunQueryDsl as _;
use tempfile::TempDir;

use crate::db::{with_conn, with_tx};
use crate::records::{KINDS, Kind};
use crate::{Backend, DatabaseSettings, Db, Pools};

/// A database for one test.
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

    /// Its URL, for a second process or pool.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The whole content of the database, as text in no order: what a thief would get.
    ///
    /// # Errors
    /// Errors of the database or the file system.
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

    /// Runs one statement, as someone with access to the database only.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&self, statement: &str) -> crate::Result<usize> {
        write(&self.db, statement).await
    }
}

impl Deref for TestDatabase {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Returns the tables of records as their descriptions declare them: table, column, and SQL type as `Nullable<Text>`.
#[must_use]
pub fn record_tables() -> BTreeMap<String, BTreeMap<String, String>> {
    let columns = |kind: &Kind| {
        let declared = kind.columns.iter().map(|column| (column.name.to_owned(), column.declared.replace(' ', "")));
        declared.collect()
    };
    KINDS.into_iter().map(|kind| (kind.table.to_owned(), columns(kind))).collect()
}

/// The database of a test that only PostgreSQL can pass.
pub type PostgresDatabase = TestDatabase;

/// Runs one statement as a write, with the time that writes have.
///
/// # Errors
/// The database's.
pub async fn write(db: &Db, statement: &str) -> crate::Result<usize> {
    let statement = statement.to_owned();
    with_tx!(db, Full, |c, _now| Ok(diesel::sql_query(statement.clone()).execute(c).await?))
}

/// Runs one statement as a read, with the time that reads have.
///
/// # Errors
/// The database's; `Timeout` when it takes longer than a read may.
pub async fn read(db: &Db, statement: &str) -> crate::Result<usize> {
    with_conn!(db, read, |c| diesel::sql_query(statement).execute(c).await.map_err(crate::Error::from))
}

/// Makes a database; `None` when there is no PostgreSQL server.
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

/// Makes tests of bodies: one per backend of a body with a `TestDatabase`, one of a body with a `PostgresDatabase`, and
/// one of a body without a database. The module's `tests()` returns them all, for [`test_main!`](crate::test_main).
#[macro_export]
macro_rules! each_backend {
    ($($(#[$attribute:meta])* async fn $name:ident($($db:ident: $database:ident)?) $body:block)+) => {
        $(
            $(#[$attribute])*
            async fn $name($($db: $crate::testkit::$database)?) $body
        )+

        pub(crate) fn tests() -> Vec<$crate::testkit::Test> {
            [$($crate::__tests!($name $($database)?)),+].into_iter().flatten().collect()
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ($name:ident TestDatabase) => {
        $crate::testkit::Test::on_each_backend(module_path!(), stringify!($name), $name)
    };
    ($name:ident PostgresDatabase) => {
        $crate::testkit::Test::on_postgres(module_path!(), stringify!($name), $name)
    };
    ($name:ident) => {
        $crate::testkit::Test::once(module_path!(), stringify!($name), $name)
    };
}

/// Makes the `main` of a test target that runs the tests of its modules. A module that is not named is dead code.
#[macro_export]
macro_rules! test_main {
    ($($module:ident),+ $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::testkit::run([$($module::tests()),+])
        }

        $crate::refuse_harness!();
    };
}

/// Fails under libtest, which replaces `main` and would pass without a test having run.
#[doc(hidden)]
#[macro_export]
macro_rules! refuse_harness {
    () => {
        #[test]
        fn the_target_needs_harness_false() {
            panic!("add `harness = false` to this [[test]] of Cargo.toml; none of its tests has run");
        }
    };
}
