//! Lists of sync runs.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use super::visible;
use crate::db::with_conn;
use crate::listing::{Key, by_time, time};
use crate::schema::{jobs, sync_runs};
use crate::{Direction, PageOf, PageRequest, ProfileId, Reader, Result, RunState, SyncRun, TimeFilter};

/// Filters runs. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncRunFilter {
    /// Of this profile.
    pub profile_id: Option<ProfileId>,
    /// In one of these states.
    pub state: Option<Vec<RunState>>,
    /// By when it was asked for.
    pub queued_at: Option<TimeFilter>,
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        if let Some(profile) = $filter.profile_id {
            $query = $query.filter(sync_runs::profile_id.eq(profile));
        }
        if let Some(states) = &$filter.state {
            let words: Vec<_> = states.iter().map(|state| state.as_str()).collect();
            $query = $query.filter(sql::<Text>("coalesce(substate, state)").eq_any(words));
        }
        time!($query, jobs::queued_at, $filter.queued_at);
    };
}

/// Lists a page of runs, the newest first.
///
/// # Errors
/// `CursorMismatch` for a key of another list.
pub async fn page(db: &Reader, filter: &SyncRunFilter, request: &PageRequest) -> Result<PageOf<SyncRun>> {
    let plan = request.plan("runs by QUEUED_AT", Direction::Desc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).inner_join(jobs::table).select(SyncRun::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        query = by_time!(query, plan, jobs::queued_at, jobs::id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |run: &SyncRun| (Key::At(Some(run.job.queued_at)), run.id.as_uuid())))
}

/// Counts the matching runs.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &SyncRunFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).inner_join(jobs::table).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}
