//! Knows its own database from a copy: a restored or cloned one touches no vendor until somebody adopts it.
//!
//! A backup that is put back holds refresh tokens that were spent since, and a clone beside a test gateway holds living
//! ones; using either can end the real connection. So the database and a file outside of it bear the same mark and a
//! generation that grows. A database with another mark came from elsewhere, and one that is behind the file was put back.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use seatgraph_core::{Error as CoreError, ErrorKind};
use seatgraph_store::{self as store, Instance, instance};
use uuid::Uuid;

use crate::access::Subject;
use crate::audit::Leaves;
use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, findings as said};

/// What the installation knows of itself, outside of the database.
#[derive(Debug, Clone)]
pub enum Mark {
    /// A file, made when it is missing, that also says how far the database was.
    File(PathBuf),
    /// The mark alone, for installations whose files do not last: a database that was put back goes unnoticed.
    Given(Uuid),
}

/// Why the database is not worked with; `None` when it is ours.
#[derive(Debug, Default)]
pub(crate) struct Quarantine(RwLock<Option<Arc<str>>>);

impl Quarantine {
    fn set(&self, reason: Option<&str>) {
        let reason = reason.map(Arc::from);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    fn get(&self) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Noted {
    epoch: Uuid,
    generation: i64,
}

impl Mark {
    /// What is remembered of the database; `None` when there is no file yet.
    fn noted(&self) -> Result<Option<Noted>, store::Error> {
        match self {
            Self::File(path) => read(path),
            Self::Given(epoch) => Ok(Some(Noted { epoch: *epoch, generation: 0 })),
        }
    }

    /// The mark for a database that gets one.
    fn fresh(&self) -> Uuid {
        match self {
            Self::File(_) => Uuid::new_v4(),
            Self::Given(epoch) => *epoch,
        }
    }

    /// Remembers the database as it is now.
    fn note(&self, noted: Noted) -> Result<(), store::Error> {
        match self {
            Self::File(path) => write(path, noted),
            Self::Given(_) => Ok(()),
        }
    }
}

/// Says why a database is not ours; `None` when it is, or when it is new and nobody's.
fn foreign(database: Option<&Instance>, noted: Option<Noted>) -> Option<&'static str> {
    let database = database?;
    match noted {
        None => Some("the database belongs to an installation, and this one has no mark of it"),
        Some(noted) if database.epoch != noted.epoch => Some("the database belongs to another installation"),
        Some(noted) if database.generation < noted.generation => {
            Some("the database is older than this installation remembers it: a backup was put back")
        }
        Some(_) => None,
    }
}

impl Engine {
    /// Compares the database with the mark, and puts it under quarantine, or out of it. Returns why it is under
    /// quarantine. To be asked at the start and now and then: each time the generation grows by one.
    ///
    /// # Errors
    /// When the database is away, or the file can be neither read nor written.
    pub async fn look_at_instance(&self, mark: &Mark) -> Result<Option<Arc<str>>, store::Error> {
        let database = instance::find(self.db()).await?;
        if let Some(reason) = foreign(database.as_ref(), mark.noted()?) {
            self.quarantined().set(Some(reason));
            return Ok(self.quarantine());
        }
        let ours = match database {
            Some(ours) => ours,
            // Another process may mark a new database first; then its mark holds.
            None => instance::found(self.db(), mark.fresh()).await?,
        };
        let generation = instance::advance(self.db(), ours.epoch).await?.unwrap_or(ours.generation);
        mark.note(Noted { epoch: ours.epoch, generation })?;
        self.quarantined().set(None);
        Ok(None)
    }

