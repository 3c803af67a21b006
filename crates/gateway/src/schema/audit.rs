//! The audit log in the GraphQL schema.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, audit};

use super::context::RequestContext;
use super::error::{self, Result};
use super::filters::{DateTimeFilter, StringFilter, each};
use super::paging::{Connection, Paged, Paging};
use super::scalars::{DateTime, Json, int};

/// Name and order of this list, part of its cursors.
const LISTING: &str = "auditEvents by SEQUENCE DESC";

/// State of an audited operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::AuditOutcome")]
pub(crate) enum AuditOutcome {
    /// The operation started. If no other entry of the operation follows, the gateway stopped during it: check the
    /// subject.
    Started,
    /// The operation succeeded.
    Succeeded,
    /// The operation was refused. Nothing was changed.
    Refused,
    /// The operation failed with an error.
    Failed,
}

/// An entry of the audit log. Each operation has two entries: one before it starts and one with its outcome.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct AuditEvent {
    /// Name of the mutation or of the command-line command.
    action: String,
    /// Caller: ID of an API token, a user, or the command line.
    actor: String,
    /// Display name of the caller at that time.
    actor_name: String,
    /// The subject after the operation, without secrets. Null if the subject was deleted or nothing was changed.
    after: Option<Json>,
    /// Time of the entry.
    at: DateTime,
    /// ID of the operation. Both entries of an operation have the same ID.
    operation_id: ID,
    /// The subject before the operation, without secrets. Null if the subject did not exist.
    before: Option<Json>,
    /// IP address and user agent of the caller.
    client_address: String,
    /// Message authentication code (HMAC) of the entry, in hexadecimal. Keep a copy of the newest one outside the
    /// database to detect truncation.
    mac: String,
    /// Reason of a refusal or failure, or the reason given by the caller. Null if there is none.
    note: Option<String>,
    /// State of the operation when the entry was written.
    outcome: AuditOutcome,
    /// Sequence number of the entry, from 1, without gaps.
    sequence: i32,
    /// Global ID of the object that the operation concerns. Null if it has none yet.
    subject_id: Option<ID>,
    /// Trace ID of the request, as in the gateway's log.
    trace_id: String,
}

impl From<store::AuditEvent> for AuditEvent {
    fn from(event: store::AuditEvent) -> Self {
        let (mac, record) = (event.mac_hex(), event.record);
        let shown = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).map(Json);
        Self {
            action: record.action,
            actor: record.actor,
            actor_name: record.actor_name,
            after: shown(record.after),
            at: event.at.into(),
            operation_id: record.operation_id.to_string().into(),
            before: shown(record.before),
            client_address: record.client_address,
            mac,
            note: record.note,
            outcome: record.outcome.into(),
            sequence: int(event.sequence),
            subject_id: record.subject.map(ID),
            trace_id: record.trace_id,
        }
    }
}

/// Filters audit log entries. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AuditFilter {
    /// Name of the mutation or of the command-line command.
    action: Option<StringFilter>,
    /// Caller: ID of an API token, a user, or the command line.
    actor: Option<StringFilter>,
    /// Time of the entry.
    at: Option<DateTimeFilter>,
    /// Only entries with one of these outcomes.
    outcome: Option<Vec<AuditOutcome>>,
    /// Global ID of the object that the operation concerns.
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

impl Paged for AuditEvent {
    type Total = audit::AuditFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        audit::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Returns a page of the audit log, newest first, limited to the profiles whose audit log the caller may read.
pub(crate) async fn page(
    request: &RequestContext,
    filter: AuditFilter,
    paging: &Paging,
) -> Result<Connection<AuditEvent>> {
    let filter = audit::AuditFilter::from(filter);
    let rows = paging.read(LISTING)?;
    let page = audit::page(&request.db, &filter, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, filter, AuditEvent::from))
}
