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
mod handles;
mod lock;
mod migrations;
mod notifier;
mod postgres;
mod settings;
mod sqlite;
mod statement;
mod tls;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use diesel_async::pooled_connection::bb8::Pool;

pub(crate) use connection::{Connected, Durability, LiteConn, PgConn};
pub use handles::{Db, Reader, ScopedDb};
pub use lock::FileLock;
pub use notifier::{JobChanged, Notifier};
pub use settings::{Backend, DatabaseSettings};
pub(crate) use statement::{COLLISIONS, on_both, owned, with_conn, with_tx};

use crate::{Result, Visibility};

/// The connection pools of a database. Only the composition of a process holds them; it makes the handles that
/// everything else works with.
#[derive(Clone)]
pub struct Pools(Arc<Shared>);

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
    /// `Unavailable` if the database is unavailable; `Other` when a migration fails.
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