    /// Takes the database over for this installation: it is worked with from now on, wherever it came from.
    ///
    /// # Errors
    /// Refuses to do so without a reason.
    pub async fn adopt(&self, mark: &Mark, because: &str) -> Result<Adopted, Denied> {
        let because = because.trim();
        if because.is_empty() {
            let message = "say why the database is taken over; the audit log keeps it";
            return Err(Refusal::new(RefusalCode::Required, message).at(["reason"]).into());
        }
        let adopted = instance::adopt(self.db(), mark.fresh(), because).await?;
        mark.note(Noted { epoch: adopted.epoch, generation: adopted.generation })?;
        self.quarantined().set(None);
        Ok(Adopted { because: because.to_owned() })
    }

    /// Why no vendor is touched; `None` when all is well.
    #[must_use]
    pub fn quarantine(&self) -> Option<Arc<str>> {
        self.quarantined().get()
    }

    /// Refuses what a person asks for while the database is under quarantine.
    pub(crate) fn refuse_in_quarantine(&self) -> Result<(), Denied> {
        match self.quarantine() {
            Some(reason) => {
                let finding = said::quarantined(&reason);
                Err(Denied::invalid_state(format!("{} {}", finding.message, finding.remedy)))
            }
            None => Ok(()),
        }
    }

    /// Keeps a connector from being opened while the database is under quarantine.
    pub(crate) fn stay_in_quarantine(&self) -> seatgraph_core::Result<()> {
        let Some(reason) = self.quarantine() else { return Ok(()) };
        let finding = said::quarantined(&reason);
        Err(CoreError::new(ErrorKind::Refused, "the gateway is in quarantine").with_finding(finding))
    }
}

/// A database that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    because: String,
}

impl Leaves for Adopted {
    fn subject(&self) -> Option<Subject> {
        Some(Subject::Gateway)
    }

    fn note(&self) -> Option<String> {
        Some(self.because.clone())
    }
}

fn read(path: &Path) -> Result<Option<Noted>, store::Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(store::Error::Unavailable(error.into())),
    };
    let damaged = || store::Error::Damaged(format!("{} is not the mark of an installation", path.display()));
    let (epoch, generation) = text.trim().split_once(' ').ok_or_else(damaged)?;
    let epoch = epoch.parse().map_err(|_| damaged())?;
    Ok(Some(Noted { epoch, generation: generation.parse().map_err(|_| damaged())? }))
}

/// Writes the file in one step: one that is half written would be taken for damaged.
fn write(path: &Path, noted: Noted) -> Result<(), store::Error> {
    let half = path.with_extension("new");
    let text = format!("{} {}\n", noted.epoch, noted.generation);
    let written = std::fs::write(&half, text).and_then(|()| std::fs::rename(&half, path));
    written.map_err(|error| store::Error::Unavailable(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(epoch: u128, generation: i64) -> Instance {
        Instance { epoch: Uuid::from_u128(epoch), generation, adopted_at: None, adopted_because: None }
    }

    const fn noted(epoch: u128, generation: i64) -> Option<Noted> {
        Some(Noted { epoch: Uuid::from_u128(epoch), generation })
    }

    #[test]
    fn a_database_is_ours_when_it_bears_our_mark_and_is_no_older_than_we_remember() {
        assert_eq!(foreign(None, None), None);
        assert_eq!(foreign(None, noted(1, 9)), None, "a new database beside an old file");
        assert_eq!(foreign(Some(&database(1, 7)), noted(1, 7)), None);
        assert_eq!(foreign(Some(&database(1, 8)), noted(1, 7)), None, "another replica, or a crash in between");
        assert!(foreign(Some(&database(1, 6)), noted(1, 7)).is_some(), "a backup was put back");
        assert!(foreign(Some(&database(2, 9)), noted(1, 7)).is_some(), "another installation's");
        assert!(foreign(Some(&database(1, 7)), None).is_some(), "a clone on a new machine");
    }

    #[test]
    fn a_file_reads_back_as_it_was_written_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.instance");
        assert_eq!(read(&path).unwrap(), None);
        write(&path, noted(3, 12).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), noted(3, 12));
        std::fs::write(&path, "3").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("seatgraph.instance"));
    }
}
