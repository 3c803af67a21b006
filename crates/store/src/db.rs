//! The database: one handle over two backends, and the two macros through which every statement goes.
//!
//! `with_conn!` reads, `with_tx!` writes. Both expand their body once per backend with the connection concretely
//! typed and `Be` naming the backend. A write runs in a task of its own, so a caller that goes away never leaves a
//! transaction open; it begins by asking for the time, so that everything in it happens at one moment.

mod connection;
mod lock;
mod migrations;
mod postgres;
mod settings;
mod sqlite;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};

pub(crate) use connection::{Connected, Durability, LiteConn, PgConn};
pub use lock::FileLock;
pub(crate) use postgres::dedicated;
pub use settings::{Backend, DatabaseSettings};

use crate::{Error, Result, Scope, Wakeups};

/// A database. Cheap to clone; clones share pools and clock.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
    meter: Option<Arc<AtomicU64>>,
    scope: Scope,
}

struct Shared {
    pools: Pools,
    settings: DatabaseSettings,
    /// Microseconds added to the database's clock; zero outside tests.
    shift: AtomicI64,
    wakeups: Wakeups,
}

enum Pools {
    Postgres(Pool<PgConn>),
    /// Readers, and the one writer that SQLite allows: a pool of one is a fair queue.
    Sqlite {
        read: Pool<LiteConn>,
        write: Pool<LiteConn>,
    },
}

impl Db {
    /// Opens pools on the database that the settings name. Connections are made when first needed.
    ///
    /// # Errors
    /// `Unavailable` when the address is not understood, or SQLite's file cannot be opened.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self> {
        let pools = match settings.sqlite_path() {
            None => Pools::Postgres(postgres::pool(settings)?),
            Some(path) => {
                sqlite::create(path).await?;
                Pools::Sqlite { read: sqlite::readers(path, settings), write: sqlite::writer(path, settings) }
            }
        };
        let wakeups = Wakeups::new(settings);
        let shared = Shared { pools, settings: settings.clone(), shift: AtomicI64::new(0), wakeups };
        Ok(Self { shared: Arc::new(shared), meter: None, scope: Scope::Everything })
    }

    /// Brings the tables up to date. Several processes may ask at once; one does it and the others wait.
    ///
    /// # Errors
    /// `Unavailable` when the database is away; `Other` when a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        migrations::run(&self.shared.settings).await
    }

    /// Takes every table away again.
    ///
    /// # Errors
    /// As [`Db::migrate`].
    #[cfg(feature = "testkit")]
    pub async fn revert_migrations(&self) -> Result<()> {
        migrations::revert(&self.shared.settings).await
    }

    /// Says which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.shared.settings.backend()
    }

    /// Returns the same database with every statement counted.
    #[must_use]
    pub fn metered(&self, statements: Arc<AtomicU64>) -> Self {
        Self { meter: Some(statements), ..self.clone() }
    }

    /// Returns the same database as somebody sees it who may see no more than `scope`: for what lies outside, every
    /// reading function answers as if it were not there.
    #[must_use]
    pub fn within(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }

    pub(crate) const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Makes sure that the database answers.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ready(&self) -> Result<()> {
        self.now().await.map(|_| ())
    }

    /// Tells the time by the database's clock.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn now(&self) -> Result<DateTime<Utc>> {
        let shift = self.shift();
        with_conn!(self, read, |c| c.now(shift).await)
    }

    /// The news of runs, for those who wait for them.
    #[must_use]
    pub fn wakeups(&self) -> Wakeups {
        self.shared.wakeups.clone()
    }

    /// Moves the clock of this handle and its clones; leases run out without anybody sleeping.
    #[cfg(feature = "testkit")]
    pub fn shift_clock(&self, by: Duration) {
        let micros = by.num_microseconds().expect("tests shift by less than a lifetime");
        self.shared.shift.fetch_add(micros, Ordering::SeqCst);
    }

    /// Opens the same database again with a clock of its own that differs by `by`: another replica.
    ///
    /// # Errors
    /// As [`Db::connect`].
    #[cfg(feature = "testkit")]
    pub async fn with_clock_shift(&self, by: Duration) -> Result<Self> {
        let other = Self::connect(&self.shared.settings).await?;
        other.shift_clock(by);
        Ok(other)
    }

    /// Says that a run has news.
    pub(crate) fn stir(&self, run: crate::RunId) {
        self.shared.wakeups.stir(run);
    }

    pub(crate) fn shift(&self) -> Duration {
        Duration::microseconds(self.shared.shift.load(Ordering::SeqCst))
    }

    pub(crate) async fn postgres(&self) -> Result<PooledConnection<'_, PgConn>> {
        let Pools::Postgres(pool) = &self.shared.pools else { unreachable!("asked only of PostgreSQL") };
        let mut connection = pool.get().await?;
        connection.meter(self.meter.as_ref());
        Ok(connection)
    }

    pub(crate) async fn sqlite_reader(&self) -> Result<PooledConnection<'_, LiteConn>> {
        let Pools::Sqlite { read, .. } = &self.shared.pools else { unreachable!("asked only of SQLite") };
        let mut connection = read.get().await?;
        connection.meter(self.meter.as_ref());
        Ok(connection)
    }

    pub(crate) async fn sqlite_writer(&self) -> Result<PooledConnection<'_, LiteConn>> {
        let Pools::Sqlite { write, .. } = &self.shared.pools else { unreachable!("asked only of SQLite") };
        let mut connection = write.get().await?;
        connection.meter(self.meter.as_ref());
        Ok(connection)
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Db").field(&self.backend()).finish()
    }
}

