//! Opens the configured database, with its keys.

use anyhow::Context;
use seatgraph_store::{Db, FileLock, Pools, Sealer, audit};

use crate::config::Config;

/// Connects to the database and migrates it.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Pools> {
    let pools = Pools::connect(&config.database).await.context("database.url")?;
    pools.migrate().await.context("migrations")?;
    Ok(pools)
}

/// Locks the file of a SQLite database. Returns `None` for PostgreSQL.
pub(crate) fn lock(config: &Config) -> anyhow::Result<Option<FileLock>> {
    let Some(path) = config.database.sqlite_path() else { return Ok(None) };
    let lock = FileLock::acquire(path).map_err(|error| match error.is_conflict_with("file_lock") {
        true => anyhow::anyhow!("another gateway works on it; stop that one, or use PostgreSQL for several"),
        false => anyhow::Error::from(error),
    });
    lock.map(Some).with_context(|| format!("database.url: {}", path.display()))
}

/// Reads the encryption keys and verifies that the database was encrypted with one of them. Without that key, secrets
/// cannot be read and audit records cannot be written.
pub(crate) async fn sealer(config: &Config, db: &Db) -> anyhow::Result<Sealer> {
    let sealer = config.sealer()?;
    anyhow::ensure!(
        audit::opens(db, &sealer).await?,
        "key_file: the database was sealed with a key that is not there. Bring back the key that was in use ({}, or \
         SEATGRAPH_KEY); without it the secrets in the database are lost, and a new database has to be begun.",
        config.key_path().display()
    );
    Ok(sealer)
}
