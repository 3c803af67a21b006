//! Events: the log of a job, numbered without gaps.

use chrono::{DateTime, Utc};
use diesel::dsl::{EqAny, Filter, Select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::with_conn;
pub use crate::job_queue::{EventBody, Progress};
use crate::jobs;
use crate::schema::{events, jobs as jobs_table};
use crate::types::StreamKind;
use crate::visibility::Limited;
use crate::{JobId, Reader, Result};

/// A numbered event of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// From 1, without gaps within the job.
    pub sequence: i64,
    /// Time at which it was written.
    pub at: DateTime<Utc>,
    /// What happened.
    pub body: EventBody,
}

type OfVisible = EqAny<events::stream_id, Select<jobs::Visible, jobs_table::id>>;

/// The events of the jobs that the reader sees; every read of the table starts here.
fn visible(db: &Reader) -> Filter<events::table, Limited<OfVisible>> {
    events::table.filter(db.limited(|_| events::stream_id.eq_any(jobs::visible(db).select(jobs_table::id))))
}

/// Reads the events of a job after number `after`, in order.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn of_job(db: &Reader, job: JobId, after: i64, limit: i64) -> Result<Vec<Event>> {
    let rows: Vec<(i64, DateTime<Utc>, EventBody)> = with_conn!(db, read, |c| {
        let query = visible(db).select((events::sequence, events::at, events::body));
        let query = query.filter(events::stream_kind.eq(StreamKind::Job)).filter(events::stream_id.eq(job));
        Ok(query.filter(events::sequence.gt(after)).order(events::sequence).limit(limit).load(c).await?)
    })?;
    Ok(rows.into_iter().map(|(sequence, at, body)| Event { sequence, at, body }).collect())
}