/// Runs a write to its end, whether or not the caller waits for it.
pub(crate) async fn owned<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(Error::unavailable(error)),
    }
}

/// How often a transaction that collided with another is run again.
pub(crate) const COLLISIONS: u32 = 8;

/// Runs a read: `with_conn!(db, read, |c| query.load(c).await.map_err(Error::from))`; the body gives a `Result`.
macro_rules! with_conn {
    ($db:expr, read, |$conn:ident| $body:expr) => {{
        let db: &$crate::Db = $db;
        match db.backend() {
            $crate::Backend::Postgres => {
                type Be = ::diesel::pg::Pg;
                const _: Option<Be> = None;
                let mut guard = db.postgres().await?;
                let $conn: &mut $crate::db::PgConn = &mut guard;
                let outcome: $crate::Result<_> = async { $body }.await;
                $crate::db::Connected::meter(&mut *guard, None);
                outcome
            }
            $crate::Backend::Sqlite => {
                type Be = ::diesel::sqlite::Sqlite;
                const _: Option<Be> = None;
                let mut guard = db.sqlite_reader().await?;
                let $conn: &mut $crate::db::LiteConn = &mut guard;
                let outcome: $crate::Result<_> = async { $body }.await;
                $crate::db::Connected::meter(&mut *guard, None);
                outcome
            }
        }
    }};
}

/// Runs a write in one transaction: `with_tx!(db, Full, |c, now| { …; Ok(value) })`.
///
/// The body owns what it names and may run again after a collision, so it must not move anything out.
macro_rules! with_tx {
    ($db:expr, $durability:ident, |$conn:ident, $now:ident| $body:expr) => {{
        let db = $crate::Db::clone($db);
        match db.backend() {
            $crate::Backend::Postgres => {
                let work = with_tx!(@task db, postgres, PgConn, $durability, |$conn, $now| $body);
                $crate::db::owned(work).await
            }
            $crate::Backend::Sqlite => {
                let work = with_tx!(@task db, sqlite_writer, LiteConn, $durability, |$conn, $now| $body);
                $crate::db::owned(work).await
            }
        }
    }};
    (@task $db:ident, $pool:ident, $type:ident, $durability:ident, |$conn:ident, $now:ident| $body:expr) => {
        Box::pin(async move {
            let mut collisions = 0;
            loop {
                let mut guard = $db.$pool().await?;
                let $conn: &mut $crate::db::$type = &mut guard;
                let outcome: $crate::Result<_> = async {
                    use $crate::db::Connected as _;
                    $conn.begin($crate::db::Durability::$durability).await?;
                    let $now = $conn.now($db.shift()).await?;
                    $body
                }
                .await;
                let outcome = $crate::db::Connected::end(&mut *guard, outcome).await;
                $crate::db::Connected::meter(&mut *guard, None);
                match outcome {
                    Err(error) if error.is_collision() && collisions < $crate::db::COLLISIONS => collisions += 1,
                    outcome => return outcome,
                }
            }
        })
    };
}

/// Implements a trait of statements for both connections, out of one body.
macro_rules! on_both {
    (impl $name:ident { $($body:tt)* }) => {
        impl $name for $crate::db::PgConn { $($body)* }
        impl $name for $crate::db::LiteConn { $($body)* }
    };
}

pub(crate) use {on_both, with_conn, with_tx};
