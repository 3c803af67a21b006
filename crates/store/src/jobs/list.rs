//! Lists of jobs.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::visible;
use crate::db::with_conn;
use crate::listing::{Key, by_time};
use crate::schema::jobs;
use crate::{Direction, Job, JobState, PageOf, PageRequest, Reader, Result};

/// Filters jobs. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Of one of these kinds.
    pub kind: Option<Vec<String>>,
    /// In one of these states.
    pub state: Option<Vec<JobState>>,
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        if let Some(kinds) = &$filter.kind {
            $query = $query.filter(jobs::kind.eq_any(kinds.clone()));
        }
        if let Some(states) = &$filter.state {
            $query = $query.filter(jobs::state.eq_any(states.clone()));
        }
    };
}

/// Lists a page of jobs, the newest first.
///
/// # Errors
/// `CursorMismatch` for a cursor of another list.
pub async fn page(db: &Reader, filter: &JobFilter, request: &PageRequest) -> Result<PageOf<Job>> {
    let plan = request.plan("jobs by QUEUED_AT", Direction::Desc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(Job::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        query = by_time!(query, plan, jobs::queued_at, jobs::id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |job: &Job| (Key::At(Some(job.queued_at)), job.id.as_uuid())))
}

/// Counts the matching jobs.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &JobFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}
