//! Every query job of the organisation.

use std::collections::BTreeMap;

use super::job::{Job, PREFIX};
use crate::id::Id;
use crate::org::Org;
use crate::permissions::Permission;
use crate::refusal::Refusal;
use crate::user_context::UserContext;

/// The jobs by number.
///
/// They belong to the organisation. A user has those they made, and a user with View Setup has everybody's; nobody
/// else's are there for anyone. Whoever reads the results, the rows are those that the job's own user may see.
#[derive(Default)]
pub(crate) struct Jobs {
    jobs: BTreeMap<u64, Job>,
    made: u64,
}

impl Jobs {
    /// How many were made since the organisation started.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// Keeps the job that is made of the next number.
    pub(crate) fn add(&mut self, job: impl FnOnce(u64) -> Job) -> &Job {
        self.made += 1;
        self.jobs.entry(self.made).insert_entry(job(self.made)).into_mut()
    }

    /// The job of that id, if there is one for the user.
    pub(crate) fn find(&mut self, org: &Org, context: &UserContext, id: &str) -> Result<&mut Job, Refusal> {
        let id = Id::parse(id).filter(|id| id.prefix() == PREFIX && id.pod() == org.pod);
        let job = id.and_then(|id| self.jobs.get_mut(&id.number()));
        job.filter(|job| may_see(context, job)).ok_or_else(Refusal::not_found)
    }
}

fn may_see(context: &UserContext, job: &Job) -> bool {
    job.user() == context.user || context.has(Permission::ViewSetup)
}
