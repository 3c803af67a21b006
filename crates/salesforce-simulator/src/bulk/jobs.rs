//! The query jobs of the organisation.

use std::collections::BTreeMap;

use super::job::{Job, PREFIX};
use crate::id::Id;
use crate::org::Org;
use crate::permissions::Permission;
use crate::refusal::Refusal;
use crate::user_context::UserContext;

/// The jobs by number.
///
/// A user can see their own jobs, and with View Setup those of all users. The results of a job always contain the rows
/// that its creator can see.
#[derive(Default)]
pub(crate) struct Jobs {
    jobs: BTreeMap<u64, Job>,
    made: u64,
}

impl Jobs {
    /// The number of jobs since the start.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// Adds a job with the next number.
    pub(crate) fn add(&mut self, job: impl FnOnce(u64) -> Job) -> &Job {
        self.made += 1;
        self.jobs.entry(self.made).insert_entry(job(self.made)).into_mut()
    }

    /// Finds a job by id, if the user can see it.
    pub(crate) fn find(&mut self, org: &Org, context: &UserContext, id: &str) -> Result<&mut Job, Refusal> {
        let id = Id::parse(id).filter(|id| id.prefix() == PREFIX && id.pod() == org.pod);
        let job = id.and_then(|id| self.jobs.get_mut(&id.number()));
        job.filter(|job| may_see(context, job)).ok_or_else(Refusal::not_found)
    }
}

fn may_see(context: &UserContext, job: &Job) -> bool {
    job.user() == context.user || context.has(Permission::ViewSetup)
}
