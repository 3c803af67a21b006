//! Reading jobs.

use std::collections::HashMap;

use diesel::dsl::Filter;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::with_conn;
use crate::listing::by_key;
use crate::schema::jobs;
use crate::visibility::{InProfiles, Limited};
use crate::{Job, JobId, Reader, Result};

pub(crate) type Visible = Filter<jobs::table, Limited<InProfiles<jobs::profile_id>>>;

/// The jobs of the profiles that the reader sees, and for a reader without limit those of the whole installation;
/// every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Visible {
    jobs::table.filter(db.limited(|profiles| jobs::profile_id.eq_any(profiles)))
}

/// Finds a job; `None` if there is none.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find(db: &Reader, job: JobId) -> Result<Option<Job>> {
    Ok(find_many(db, &[job]).await?.remove(&job))
}

/// Finds several jobs; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[JobId]) -> Result<HashMap<JobId, Job>> {
    let found: Vec<Job> = with_conn!(db, read, |c| {
        Ok(visible(db).select(Job::as_select()).filter(jobs::id.eq_any(ids)).load(c).await?)
    })?;
    Ok(by_key(found, |job| job.id))
}
