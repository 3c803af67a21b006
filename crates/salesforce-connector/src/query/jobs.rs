//! Questions that an organisation answers in its own time, as a table: query jobs of Bulk API 2.0. Worth their trouble
//! where thousands of rows are wanted at once: a job costs a handful of calls, however many rows it gives.
//!
//! Source: Salesforce, "Bulk API 2.0 and Bulk API Developer Guide", Query.

use std::io::Cursor;
use std::time::Duration;

use seatgraph_core::http::{Method, Response};
use seatgraph_core::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::dialect::COLUMN;
use crate::query::{Org, RecordId, Select, is_locator, table};

/// How long to wait before looking at a job the second time; doubles from there.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How long a job may take before it is taken back.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    id: RecordId,
    state: String,
    #[serde(default)]
    error_message: Option<String>,
}

/// The answer of a job: tables that were looked through.
#[derive(Debug)]
pub(crate) struct Tables(Vec<Response>);

impl Tables {
    /// Gives the rows one by one, so that none but the one in hand takes more memory than its text.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = Value> + Send {
        self.0.into_iter().flat_map(|part| table::rows(Cursor::new(part.bytes().clone())))
    }
}

impl Org {
    /// Asks for every row of `select` by a job. `None` when the organisation does not answer this question so, does
    /// not finish in time, or gives a table that is not whole; all of it can be asked for by [`Org::read`] then.
    ///
    /// # Errors
    /// What would hinder [`Org::read`] as well: a session that is over, a limit that is reached, no answer at all.
    pub(crate) async fn tabulate(&self, select: &Select) -> Result<Option<Tables>> {
        match self.answer_of_job(select).await {
            Err(e) if is_about_jobs(&e) => {
                tracing::debug!(object = select.object(), error = %e, "rows are not given by a job");
                Ok(None)
            }
            answered => answered.map(Some),
        }
    }

    async fn answer_of_job(&self, select: &Select) -> Result<Tables> {
        let question = json!({ "operation": "query", "query": select.to_string() });
        let request = self.http().request(Method::Post, self.below("/jobs/query").await?).json(&question);
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
                next if *next == before => return Err(broken("it goes on where it was")),
                Some(_) => {}
            }
        }
    }

    /// Waits until a job is done.
    async fn wait_for(&self, job: &RecordId) -> Result<()> {
        let path = self.below(&format!("/jobs/query/{job}")).await?;
        let (mut wait, deadline) = (FIRST_WAIT, Instant::now() + PATIENCE);
        loop {
            let job: Job = self.http().get(path.clone()).json_body().await?;
            match job.state.as_str() {
                "JobComplete" => return Ok(()),
                "UploadComplete" | "InProgress" if Instant::now() + wait <= deadline => sleep(wait).await,
                "UploadComplete" | "InProgress" => {
                    let taken_back = json!({ "state": "Aborted" });
                    self.http().request(Method::Patch, path).json(&taken_back).send().await?;
                    return Err(Error::new(ErrorKind::Refused, "organisation takes too long over a job"));
                }
                state => {
                    let said = job.error_message.unwrap_or_default();
                    let error = Error::new(ErrorKind::Refused, "organisation gave a job up");
                    return Err(error.with("state", state).with("said", said));
                }
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn part(&self, job: &RecordId, locator: Option<&str>) -> Result<Response> {
        let mut request = self.http().get(self.below(&format!("/jobs/query/{job}/results")).await?);
        if let Some(locator) = locator {
            request = request.query("locator", locator);
        }
        let part = request.header("accept", "text/csv").send().await?;
        let told = part.header("sforce-numberofrecords").and_then(|told| told.trim().parse().ok());
        let told = told.ok_or_else(|| broken("Sforce-NumberOfRecords is no number"))?;
        table::check(part.bytes(), told).map_err(broken)?;
        Ok(part)
    }
}

/// Where the part behind this one is; `None` behind the last, which says so by the word null.
fn locator(part: &Response) -> Result<Option<&str>> {
    let locator = part.header("sforce-locator").filter(|locator| !matches!(*locator, "" | "null"));
    if locator.is_none_or(is_locator) { Ok(locator) } else { Err(broken("Sforce-Locator is no place in it")) }
}

fn broken(reason: &str) -> Error {
    Error::new(ErrorKind::Malformed, "table is not whole").with("reason", reason)
}

/// Says whether an error hinders a job and not the same question otherwise: an object that jobs do not know, their own
/// limits, a right that only they need, a job that failed or is forgotten, a table that is not whole.
fn is_about_jobs(error: &Error) -> bool {
    use ErrorKind::{Conflict, CursorExpired, Forbidden, Malformed, NotFound, Refused, Unexpected, Unsupported};
    let kind = error.kind();
    let is_it = matches!(
        kind,
        Conflict | CursorExpired | Forbidden | Malformed | NotFound | Refused | Unexpected | Unsupported
    );
    is_it && error.get(COLUMN).is_none()
}
