//! Query jobs of Bulk API 2.0, for thousands of rows at once: a job takes a handful of API calls, however many rows it
//! gives.
//!
//! Source: Salesforce, "Bulk API 2.0 and Bulk API Developer Guide", Query.

use std::io::Cursor;
use std::time::Duration;

use seatgraph_core::http::{Method, Response};
use seatgraph_core::{Backoff, Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::csv_table;
use super::org::{Org, is_locator};
use super::soql::Select;
use super::value::RecordId;
use crate::errors::{COLUMN, is_refused_locator};

/// How long to wait between the first two polls of a job; it doubles from there.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How long a job may take before it is aborted.
const MAX_DURATION: Duration = Duration::from_secs(180);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    id: RecordId,
    state: String,
    #[serde(default)]
    error_message: Option<String>,
}

/// The results of a job, which were checked.
#[derive(Debug)]
pub(crate) struct Tables(Vec<Response>);

impl Tables {
    /// Gives the rows one by one, so that only one at a time takes more memory than its text.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = Value> + Send {
        self.0.into_iter().flat_map(|part| csv_table::rows(Cursor::new(part.bytes().clone())))
    }
}

impl Org {
    /// Reads every row of `select` by a job. `None` when jobs do not support the query, when the job fails or does not
    /// finish in time, when a locator is refused, or when its results are incomplete; [`Org::read`] can read the rows then.
    ///
    /// # Errors
    /// Those that [`Org::read`] would meet as well: an expired session, a limit that is reached, no answer at all.
    pub(crate) async fn run_bulk_query(&self, select: &Select) -> Result<Option<Tables>> {
        match self.job_results(select).await {
            Err(e) if is_about_jobs(&e) => {
                tracing::debug!(object = select.object(), error = %e, "bulk query job failed, reading page by page");
                Ok(None)
            }
            answered => answered.map(Some),
        }
    }

    async fn job_results(&self, select: &Select) -> Result<Tables> {
        let body = json!({ "operation": "query", "query": select.to_string() });
        let request = self.http().request(Method::Post, self.below("/jobs/query").await?).json(&body);
        let Job { id: job, .. } = request.json_body().await?;
        self.wait_for(&job).await?;
        let (mut parts, mut next) = (Vec::new(), None);
        loop {
            let part = self.part(&job, next.as_deref()).await?;
            let before = next;
            next = locator(&part)?.map(str::to_owned);
            parts.push(part);
            match &next {
                None => return Ok(Tables(parts)),
                next if *next == before => return Err(incomplete("Sforce-Locator repeats the previous one")),
                Some(_) => {}
            }
        }
    }

    /// Waits until a job is done.
    async fn wait_for(&self, job: &RecordId) -> Result<()> {
        let path = self.below(&format!("/jobs/query/{job}")).await?;
        let mut waits = Backoff { first: FIRST_WAIT, limit: LONGEST_WAIT }.waits();
        let deadline = Instant::now() + MAX_DURATION;
        loop {
            let wait = waits.next().unwrap_or(LONGEST_WAIT);
            let job: Job = self.http().get(path.clone()).json_body().await?;
            match job.state.as_str() {
                "JobComplete" => return Ok(()),
                "UploadComplete" | "InProgress" if Instant::now() + wait <= deadline => sleep(wait).await,
                "UploadComplete" | "InProgress" => {
                    let aborted = json!({ "state": "Aborted" });
                    self.http().request(Method::Patch, path).json(&aborted).send().await?;
                    return Err(Error::new(ErrorKind::Refused, "bulk query job takes too long"));
                }
                state => {
                    let reported = job.error_message.unwrap_or_default();
                    let error = Error::new(ErrorKind::Refused, "bulk query job failed");
                    return Err(error.with("state", state).with("reported", reported));
                }
            }
        }
    }

    async fn part(&self, job: &RecordId, locator: Option<&str>) -> Result<Response> {
        let mut request = self.http().get(self.below(&format!("/jobs/query/{job}/results")).await?);
        if let Some(locator) = locator {
            request = request.query("locator", locator);
        }
        let part = request.header("accept", "text/csv").send().await?;
        let rows = part.header("sforce-numberofrecords").and_then(|rows| rows.trim().parse().ok());
        let rows = rows.ok_or_else(|| incomplete("Sforce-NumberOfRecords is not a number"))?;
        csv_table::check(part.bytes(), rows).map_err(incomplete)?;
        Ok(part)
    }
}

/// The locator of the next part; `None` after the last, which Salesforce marks with the word `null`.
fn locator(part: &Response) -> Result<Option<&str>> {
    let locator = part.header("sforce-locator").filter(|locator| !matches!(*locator, "" | "null"));
    if locator.is_none_or(is_locator) { Ok(locator) } else { Err(incomplete("Sforce-Locator is not valid")) }
}

fn incomplete(reason: &str) -> Error {
    Error::new(ErrorKind::Malformed, "results of a bulk query job are incomplete").with("reason", reason)
}

/// Says whether an error concerns jobs and not the same query over REST: an object that jobs do not support, their own
/// limits, a permission that only they need, a job that failed or is forgotten, a refused locator, incomplete results.
fn is_about_jobs(error: &Error) -> bool {
    use ErrorKind::{Conflict, CursorExpired, Forbidden, Malformed, NotFound, Refused, Unexpected, Unsupported};
    let kind = error.kind();
    let is_it = matches!(
        kind,
        Conflict | CursorExpired | Forbidden | Malformed | NotFound | Refused | Unexpected | Unsupported
    );
    (is_it || is_refused_locator(error)) && error.get(COLUMN).is_none()
}
