//! The audit log: who did what, chained so that tampering shows.
//!
//! A row is added under the lock of the one row in `audit_head`, so the numbers have no gaps. Each row is signed together
//! with the signature of the row before it; the key is sealed, so that whoever can write the database but does not have
//! the sealing key cannot write history. Cutting off the end together with the head is found by comparing with a head
//! that was noted elsewhere, as the installation's mark does. The tables themselves let nobody change or delete a row
//! who does not take their triggers away.

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

/// What is written of a deed, once before it and once behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct Deed {
    /// The same for the beginning and the end.
    #[diesel(serialize_as = Bind<Uuid>)]
    pub attempt: Uuid,
    /// Who does it: a principal's key.
    pub actor: String,
    /// What the actor is called.
    pub actor_name: String,
    /// The sender's address and what its client calls itself.
    pub came_from: String,
    /// The mutation, or the command of the binary.
    pub action: String,
    /// How far it is.
    pub outcome: AuditOutcome,
    /// The global id of what it is done to.
    pub subject: Option<String>,
    /// The subject before, as JSON, nothing secret.
    pub before: Option<String>,
    /// The subject afterwards, as JSON, nothing secret.
    pub after: Option<String>,
    /// Why it was refused or failed, or what the actor gave as the reason.
    pub note: Option<String>,
    /// The request's trace id.
    pub trace_id: String,
    /// The one profile that it concerns; `None` when it concerns several, or none.
    pub profile_id: Option<ProfileId>,
}

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// From 1, without gaps.
    pub sequence: i64,
    /// When it was written.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub at: DateTime<Utc>,
    /// What it is about.
    #[diesel(embed)]
    #[serde(flatten)]
    pub deed: Deed,
    /// The signature of the row before.
    #[serde(serialize_with = "chain::as_hex")]
    pub previous_hash: Vec<u8>,
    /// The signature of this row.
    #[serde(serialize_with = "chain::as_hex")]
    pub hash: Vec<u8>,
}

impl AuditEvent {
    /// Its signature in hexadecimal, as a verification prints that of the last row.
    #[must_use]
    pub fn signature(&self) -> String {
        hex(&self.hash)
    }
}

/// Leaves out rows; all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By who did it.
    pub actor: Option<StringFilter>,
    /// By what was done.
    pub action: Option<StringFilter>,
    /// By the global id of what it was done to.
    pub subject: Option<StringFilter>,
    /// With one of these outcomes.
    pub outcome: Option<Vec<AuditOutcome>>,
    /// By when.
    pub at: Option<TimeFilter>,
}

/// Adds a row. What it is about must not happen unless this has succeeded.
///
/// # Errors
/// `Unsealable` when the chain's key was sealed with another key; `Unavailable` when the database is away.
pub async fn append(db: &Db, sealer: &Sealer, deed: &Deed) -> Result<AuditEvent> {
    let fresh = chain::fresh_key(sealer)?;
    let (deed, sealer) = (deed.clone(), sealer.clone());
    with_tx!(db, Full, |c, now| {
        let head = audit_head::table.filter(audit_head::id.eq(1));
        let step = || diesel::update(head).set(audit_head::sequence.eq(audit_head::sequence + 1));
        // The update takes the row's lock: whoever comes at the same time waits for this row to be written.
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
        let (sequence, previous_hash, sealed): (i64, Vec<u8>, Vec<u8>) = head.select(columns).first(c).await?;
        let mut event = AuditEvent { sequence, at: now, deed: deed.clone(), previous_hash, hash: Vec::new() };
        event.hash = chain::sign(&chain::open_key(&sealer, &sealed)?, &event);
        diesel::insert_into(audit_events::table).values(event.clone()).execute(c).await?;
        diesel::update(head).set(audit_head::hash.eq(&event.hash)).execute(c).await?;
        Ok(event)
    })
}

/// The audit records that the reader sees; every read of the table starts here.
fn visible(db: &Reader) -> Filter<audit_events::table, Limited<InProfiles<audit_events::profile_id>>> {
    let profiles = &db.visibility().audit;
    audit_events::table.filter(profiles.limit(|profiles| audit_events::profile_id.eq_any(profiles)))
}

macro_rules! narrow {
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

/// Lists a page of the log, the newest first.
///
/// # Errors
/// `ForeignKeyset` for a place of another list.
pub async fn page(db: &Reader, filter: &AuditFilter, request: &PageRequest) -> Result<PageOf<AuditEvent>> {
    use audit_events::sequence;
    let plan = request.plan("audit by SEQUENCE", Direction::Desc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(AuditEvent::as_select()).into_boxed::<Be>();
        narrow!(query, filter);
        for (side, place) in plan.bounds() {
            let number = place.number()?;
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
    Ok(plan.page(rows, |event: &AuditEvent| (Key::Number(event.sequence), event.deed.attempt)))
}

/// Counts the rows that fit.
///
/// # Errors
/// As every read.
pub async fn count(db: &Reader, filter: &AuditFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        narrow!(query, filter);
        Ok(query.get_result(c).await?)
    })
}

/// Reads the log from the row after `sequence` on, in order, for those who take all of it.
///
/// # Errors
/// As every read.
pub async fn after(db: &Db, sequence: i64, limit: i64) -> Result<Vec<AuditEvent>> {
    with_conn!(db, read, |c| {
        let query = visible(db).select(AuditEvent::as_select()).filter(audit_events::sequence.gt(sequence));
        Ok(query.order(audit_events::sequence).limit(limit).load(c).await?)
    })
}
