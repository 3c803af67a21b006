//! The faults of bulk query jobs.

use serde::{Deserialize, Serialize};

/// What goes wrong with bulk query jobs. A job keeps what was set when it was made; `pageSize` alone is asked later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BulkFaults {
    /// Objects that jobs refuse with `INVALIDENTITY`, while REST goes on to serve them.
    pub unsupported_objects: Vec<String>,
    /// Jobs left for the day; at zero, a new one is refused with `LIMIT_EXCEEDED`.
    pub jobs_remaining: Option<u64>,
    /// Jobs that end as `Failed`.
    pub failed_jobs: Option<FailedJobs>,
    /// How many polls of a job answer `InProgress` before it ends.
    pub in_progress_polls: u64,
    /// The most rows in one set of results; missing means 100,000.
    pub page_size: Option<u64>,
    /// Fields whose values end in a NUL byte, as `Object.Field`.
    pub nul_fields: Vec<String>,
}

/// Jobs that end as `Failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailedJobs {
    /// How many of the jobs made from now on.
    pub times: u64,
    /// The job's `errorMessage`; missing means that it gives none.
    #[serde(default)]
    pub error_message: Option<String>,
}
