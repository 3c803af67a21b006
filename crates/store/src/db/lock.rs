//! Lock file beside a SQLite database: only one process may serve it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The lock on a SQLite file. Released when dropped or when the process ends.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Acquires the lock of the database at `path`.
    pub fn acquire(path: &Path) -> Result<Self> {
        let file = open(path, "lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::conflict("file_lock")),
            Err(TryLockError::Error(error)) => Err(Error::unavailable(error)),
        }
    }

    /// Waits for the lock of the database at `path`.
    pub(super) fn for_migration(path: &Path) -> Result<Self> {
        let file = open(path, "migration.lock")?;
        file.lock().map_err(Error::unavailable)?;
        Ok(Self { _file: file })
    }
}

fn open(path: &Path, suffix: &str) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    let path = PathBuf::from(name);
    File::options().create(true).truncate(false).write(true).open(path).map_err(Error::unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.db");
        let first = FileLock::acquire(&path).unwrap();
        assert!(FileLock::acquire(&path).unwrap_err().is_conflict_with("file_lock"));
        drop(first);
        assert!(FileLock::acquire(&path).is_ok());
    }
}
