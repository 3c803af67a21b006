//! The database: connection pools over two backends, the handles that queries take, and the two macros through which
//! every statement goes.
//!
//! [`Pools`] makes two kinds of handle, and neither becomes the other. A [`Db`] is unscoped: it reads and writes
//! everything. A [`ScopedDb`] reads what one caller may see, and writes nothing. Both dereference to [`Reader`], which
//! carries the visibility: a function that takes a `&Reader` serves both, one that takes a `&Db` the unscoped handle
//! only.
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

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};
use futures::future::BoxFuture;
use tokio::sync::oneshot;

pub(crate) use connection::{Connected, Durability, LiteConn, PgConn};
pub use lock::FileLock;
pub(crate) use postgres::dedicated;
pub use settings::{Backend, DatabaseSettings};

use crate::{Error, JobId, Notifier, Result, Visibility};

/// The connection pools of a database. Only the composition of a process holds them; it makes the handles that
/// everything else works with.
#[derive(Clone)]
pub struct Pools(Arc<Shared>);

/// The unscoped handle: reads and writes everything. For jobs, authentication, audit records, and checks of uniqueness
/// and rights. Clones are cheap and share pools and clock.
#[derive(Debug, Clone)]
pub struct Db(Reader);

/// The handle of one caller: reads what its visibility includes. Clones are cheap and share pools and clock.
#[derive(Debug, Clone)]
pub struct ScopedDb(Reader);

/// What both handles do: read, within the visibility that they were made with.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
    meter: Option<Arc<AtomicU64>>,
    visibility: Visibility,
}

struct Shared {
    pools: BackendPools,
    settings: DatabaseSettings,
    /// Microseconds added to the database's clock; zero outside tests.
    shift: AtomicI64,
    notifier: Notifier,
}

enum BackendPools {
    Postgres(Pool<PgConn>),
    /// Readers, and the one writer that SQLite allows: a pool of one is a fair queue.
    Sqlite {
        read: Pool<LiteConn>,
        write: Pool<LiteConn>,
    },
}

impl Pools {
    /// Opens pools on the database that the settings name. Connections are made when first needed.
    ///
    /// # Errors
    /// `Unavailable` when the address is not understood, or SQLite's file cannot be opened.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self> {
        let pools = match settings.sqlite_path() {
            None => BackendPools::Postgres(postgres::pool(settings)?),
            Some(path) => {
                sqlite::create(path).await?;
                BackendPools::Sqlite { read: sqlite::readers(path, settings), write: sqlite::writer(path, settings) }
            }
        };
        let notifier = Notifier::new(settings);
        Ok(Self(Arc::new(Shared { pools, settings: settings.clone(), shift: AtomicI64::new(0), notifier })))
    }

    /// Makes the unscoped handle.
    #[must_use]
    pub fn unscoped(&self) -> Db {
        Db(self.reader(Visibility::UNLIMITED))
    }

    /// Makes the handle of a caller who sees no more than `visibility`.
    #[must_use]
    pub fn scoped(&self, visibility: Visibility) -> ScopedDb {
        ScopedDb(self.reader(visibility))
    }

    fn reader(&self, visibility: Visibility) -> Reader {
        Reader { shared: Arc::clone(&self.0), meter: None, visibility }
    }

    /// Brings the tables up to date. Several processes may ask at once; one does it and the others wait.
    ///
    /// # Errors
    /// `Unavailable` when the database is away; `Other` when a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        migrations::run(&self.0.settings).await
    }

    /// Runs the migrations up to and including the one of that name, as an earlier version of the program would.
    ///
    /// # Errors
    /// As [`Pools::migrate`].
    #[cfg(feature = "testkit")]
    pub async fn migrate_up_to(&self, last: &'static str) -> Result<()> {
        migrations::run_up_to(&self.0.settings, last).await
    }

    /// Reverts the migrations after the one of that name.
    ///
    /// # Errors
    /// As [`Pools::migrate`].
    #[cfg(feature = "testkit")]
    pub async fn revert_migrations_down_to(&self, last: &'static str) -> Result<()> {
        migrations::revert_down_to(&self.0.settings, last).await
    }

    /// Takes every table away again.
    ///
    /// # Errors
    /// As [`Pools::migrate`].
    #[cfg(feature = "testkit")]
    pub async fn revert_migrations(&self) -> Result<()> {
        migrations::revert(&self.0.settings).await
    }
}

