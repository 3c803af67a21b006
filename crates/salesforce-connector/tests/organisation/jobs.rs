//! Reading long login history with bulk query jobs, and with pages where jobs fail.

use std::collections::BTreeSet;

use salesforce_simulator::{BulkFaults, FailedJobs, Faults};
use seatgraph_core::{Process, Result};
use serde_json::{Value, json};

use crate::org::Organisation;
use crate::pass::{Pass, pass};

const ACTIVITY: Process = Process::PullUserActivity;

/// An organisation whose history is read with jobs from `rows` rows.
struct Long {
    organisation: Organisation,
    rows: u64,
}

impl Long {
    async fn found(bulk: BulkFaults) -> Self {
        let organisation = Organisation::found(3).await;
        organisation.simulator.set_faults(Faults { bulk, ..Faults::default() });
        Self { organisation, rows: 1 }
    }

    async fn pass(&self) -> Result<Pass> {
        pass(self.organisation.link_by_jobs_from(self.rows).as_ref(), ACTIVITY, None).await
    }

    /// The number of calls of one kind.
    async fn calls(&self, kind: &str) -> u64 {
        let requests = self.organisation.http().get("/_control/requests").without_token();
        let requests: Value = requests.json_body().await.unwrap();
        requests[kind].as_u64().unwrap_or_default()
    }
}

/// The activity of every account, independent of pages.
fn activities(pass: &Pass) -> BTreeSet<String> {
    pass.activity().map(|activity| format!("{activity:?}")).collect()
}

async fn page_by_page() -> BTreeSet<String> {
    let long = Long { rows: u64::from(u32::MAX), ..Long::found(BulkFaults::default()).await };
    let activities = activities(&long.pass().await.unwrap());
    assert_eq!(long.calls("bulk_create").await, 0, "a short history is not asked for by jobs");
    activities
}

#[tokio::test]
async fn bulk_jobs_read_the_same_history_with_fewer_calls() {
    let long = Long { organisation: Organisation::of_users(8_000, 3).await, rows: 1 };
    let plain = long.organisation.link();
    let by_pages = pass(plain.as_ref(), ACTIVITY, None).await.unwrap();
    let before = long.calls("total").await;
    let by_jobs = long.pass().await.unwrap();
    assert!(by_jobs.pages == by_pages.pages, "the pages are others");
    assert_eq!(by_jobs.bookmark, by_pages.bookmark);
    assert_eq!(Some(by_jobs.rows()), by_jobs.pages[0].total);
    assert_eq!(long.calls("bulk_create").await, 2, "25 pages of 200 come at once, and there are more");
    assert!(long.calls("total").await - before < before);
}

#[tokio::test]
async fn a_slow_job_with_several_result_pages_is_read_completely() {
    for (bulk, parts) in [
        (BulkFaults { page_size: Some(70), ..BulkFaults::default() }, 2),
        (BulkFaults { in_progress_polls: 1, ..BulkFaults::default() }, 1),
        (BulkFaults { nul_fields: vec!["LoginHistory.LoginType".into()], ..BulkFaults::default() }, 1),
    ] {
        let long = Long::found(bulk.clone()).await;
        assert_eq!(activities(&long.pass().await.unwrap()), page_by_page().await, "{bulk:?}");
        assert!(long.calls("bulk_results").await >= parts, "{bulk:?}");
    }
}

#[tokio::test]
async fn history_is_read_in_pages_if_a_job_fails_and_no_job_is_repeated() {
    let failed =
        |message: Option<&str>| Some(FailedJobs { times: u64::MAX, error_message: message.map(str::to_owned) });
    for bulk in [
        BulkFaults { unsupported_objects: vec!["LoginHistory".into()], ..BulkFaults::default() },
        BulkFaults { jobs_remaining: Some(0), ..BulkFaults::default() },
        BulkFaults { failed_jobs: failed(None), ..BulkFaults::default() },
        BulkFaults { failed_jobs: failed(Some("InternalServerError")), ..BulkFaults::default() },
    ] {
        let long = Long::found(bulk.clone()).await;
        let seen = long.pass().await.unwrap();
        assert_eq!(activities(&seen), page_by_page().await, "{bulk:?}");
        assert!(seen.codes().is_empty(), "{bulk:?}: {:?}", seen.codes());
        assert_eq!(long.calls("bulk_create").await, 1, "{bulk:?}");
    }
}

#[tokio::test]
async fn a_hidden_column_is_left_out_of_jobs() {
    let long = Long::found(BulkFaults::default()).await;
    let hide_fields = vec!["LoginHistory.LoginSubType".into()];
    long.organisation.simulator.set_faults(Faults { hide_fields, ..Faults::default() });
    let seen = long.pass().await.unwrap();
    assert_eq!(seen.codes(), ["FIELD_HIDDEN"].into());
    assert_eq!(long.calls("bulk_results").await, 1);
}

#[tokio::test]
async fn reading_creates_jobs_and_changes_nothing_else() {
    let long = Long::found(BulkFaults::default()).await;
    long.pass().await.unwrap();
    let writes = long.organisation.writes().await;
    let jobs = json!("/services/data/v66.0/jobs/query");
    assert!(writes.iter().all(|call| call["method"] == "POST" && call["path_and_query"] == jobs), "{writes:?}");
}
