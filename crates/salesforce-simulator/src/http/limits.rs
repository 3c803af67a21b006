//! `GET /limits`, which requires View Setup.

use serde_json::{Map, json};

use super::bulk::MAX_JOBS;
use super::caller::Caller;
use super::reply::Reply;
use crate::permissions::Permission;
use crate::refusal::Refusal;
use crate::state::{State, lock};

/// Limits that the simulator does not consume.
const UNUSED: [(&str, u64); 19] = [
    ("DailyBulkApiBatches", 15_000),
    ("DailyBulkV2QueryFileStorageMB", 976_562),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyDurableStreamingApiEvents", 10_000),
    ("DailyGenericStreamingApiEvents", 10_000),
    ("DailyStreamingApiEvents", 10_000),
    ("DailyStandardVolumePlatformEvents", 10_000),
    ("DailyWorkflowEmails", 100_000),
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentSyncReportRuns", 20),
    ("DataStorageMB", 1024),
    ("FileStorageMB", 1024),
    ("HourlyAsyncReportRuns", 1200),
    ("HourlyDashboardRefreshes", 200),
    ("HourlySyncReportRuns", 500),
    ("HourlyTimeBasedWorkflow", 1000),
    ("MassEmail", 5000),
    ("SingleEmail", 5000),
    ("StreamingApiConcurrentClients", 2000),
];

pub(crate) fn limits(state: &State, caller: Caller) -> Result<Reply, Refusal> {
    let context = state.context(&state.org(), caller.user, caller.version);
    if !context.has(Permission::ViewSetup) {
        let message = "You do not have the right access to view this resource.";
        return Err(Refusal::new(403, "INSUFFICIENT_ACCESS", message));
    }
    let mut limits: Map<String, serde_json::Value> =
        UNUSED.iter().map(|(name, max)| ((*name).to_owned(), json!({ "Max": max, "Remaining": max }))).collect();
    let (used, allowed) = state.usage();
    let requests = json!({
        "Max": allowed,
        "Remaining": allowed.saturating_sub(used),
        "Seat report": { "Max": 0, "Remaining": 0 },
    });
    limits.insert("DailyApiRequests".to_owned(), requests);
    let made = lock(&state.jobs).made();
    let left = state.faults().bulk.jobs_remaining.unwrap_or(MAX_JOBS.saturating_sub(made));
    limits.insert("DailyBulkV2QueryJobs".to_owned(), json!({ "Max": MAX_JOBS, "Remaining": left }));
    limits.insert(
        "PermissionSets".to_owned(),
        json!({ "Max": 1500, "Remaining": 1499, "CreateCustom": { "Max": 1000, "Remaining": 999 } }),
    );
    Ok(Reply::json(200, &limits))
}
