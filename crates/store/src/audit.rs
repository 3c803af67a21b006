//! The audit log, with a chain of MACs that reveals tampering.
//!
//! A row is added under the lock of the single row in `audit_head`, so the sequence numbers have no gaps. The MAC of
//! each row covers the row and the previous MAC. Its key is encrypted, so write access to the database is not enough to
//! forge the log. A truncated log is detected with a head that was stored elsewhere, such as in the instance identity
//! file. Triggers prevent changes and deletions of rows.

mod chain;

use chrono::{DateTime, Utc};
use diesel::dsl::Filter;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

pub(crate) use self::chain::PLACE as KEY_PLACE;
pub use self::chain::{AuditHead, Broken, Verified, head, holds, opens, verify};
use crate::db::{with_conn, with_tx};
use crate::digest::hex;
use crate::listing::{Key, Side, text, time};
use crate::schema::{audit_events, audit_head};
use crate::types::Bind;
use crate::visibility::{InProfiles, Limited};
use crate::{
    AuditOutcome, Db, Direction, PageOf, PageRequest, ProfileId, Reader, Result, Sealer, StringFilter, TimeFilter,
};

/// Content of an audit log row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// ID of the operation, the same in both of its entries.
    #[diesel(column_name = attempt, serialize_as = Bind<Uuid>)]
    #[serde(rename = "attempt")]
    pub operation_id: Uuid,
    /// Key of the caller.
    pub actor: String,
    /// Display name of the caller at that time.
    pub actor_name: String,
    /// IP address and user agent of the caller.
    #[diesel(column_name = came_from)]
    #[serde(rename = "cameFrom")]
    pub client_address: String,
    /// Name of the mutation or of the command-line command.
    pub action: String,
    /// `Started` in the entry before the operation; its outcome in the second entry.
    pub outcome: AuditOutcome,
    /// Global ID of the affected object; `None` if there is none yet.
    pub subject: Option<String>,
    /// The object before the operation, as JSON without secrets. Stored as text because the MAC covers its bytes.
    pub before: Option<String>,
    /// The object after the operation, in the same form; `None` if it was deleted or nothing was changed.
    pub after: Option<String>,
    /// Reason of a refusal or failure, or the reason given by the caller.
    pub note: Option<String>,
    /// Trace ID of the request, as in the log.
    pub trace_id: String,
    /// The affected profile; `None` if several or none are affected.
    pub profile_id: Option<ProfileId>,
}

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// Sequence number from 1, without gaps.
    pub sequence: i64,
    /// Time of the entry by the database's clock.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub at: DateTime<Utc>,
    /// Content of the row.
    #[diesel(embed)]
    #[serde(flatten)]
    pub record: AuditRecord,
    /// MAC of the previous row; zeros for the first.
    #[diesel(column_name = previous_hash)]
    #[serde(rename = "previousHash", serialize_with = "chain::as_hex")]
    pub previous_mac: Vec<u8>,
    /// HMAC-SHA256 over this row and the MAC of the previous row, with the key in audit_head.
    #[diesel(column_name = hash)]
    #[serde(rename = "hash", serialize_with = "chain::as_hex")]
    pub mac: Vec<u8>,
}

impl AuditEvent {
    /// MAC of the row in hexadecimal.
    #[must_use]
    pub fn mac_hex(&self) -> String {
        hex(&self.mac)
    }
}

/// Filters rows. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Key of the caller.
    pub actor: Option<StringFilter>,
    /// Name of the mutation or command.
    pub action: Option<StringFilter>,
    /// Global ID of the affected object.
    pub subject: Option<StringFilter>,
    /// One of these outcomes.
    pub outcome: Option<Vec<AuditOutcome>>,
    /// Time of the entry.
    pub at: Option<TimeFilter>,
}

/// Adds a row. The operation must not start before this has succeeded.
///
/// # Errors
/// `DecryptFailed` if the chain's key was encrypted with another key; `Unavailable` if the database is unavailable.
pub async fn append(db: &Db, sealer: &Sealer, record: &AuditRecord) -> Result<AuditEvent> {
    let fresh = chain::fresh_key(sealer)?;
    let (record, sealer) = (record.clone(), sealer.clone());
    with_tx!(db, Full, |c, now| {
        let head = audit_head::table.filter(audit_head::id.eq(1));
        let step = || diesel::update(head).set(audit_head::sequence.eq(audit_head::sequence + 1));
        // The update takes the row's lock: concurrent writers wait until this row is written.
        if step().execute(c).await? == 0 {
            let first = (
                audit_head::id.eq(1),
                audit_head::sequence.eq(0_i64),
                audit_head::hash.eq(chain::ORIGIN.to_vec()),
                audit_head::sealed_key.eq(&fresh),
            );
            diesel::insert_into(audit_head::table).values(first).on_conflict_do_nothing().execute(c).await?;
            step().execute(c).await?;
        }
        let columns = (audit_head::sequence, audit_head::hash, audit_head::sealed_key);
        let (sequence, previous_mac, sealed): (i64, Vec<u8>, Vec<u8>) = head.select(columns).first(c).await?;
        let mut event = AuditEvent { sequence, at: now, record: record.clone(), previous_mac, mac: Vec::new() };
        event.mac = chain::mac_of(&chain::open_key(&sealer, &sealed)?, &event);
        diesel::insert_into(audit_events::table).values(event.clone()).execute(c).await?;
        diesel::update(head).set(audit_head::hash.eq(&event.mac)).execute(c).await?;
        Ok(event)
    })
}

/// The audit records that the reader sees; every read of the table starts here.
fn visible(db: &Reader) -> Filter<audit_events::table, Limited<InProfiles<audit_events::profile_id>>> {
    let profiles = &db.visibility().audit;
    audit_events::table.filter(profiles.limit(|profiles| audit_events::profile_id.eq_any(profiles)))
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        text!($query, audit_events::actor, $filter.actor);
        text!($query, audit_events::action, $filter.action);
        text!($query, audit_events::subject, $filter.subject);
        if let Some(outcomes) = &$filter.outcome {
            $query = $query.filter(audit_events::outcome.eq_any(outcomes.clone()));
        }
        time!($query, audit_events::at, $filter.at);
    };
}

/// Returns a page of the log, newest first.
///
/// # Errors
/// `CursorMismatch` if a cursor belongs to another list.
pub async fn page(db: &Reader, filter: &AuditFilter, request: &PageRequest) -> Result<PageOf<AuditEvent>> {
    use audit_events::sequence;
    let plan = request.plan("audit by SEQUENCE", Direction::Desc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(AuditEvent::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        for (side, bound) in plan.bounds() {
            let number = bound.number()?;
            query = match side {
                Side::Greater => query.filter(sequence.gt(number)),
                Side::Less => query.filter(sequence.lt(number)),
            };
        }
        query = match plan.sort() {
            Direction::Asc => query.order(sequence.asc()),
            Direction::Desc => query.order(sequence.desc()),
        };
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |event: &AuditEvent| (Key::Number(event.sequence), event.record.operation_id)))
}

/// Counts the matching rows.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &AuditFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}

/// Returns the rows after `sequence`, in order.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn after(db: &Db, sequence: i64, limit: i64) -> Result<Vec<AuditEvent>> {
    with_conn!(db, read, |c| {
        let query = visible(db).select(AuditEvent::as_select()).filter(audit_events::sequence.gt(sequence));
        Ok(query.order(audit_events::sequence).limit(limit).load(c).await?)
    })
}
