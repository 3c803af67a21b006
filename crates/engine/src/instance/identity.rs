//! Identity of the installation, stored outside the database.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use seatgraph_store::{self as store, audit};
use uuid::Uuid;

/// Where the identity is stored.
#[derive(Debug, Clone)]
pub enum InstanceIdentity {
    /// A file, created if missing. It also records the state of the database and its audit log, and its own inode
    /// number, so that a copy of the file is detected.
    File(PathBuf),
    /// A fixed identity, for installations without persistent files. A restored database is not detected.
    Given(Uuid),
}

/// Stored state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredState {
    pub(super) epoch: Uuid,
    pub(super) generation: i64,
    /// Newest row of the audit log.
    pub(super) audit: Option<audit::AuditHead>,
    /// Whether the file is a copy.
    pub(super) is_copy: bool,
}

impl StoredState {
    pub(super) const fn of(epoch: Uuid, generation: i64) -> Self {
        Self { epoch, generation, audit: None, is_copy: false }
    }
}

impl InstanceIdentity {
    /// MAC of the newest row of the audit log, when it was last stored. `None` if none was stored.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged.
    pub fn audit_head(&self) -> Result<Option<String>, store::Error> {
        Ok(self.stored()?.and_then(|stored| stored.audit).map(|row| row.mac))
    }

    /// Stored state of the database. `None` if there is no file yet.
    pub(super) fn stored(&self) -> Result<Option<StoredState>, store::Error> {
        match self {
            Self::File(path) => read(path),
            Self::Given(epoch) => Ok(Some(StoredState::of(*epoch, 0))),
        }
    }

    /// Creates the identity for a new database.
    pub(super) fn fresh(&self) -> Uuid {
        match self {
            Self::File(_) => Uuid::new_v4(),
            Self::Given(epoch) => *epoch,
        }
    }

    /// Stores the current state of the database.
    pub(super) fn save(&self, stored: &StoredState) -> Result<(), store::Error> {
        match self {
            Self::File(path) => write(path, stored).map_err(|error| store::Error::Unavailable(error.into())),
            Self::Given(_) => Ok(()),
        }
    }
}

/// Placeholder for a missing value in the file.
const NOTHING: &str = "-";

fn read(path: &Path) -> Result<Option<StoredState>, store::Error> {
    let read = fs::read_to_string(path).and_then(|text| Ok((text, fs::metadata(path)?)));
    let (text, about) = match read {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(store::Error::Unavailable(error.into())),
    };
    let damaged = || {
        store::Error::Damaged(format!(
            "{} is not a valid instance identity file; restore it or remove it and run `seatgraph adopt`",
            path.display()
        ))
    };
    let mut words = text.split_whitespace();
    let (epoch, generation) = words.next().zip(words.next()).ok_or_else(damaged)?;
    let epoch = epoch.parse().map_err(|_| damaged())?;
    let generation = generation.parse().map_err(|_| damaged())?;
    let mut further = words.map(|word| Some(word.to_owned()).filter(|word| word != NOTHING));
    let (file, row) = (further.next().flatten(), further.next().flatten());
    let audit = row.map(|row| {
        let (sequence, mac) = row.split_once(':')?;
        Some(audit::AuditHead { sequence: sequence.parse().ok()?, mac: mac.to_owned() })
    });
    let audit = audit.map(|row| row.ok_or_else(damaged)).transpose()?;
    let is_copy = file.is_some_and(|file| number(&about).is_some_and(|number| number.to_string() != file));
    Ok(Some(StoredState { epoch, generation, audit, is_copy }))
}

/// Writes the file atomically.
fn write(path: &Path, stored: &StoredState) -> std::io::Result<()> {
    let half = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = File::create(&half)?;
    let number = number(&file.metadata()?).map_or(NOTHING.to_owned(), |number| number.to_string());
    let audit = stored.audit.as_ref().map_or(NOTHING.to_owned(), |row| format!("{}:{}", row.sequence, row.mac));
    writeln!(file, "{} {} {number} {audit}", stored.epoch, stored.generation)?;
    file.sync_all()?;
    fs::rename(&half, path)
}

/// Inode number of a file.
#[cfg(unix)]
fn number(about: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(about))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_back_as_it_was_written_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.instance");
        assert_eq!(read(&path).unwrap(), None);
        let stored = StoredState {
            audit: Some(audit::AuditHead { sequence: 7, mac: "a1".to_owned() }),
            ..StoredState::of(Uuid::from_u128(3), 12)
        };
        write(&path, &stored).unwrap();
        assert_eq!(read(&path).unwrap(), Some(stored));
        write(&path, &StoredState::of(Uuid::from_u128(3), 13)).unwrap();
        assert_eq!(read(&path).unwrap(), Some(StoredState::of(Uuid::from_u128(3), 13)));
        std::fs::write(&path, "3").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("seatgraph.instance"));
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_is_known_for_one_and_a_file_that_was_moved_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let [path, copy, moved] = ["mark", "copy", "moved"].map(|name| folder.path().join(name));
        write(&path, &StoredState::of(Uuid::from_u128(3), 12)).unwrap();
        std::fs::copy(&path, &copy).unwrap();
        assert!(read(&copy).unwrap().unwrap().is_copy);
        std::fs::rename(&path, &moved).unwrap();
        assert!(!read(&moved).unwrap().unwrap().is_copy);
        // Written before files knew their numbers.
        std::fs::write(&path, format!("{} 12\n", Uuid::from_u128(3))).unwrap();
        assert!(!read(&path).unwrap().unwrap().is_copy);
    }
}
