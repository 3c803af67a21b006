//! The engine of the whole installation, shared by every command and every worker.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use seatgraph_core::{Clock, Registration};
use seatgraph_store::{Db, Sealer};

use crate::access_tokens::Tokens;
use crate::instance::Quarantine;
use crate::refusal::{Refusal, RefusalCode};
use crate::{EngineSettings, Error};

/// Reads and writes everything, for jobs, authentication and the command line. A request of a caller gets a
/// [`ScopedEngine`](crate::ScopedEngine). Clones are cheap and share everything.
#[derive(Debug, Clone)]
pub struct Engine {
    db: Db,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connectors: &'static [Registration],
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    settings: EngineSettings,
    tokens: Tokens,
    quarantine: Quarantine,
}

impl Engine {
    /// Puts an engine together. No I/O.
    #[must_use]
    pub fn new(
        db: Db,
        connectors: &'static [Registration],
        sealer: Sealer,
        clock: Arc<dyn Clock>,
        settings: EngineSettings,
    ) -> Self {
        let (tokens, quarantine) = (Tokens::default(), Quarantine::default());
        Self { db, shared: Arc::new(Shared { connectors, sealer, clock, settings, tokens, quarantine }) }
    }

    /// Waits for token refreshes in progress. They must not be aborted when the process ends.
    pub async fn finish_refreshes(&self) {
        self.tokens().finish_refreshes().await;
    }

    /// Returns the same engine, counting its SQL statements.
    #[must_use]
    pub fn metered(&self, statements: Arc<AtomicU64>) -> Self {
        Self { db: self.db.metered(statements), shared: Arc::clone(&self.shared) }
    }

    /// The unscoped handle of the database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The connectors compiled into this binary.
    #[must_use]
    pub fn connectors(&self) -> &'static [Registration] {
        self.shared.connectors
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        &self.shared.settings
    }

    /// Finds a connector by its key.
    #[must_use]
    pub fn connector(&self, key: &str) -> Option<&'static Registration> {
        self.connectors().iter().find(|connector| connector.manifest().key == key)
    }

    /// What time it is, by the clock that it was given.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.shared.sealer
    }

    pub(crate) fn quarantined(&self) -> &Quarantine {
        &self.shared.quarantine
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.shared.tokens
    }

    /// Finds the connector that a person asked for.
    pub(crate) fn offered(&self, key: &str) -> Result<&'static Registration, Refusal> {
        self.connector(key).ok_or_else(|| {
            let keys: Vec<_> = self.connectors().iter().map(|connector| connector.manifest().key).collect();
            let message = format!("connector {key} does not exist; this gateway has {}", keys.join(", "));
            Refusal::new(RefusalCode::Unsupported, message).at(["connector"])
        })
    }

    /// Finds the connector that a stored row names.
    pub(crate) fn stored_connector(&self, key: &str) -> Result<&'static Registration, Error> {
        self.connector(key).ok_or_else(|| Error::UnknownConnector(key.to_owned()))
    }
}
