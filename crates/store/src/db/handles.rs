//! The handles that queries take: scoped to a caller, or not.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use diesel_async::pooled_connection::bb8::PooledConnection;

use super::statement::with_conn;
use super::{Backend, BackendPools, Connected, LiteConn, Notifier, PgConn, Shared};
use crate::visibility::{Limited, Never, Visibility};
use crate::{JobId, ProfileId, Result};

/// The unscoped handle: reads and writes everything. For jobs, authentication, audit records, and checks of uniqueness
/// and rights. Clones are cheap and share pools and clock.
#[derive(Debug, Clone)]
pub struct Db(pub(super) Reader);

/// The handle of one caller: reads what its visibility includes. Clones are cheap and share pools and clock.
#[derive(Debug, Clone)]
pub struct ScopedDb(pub(super) Reader);

/// What both handles do: read, within the visibility that they were made with.
#[derive(Clone)]
pub struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) meter: Option<Arc<AtomicU64>>,
    pub(super) visibility: Visibility,
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

    /// A condition for readers who see some profiles only, made from the list of these profiles.
    pub(crate) fn limited<P>(&self, condition: impl FnOnce(Vec<ProfileId>) -> P) -> Limited<P> {
        self.visibility.profiles.limit(condition)
    }

    /// The condition that the reader sees API tokens and role assignments.
    pub(crate) fn administers_access(&self) -> Limited<Never> {
        self.visibility.administers_access()
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
