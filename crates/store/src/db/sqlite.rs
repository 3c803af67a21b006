//! SQLite connections: several readers, one writer.

use std::path::Path;

use diesel::prelude::*;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use futures::FutureExt;

use super::{DatabaseSettings, LiteConn};
use crate::{Error, Result};

const EVERY: &str = "PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;";
/// A page of a sync fits into this cache of 16 MiB.
const WRITER: &str = "PRAGMA cache_size=-16384;";
/// Small caches: the operating system caches the file.
const READER: &str = "PRAGMA cache_size=-2048; PRAGMA query_only=ON;";

/// Creates the file if missing, with a write-ahead log, so that readers and the writer do not block each other.
pub(super) async fn create(path: &Path) -> Result<()> {
    let path = path.to_string_lossy().into_owned();
    let made = tokio::task::spawn_blocking(move || -> Result<()> {
        let mut connection = SqliteConnection::establish(&path)?;
        diesel::connection::SimpleConnection::batch_execute(
            &mut connection,
            "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL;",
        )?;
        Ok(())
    });
    made.await.map_err(Error::unavailable)?
}

pub(super) fn readers(path: &Path, settings: &DatabaseSettings) -> Pool<LiteConn> {
    pool(path, READER, settings.readers, settings)
}

pub(super) fn writer(path: &Path, settings: &DatabaseSettings) -> Pool<LiteConn> {
    pool(path, WRITER, 1, settings)
}

fn pool(path: &Path, role: &'static str, size: u32, settings: &DatabaseSettings) -> Pool<LiteConn> {
    let mut config = ManagerConfig::<LiteConn>::default();
    config.custom_setup = Box::new(move |path| {
        async move {
            let mut connection = LiteConn::establish(path).await?;
            let pragmas = [EVERY, role].concat();
            connection.batch_execute(&pragmas).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        }
        .boxed()
    });
    Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .max_lifetime(None)
        .idle_timeout(None)
        // The writer's queue may be long behind a page of a sync.
        .connection_timeout(settings.acquire_timeout.max(std::time::Duration::from_secs(30)))
        .build_unchecked(AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config))
}
