//! Events: numbered news of a run, without gaps, and the wake-ups that point at them.

use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::dsl::{EqAny, Filter, Select};
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::Finding;
use serde::{Deserialize, Serialize};

use crate::db::with_conn;
use crate::schema::{events, sync_runs};
use crate::types::StreamKind;
use crate::types::sql::Doc;
use crate::visibility::Limited;
use crate::{Reader, Result, RunCounts, RunId, RunState, Stage, runs};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Doc)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum EventBody {
    /// The run came into a state.
    RunState {
        /// The state.
        state: RunState,
        /// Why, for people.
        reason: Option<String>,
    },
    /// A stage moved.
    Stage {
        /// The stage, then.
        stage: Stage,
        /// What the run had done, then.
        counts: RunCounts,
    },
    /// Something that people should know was found.
    Finding {
        /// What it is.
        finding: Finding,
    },
}

/// One numbered piece of news of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// From 1, without gaps within the run.
    pub sequence: i64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What happened.
    pub body: EventBody,
}

type OfVisible = EqAny<events::stream_id, Select<runs::Visible, sync_runs::id>>;

/// The events of the runs that the reader sees; every read of the table starts here.
fn visible(db: &Reader) -> Filter<events::table, Limited<OfVisible>> {
    events::table.filter(db.limited(|_| events::stream_id.eq_any(runs::visible(db).select(sync_runs::id))))
}

/// Reads the events of a run after number `after`, in order.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn of_run(db: &Reader, run: RunId, after: i64, limit: i64) -> Result<Vec<Event>> {
    let rows: Vec<(i64, DateTime<Utc>, EventBody)> = with_conn!(db, read, |c| {
        let query = visible(db).select((events::sequence, events::at, events::body));
        let query = query.filter(events::stream_kind.eq(StreamKind::SyncRun)).filter(events::stream_id.eq(run));
        Ok(query.filter(events::sequence.gt(after)).order(events::sequence).limit(limit).load(c).await?)
    })?;
    Ok(rows.into_iter().map(|(sequence, at, body)| Event { sequence, at, body }).collect())
}