impl std::fmt::Debug for Pools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pools").field(&self.0.settings.backend()).finish()
    }
}

impl Db {
    /// Returns the same handle with every statement counted.
    #[must_use]
    pub fn metered(&self, statements: Arc<AtomicU64>) -> Self {
        Self(self.0.metered(statements))
    }

    /// Moves the clock of this handle and of all others that share its pools; leases run out without anybody sleeping.
    #[cfg(feature = "testkit")]
    pub fn shift_clock(&self, by: Duration) {
        let micros = by.num_microseconds().expect("tests shift by less than a lifetime");
        self.shared.shift.fetch_add(micros, Ordering::SeqCst);
    }

    /// Tells subscribers which jobs changed, of all profiles.
    #[must_use]
    pub fn notifier(&self) -> Notifier {
        self.shared.notifier.clone()
    }

    /// Reports that a job changed.
    pub(crate) fn notify(&self, job: JobId) {
        self.shared.notifier.notify(job);
    }

    pub(crate) async fn sqlite_writer(&self) -> Result<PooledConnection<'_, LiteConn>> {
        let BackendPools::Sqlite { write, .. } = &self.shared.pools else { unreachable!("asked only of SQLite") };
        let mut connection = write.get().await?;
        connection.meter(self.meter.as_ref());
        Ok(connection)
    }
}

impl ScopedDb {
    /// Returns the same handle with every statement counted.
    #[must_use]
    pub fn metered(&self, statements: Arc<AtomicU64>) -> Self {
        Self(self.0.metered(statements))
    }
}

impl Deref for Db {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Deref for ScopedDb {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Reader {
    fn metered(&self, statements: Arc<AtomicU64>) -> Self {
        Self { meter: Some(statements), ..self.clone() }
    }

    /// Says which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.shared.settings.backend()
    }

    pub(crate) const fn visibility(&self) -> &Visibility {
        &self.visibility
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

    pub(crate) fn shift(&self) -> Duration {
        Duration::microseconds(self.shared.shift.load(Ordering::SeqCst))
    }

    pub(crate) async fn postgres(&self) -> Result<PooledConnection<'_, PgConn>> {
        let BackendPools::Postgres(pool) = &self.shared.pools else { unreachable!("asked only of PostgreSQL") };
        let mut connection = pool.get().await?;
        connection.meter(self.meter.as_ref());
        Ok(connection)
    }

    pub(crate) async fn sqlite_reader(&self) -> Result<PooledConnection<'_, LiteConn>> {
        let BackendPools::Sqlite { read, .. } = &self.shared.pools else { unreachable!("asked only of SQLite") };
        let mut connection = read.get().await?;
        connection.meter(self.meter.as_ref());
        Ok(connection)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("backend", &self.backend()).field("visibility", &self.visibility).finish()
    }
}

/// Runs a write to its end, whether or not the caller waits for it. The task is boxed, so that tokio's code is compiled
/// once and not for each write.
pub(crate) async fn owned<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let (sender, outcome) = oneshot::channel();
    let task: BoxFuture<'static, ()> = Box::pin(async move { drop(sender.send(work.await)) });
    match tokio::spawn(task).await {
        Ok(()) => outcome.await.map_err(Error::unavailable)?,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(Error::unavailable(error)),
    }
}

/// How often a transaction that collided with another is run again.
pub(crate) const COLLISIONS: u32 = 8;

/// Runs a read: `with_conn!(db, read, |c| query.load(c).await.map_err(Error::from))`; the body gives a `Result`.
macro_rules! with_conn {
    ($db:expr, read, |$conn:ident| $body:expr) => {{
        let db: &$crate::Reader = $db;
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
