//! A query job.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::requests::NewJob;
use crate::id::Id;
use crate::org::Org;
use crate::refusal::Refusal;
use crate::soql::plan::BulkQuery;
use crate::soql::run::Selection;
use crate::user_context::UserContext;
use crate::value::Value;

pub(crate) const PREFIX: [u8; 3] = *b"750";

/// The state of a job.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum JobState {
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

/// The final state of a job, determined at creation.
pub(crate) enum FinalState {
    Complete,
    /// The `errorMessage`, if any.
    Failed(Option<String>),
}

/// The rows of a job, and the user who created it.
///
/// The rows and the visible fields are fixed at creation. Values are read with the page, so that many jobs need little
/// memory.
pub(crate) struct JobRows {
    pub(crate) context: UserContext,
    pub(crate) query: BulkQuery,
    pub(crate) selection: Selection,
}

/// A query job. Only polls advance it.
pub(crate) struct Job {
    pub(crate) number: u64,
    pub(crate) new_job: NewJob,
    pub(crate) rows: Arc<JobRows>,
    pub(crate) final_state: FinalState,
    pub(crate) state: JobState,
    /// The number of polls that will still return `InProgress`.
    pub(crate) polls_left: u64,
    pub(crate) created: i64,
    pub(crate) changed: i64,
}

impl Job {
    pub(crate) fn user(&self) -> u32 {
        self.rows.context.user
    }

    /// The API version of the creation. Results must be read with the same version.
    pub(crate) fn version(&self) -> u16 {
        self.rows.context.version
    }

    fn is_under_way(&self) -> bool {
        matches!(self.state, JobState::UploadComplete | JobState::InProgress)
    }

    /// Advances the job by one poll.
    pub(crate) fn poll(&mut self, now: i64) {
        if !self.is_under_way() {
            return;
        }
        self.state = match (&self.final_state, self.polls_left) {
            (_, 1..) => JobState::InProgress,
            (FinalState::Complete, 0) => JobState::JobComplete,
            (FinalState::Failed(_), 0) => JobState::Failed,
        };
        self.polls_left = self.polls_left.saturating_sub(1);
        self.changed = now;
    }

    pub(crate) fn abort(&mut self, now: i64) -> Result<(), Refusal> {
        if !self.is_under_way() {
            return Err(Refusal::bad("INVALIDJOBSTATE", "Aborting already Completed Job not allowed"));
        }
        self.state = JobState::Aborted;
        self.changed = now;
        Ok(())
    }

    /// The response to creation and abortion.
    pub(crate) fn brief(&self, org: &Org) -> Json {
        json!({
            "id": Id::new(PREFIX, org.pod, self.number).as_str(),
            "operation": self.new_job.operation,
            "object": self.rows.query.plan.object.name,
            "createdById": org.user_id(self.user()).as_str(),
            "createdDate": Value::Time(self.created).to_text(),
            "systemModstamp": Value::Time(self.changed).to_text(),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": self.new_job.content_type,
            "apiVersion": f64::from(self.version()),
            "lineEnding": self.new_job.line_ending,
            "columnDelimiter": self.new_job.column_delimiter,
        })
    }

    /// The response to a poll.
    pub(crate) fn details(&self, org: &Org) -> Json {
        let is_complete = self.state == JobState::JobComplete;
        let mut details = self.brief(org);
        details["jobType"] = json!("V2Query");
        details["numberRecordsProcessed"] = json!(if is_complete { self.rows.selection.len() } else { 0 });
        details["retries"] = json!(0);
        details["totalProcessingTime"] = json!((self.changed - self.created) * 1000);
        details["isPkChunkingSupported"] = json!(true);
        if let (JobState::Failed, FinalState::Failed(Some(message))) = (self.state, &self.final_state) {
            details["errorMessage"] = json!(message);
        }
        details
    }
}
