//! The macros through which every statement goes.

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{Error, Result};

/// Runs a write to its end, whether or not the caller waits for it. The work and the task are boxed, so that this and
/// tokio's code are not compiled anew for each write.
pub(crate) async fn owned<T: Send + 'static>(work: BoxFuture<'static, Result<T>>) -> Result<T> {
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
