//! The faults of bulk query jobs.

use serde::{Deserialize, Serialize};

/// Faults of bulk query jobs. They apply to jobs that are created later; only `pageSize` applies to existing jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BulkFaults {
    /// Objects that jobs refuse with `INVALIDENTITY`. REST still supports them.
    pub unsupported_objects: Vec<String>,
    /// Remaining jobs of the day. At zero, a new job fails with `LIMIT_EXCEEDED`.
    pub jobs_remaining: Option<u64>,
    /// Jobs that end as `Failed`.
    pub failed_jobs: Option<FailedJobs>,
    /// The number of polls that return `InProgress` before a job ends.
    pub in_progress_polls: u64,
    /// The maximum rows of a result page; the default is 100,000.
    pub page_size: Option<u64>,
    /// Fields whose values end with a NUL byte, as `Object.Field`.
    pub nul_fields: Vec<String>,
}

/// Jobs that end as `Failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailedJobs {
    /// The number of jobs.
    pub times: u64,
    /// The `errorMessage` of the job, if any.
    #[serde(default)]
    pub error_message: Option<String>,
}
