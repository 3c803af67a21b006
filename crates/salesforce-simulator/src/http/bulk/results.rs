//! Results of a completed job, in pages with locators.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::csv;
use crate::bulk::job::{JobRows, JobState};
use crate::bulk::requests::LineEnding;
use crate::http::caller::Caller;
use crate::http::query::blocking;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::refusal::Refusal;
use crate::state::{State, lock};

/// The default page size. It is large because jsforce fails on a second page (jsforce#1546).
const MAX_ROWS: u64 = 100_000;

/// Returns the page at a locator, or the first page.
pub(super) async fn set(state: &Arc<State>, caller: Caller, request: &Request, id: &str) -> Result<Reply, Refusal> {
    let finished = Finished::find(state, caller, id)?;
    let set = Set::requested(state, request, finished.rows.selection.len())?;
    if set.offset > 0 {
        state.check_locator(finished.rows.query.plan.object.name)?;
    }
    blocking(state, move |state| {
        let ordinals = finished.rows.selection.page(set.offset, set.size);
        let (body, written) = csv::write(&state.org(), &finished.rows, finished.line_ending, &ordinals);
        let next = Set { offset: set.offset + ordinals.len() as u64, ..set };
        let more = next.offset < finished.rows.selection.len();
        let locator = if more { next.locator() } else { "null".to_owned() };
        let reply = Reply::new(200, "text/csv", body);
        Ok(reply.with("sforce-numberofrecords", written.to_string()).with("sforce-locator", locator))
    })
    .await
}

/// A completed job.
struct Finished {
    rows: Arc<JobRows>,
    line_ending: LineEnding,
}

impl Finished {
    fn find(state: &State, caller: Caller, id: &str) -> Result<Self, Refusal> {
        let org = state.org();
        let context = state.context(&org, caller.user, caller.version);
        let mut jobs = lock(&state.jobs);
        let job = jobs.find(&org, &context, id)?;
        // Salesforce documents the status but not the code. This code is used elsewhere for a wrong version.
        if job.version() != caller.version {
            let message = format!("the job was created with API version {}.0", job.version());
            return Err(Refusal::new(409, "INVALIDVERSION", message));
        }
        if job.state != JobState::JobComplete {
            return Err(Refusal::bad("INVALIDJOBSTATE", "the job has no results: its state is not JobComplete"));
        }
        Ok(Self { rows: job.rows.clone(), line_ending: job.new_job.line_ending })
    }
}

/// A page. Its locator contains both numbers, so it always returns the same page.
#[derive(Clone, Copy)]
struct Set {
    offset: u64,
    size: u64,
}

impl Set {
    /// Reads the optional parameters `locator` and `maxRecords`.
    fn requested(state: &State, request: &Request, total: u64) -> Result<Self, Refusal> {
        let query = request.query();
        let given = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let unknown = || Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        let largest = state.faults().bulk.page_size.unwrap_or(MAX_ROWS).max(1);
        let mut set = match given("locator") {
            Some(locator) => Self::parse(locator).ok_or_else(unknown)?,
            None => Self { offset: 0, size: largest },
        };
        if set.offset > 0 && set.offset >= total {
            return Err(unknown());
        }
        if let Some(most) = given("maxRecords") {
            let most = most.parse().ok().filter(|most| *most > 0);
            let refused = || Refusal::bad("API_ERROR", "maxRecords is required to be a positive integer");
            set.size = set.size.min(most.ok_or_else(refused)?);
        }
        Ok(set)
    }

    fn parse(locator: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(locator).ok()?).ok()?;
        let (offset, size) = text.split_once(':')?;
        let set = Self { offset: offset.parse().ok()?, size: size.parse().ok()? };
        (set.size > 0).then_some(set)
    }

    fn locator(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.offset, self.size))
    }
}
