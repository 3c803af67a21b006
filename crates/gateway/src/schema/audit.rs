//! The audit log as people read it.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, audit};

use super::error::{self, Result};
use super::filters::{DateTimeFilter, StringFilter, each};
use super::paging::{Connection, Listed, Paging};
use super::scalars::{DateTime, Json, int};
use super::scope::RequestScope;

/// How the log is ordered, for its cursors.
const LISTING: &str = "auditEvents by SEQUENCE DESC";

/// How far a deed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::AuditOutcome")]
pub(crate) enum AuditOutcome {
    /// Nothing has happened yet. A deed without another entry was cut short: look at its subject.
    Begun,
    /// It was done.
    Done,
    /// It was refused, and nothing was changed.
    Refused,
    /// Something went wrong on the way.
    Failed,
}

/// One entry of the audit log: a deed has one from before it, and one that says what became of it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct AuditEvent {
    /// What was done: the mutation, or the command of the binary.
    action: String,
    /// Who did it: a token's id, a person, or the command line.
    actor: String,
    /// What the actor was called then.
    actor_name: String,
    /// The subject afterwards, nothing secret; null when it is gone, or nothing was done.
    after: Option<Json>,
    /// When it was written.
    at: DateTime,
    /// The same for both entries of one deed.
    attempt: ID,
    /// The subject before, nothing secret; null when there was none.
    before: Option<Json>,
    /// The sender's address, and what its client calls itself.
    came_from: String,
    /// The signature of this entry, in hexadecimal; the last one of the log is worth keeping elsewhere.
    hash: String,
    /// Why it was refused or failed, or what the actor gave as the reason.
    note: Option<String>,
    /// How far the deed was.
    outcome: AuditOutcome,
    /// The number of the entry: from 1, without gaps.
    sequence: i32,
    /// The global id of what it was done to; null where there was none yet.
    subject_id: Option<ID>,
    /// The request's trace id, as in the gateway's log.
    trace_id: String,
}

impl From<store::AuditEvent> for AuditEvent {
    fn from(event: store::AuditEvent) -> Self {
        let hash = event.signature();
        let deed = event.deed;
        let shown = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).map(Json);
        Self {
            action: deed.action,
            actor: deed.actor,
            actor_name: deed.actor_name,
            after: shown(deed.after),
            at: event.at.into(),
            attempt: deed.attempt.to_string().into(),
            before: shown(deed.before),
            came_from: deed.came_from,
            hash,
            note: deed.note,
            outcome: deed.outcome.into(),
            sequence: int(event.sequence),
            subject_id: deed.subject.map(ID),
            trace_id: deed.trace_id,
        }
    }
}

/// Leaves out entries. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AuditFilter {
    /// By what was done.
    action: Option<StringFilter>,
    /// By who did it.
    actor: Option<StringFilter>,
    /// By when it was written.
    at: Option<DateTimeFilter>,
    /// With one of these outcomes.
    outcome: Option<Vec<AuditOutcome>>,
    /// By the global id of what it was done to.
    subject_id: Option<StringFilter>,
}

impl From<AuditFilter> for audit::AuditFilter {
    fn from(filter: AuditFilter) -> Self {
        Self {
            actor: filter.actor.map(Into::into),
            action: filter.action.map(Into::into),
            subject: filter.subject_id.map(Into::into),
            outcome: each(filter.outcome),
            at: filter.at.map(Into::into),
        }
    }
}

impl Listed for AuditEvent {
    type Total = audit::AuditFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        audit::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of the log, the newest first.
pub(crate) async fn page(scope: &RequestScope, filter: AuditFilter, paging: &Paging) -> Result<Connection<AuditEvent>> {
    let filter = audit::AuditFilter::from(filter);
    let request = paging.read(LISTING)?;
    let page = audit::page(&scope.db, &filter, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(LISTING, page, filter, AuditEvent::from))
}
