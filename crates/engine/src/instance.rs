//! Detects restored and cloned databases. No vendor is called until an administrator adopts such a database.
//!
//! A restored backup contains refresh tokens that have been used since. A clone beside a test gateway contains valid
//! ones. Using either can end the real connection. Therefore the database and a file outside it carry the same instance
//! id and a generation that grows. A database with another id comes from another installation; one that is behind the
//! file was restored.

mod identity;

use std::sync::{Arc, PoisonError, RwLock};

use seatgraph_core::{Error as CoreError, ErrorKind};
use seatgraph_store::{self as store, Instance, audit, instance};

pub use self::identity::InstanceIdentity;
use self::identity::StoredState;
use crate::access::CommandTarget;
use crate::audit::Audited;
use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, findings as problem};

/// Reason of the quarantine. `None` if the database belongs to this installation.
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

/// Returns why a database does not belong to this installation. `None` if it does, or if it is new.
fn foreign(database: Option<&Instance>, stored: Option<&StoredState>) -> Option<&'static str> {
    let database = database?;
    match stored {
        None => Some("the database belongs to an installation, but the instance identity file is missing"),
        Some(stored) if database.epoch != stored.epoch => Some("the database belongs to another installation"),
        Some(stored) if database.generation < stored.generation => {
            Some("the database is older than the instance identity file: a backup was restored")
        }
        Some(stored) if stored.is_copy => {
            Some("the instance identity file is a copy: its directory was cloned or restored from a backup")
        }
        Some(_) => None,
    }
}

impl Engine {
    /// Compares the database with the instance identity, and starts or ends the quarantine. Returns the reason of the
    /// quarantine. Called at start and periodically; each call increments the generation.
    ///
    /// # Errors
    /// If the database is unavailable, or the file cannot be read or written.
    pub async fn verify_instance(&self, identity: &InstanceIdentity) -> Result<Option<Arc<str>>, store::Error> {
        let (database, stored) = (instance::find(self.db()).await?, identity.stored()?);
        if let Some(reason) = foreign(database.as_ref(), stored.as_ref()) {
            self.quarantined().set(Some(reason));
            return Ok(self.quarantine());
        }
        let ours = match database {
            Some(ours) => ours,
            // Another process may initialise a new database first; its identity then applies.
            None => instance::found(self.db(), identity.fresh()).await?,
        };
        let generation = instance::advance(self.db(), ours.epoch).await?.unwrap_or(ours.generation);
        let audit = self.end_of_audit(stored.and_then(|stored| stored.audit)).await?;
        identity.save(&StoredState { audit, ..StoredState::of(ours.epoch, generation) })?;
        self.quarantined().set(None);
        Ok(None)
    }

    /// Returns the row of the audit log to store in the identity file: the newest one. If the stored row is missing
    /// from the log, it stays stored, so that a verification detects the loss.
    async fn end_of_audit(&self, before: Option<audit::AuditHead>) -> Result<Option<audit::AuditHead>, store::Error> {
        match before {
            Some(before) if !audit::holds(self.db(), &before).await? => {
                let sequence = before.sequence;
                tracing::error!(sequence, "audit log row missing; run `seatgraph audit verify` for details");
                Ok(Some(before))
            }
            _ => audit::head(self.db()).await,
        }
    }

    /// Adopts the database for this installation.
    ///
    /// # Errors
    /// Refuses an empty reason.
    pub async fn adopt(&self, identity: &InstanceIdentity, because: &str) -> Result<Adopted, Denied> {
        let because = because.trim();
        if because.is_empty() {
            let message = "a reason is required; it is recorded in the audit log";
            return Err(Refusal::new(RefusalCode::Required, message).at(["reason"]).into());
        }
        let adopted = instance::adopt(self.db(), identity.fresh(), because).await?;
        let stored = StoredState::of(adopted.epoch, adopted.generation);
        identity.save(&StoredState { audit: audit::head(self.db()).await?, ..stored })?;
        self.quarantined().set(None);
        Ok(Adopted { because: because.to_owned() })
    }

    /// Returns the reason of the quarantine. `None` if there is none.
    #[must_use]
    pub fn quarantine(&self) -> Option<Arc<str>> {
        self.quarantined().get()
    }

    /// Refuses a command during the quarantine.
    pub(crate) fn refuse_in_quarantine(&self) -> Result<(), Denied> {
        match self.quarantine() {
            Some(reason) => {
                let finding = problem::quarantined(&reason);
                Err(Denied::invalid_state(format!("{} {}", finding.message, finding.remedy)))
            }
            None => Ok(()),
        }
    }

    /// Refuses to open a connector during the quarantine.
    pub(crate) fn stay_in_quarantine(&self) -> seatgraph_core::Result<()> {
        let Some(reason) = self.quarantine() else { return Ok(()) };
        let finding = problem::quarantined(&reason);
        Err(CoreError::new(ErrorKind::Refused, "the gateway is in quarantine").with_finding(finding))
    }
}

/// An adopted database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    because: String,
}

impl Audited for Adopted {
    fn target(&self) -> Option<CommandTarget> {
        Some(CommandTarget::Gateway)
    }

    fn note(&self) -> Option<String> {
        Some(self.because.clone())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn database(epoch: u128, generation: i64) -> Instance {
        Instance { epoch: Uuid::from_u128(epoch), generation, adopted_at: None, adopted_because: None }
    }

    const fn stored(epoch: u128, generation: i64) -> StoredState {
        StoredState::of(Uuid::from_u128(epoch), generation)
    }

    #[test]
    fn a_database_is_ours_when_it_bears_our_mark_and_is_no_older_than_we_remember() {
        assert_eq!(foreign(None, None), None);
        assert_eq!(foreign(None, Some(&stored(1, 9))), None, "a new database beside an old file");
        assert_eq!(foreign(Some(&database(1, 7)), Some(&stored(1, 7))), None);
        assert_eq!(foreign(Some(&database(1, 8)), Some(&stored(1, 7))), None, "another replica, or a crash in between");
        assert!(foreign(Some(&database(1, 6)), Some(&stored(1, 7))).is_some(), "a backup was put back");
        assert!(foreign(Some(&database(2, 9)), Some(&stored(1, 7))).is_some(), "another installation's");
        assert!(foreign(Some(&database(1, 7)), None).is_some(), "a clone on a new machine");
        let copy = StoredState { is_copy: true, ..stored(1, 7) };
        assert!(foreign(Some(&database(1, 7)), Some(&copy)).is_some(), "a clone of the whole folder");
    }
}
