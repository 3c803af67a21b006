//! The results of a complete job, in sets behind locators, and the links that lead to the sets at once.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::job::{Answer, PREFIX, Stage};
use super::sheet::{self, Format};
use crate::http::call::Caller;
use crate::http::query::blocking;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::org::id::Id;
use crate::refusal::Refusal;
use crate::state::{State, lock};

/// Rows in a set when nobody says otherwise; jsforce breaks on a second set (jsforce#1546).
const LARGEST_SET: u64 = 100_000;
const MOST_LINKS: usize = 5;

/// Answers the set of results behind a locator, or the first one.
pub(super) async fn set(state: &Arc<State>, caller: Caller, request: &Request, id: &str) -> Result<Reply, Refusal> {
    let finished = Finished::find(state, caller, id)?;
    let set = Set::asked(state, request, finished.answer.selection.len())?;
    blocking(state, move |state| {
        let ordinals = finished.answer.selection.page(set.offset, set.size);
        let (body, written) = sheet::write(&state.org(), &finished.answer, finished.format, &ordinals);
        let next = Set { offset: set.offset + ordinals.len() as u64, ..set };
        let more = next.offset < finished.answer.selection.len();
        let locator = if more { next.locator() } else { "null".to_owned() };
        let reply = Reply::new(200, "text/csv", body);
        Ok(reply.with("sforce-numberofrecords", written.to_string()).with("sforce-locator", locator))
    })
    .await
}

/// Answers links to up to five sets, and one to the next links.
pub(super) fn links(state: &State, caller: Caller, request: &Request, id: &str) -> Result<Reply, Refusal> {
    let finished = Finished::find(state, caller, id)?;
    let total = finished.answer.selection.len();
    let first = Set::asked(state, request, total)?;
    let root = format!("/services/data/v{}.0/jobs/query/{}", caller.version, finished.id);
    let mut sets = std::iter::successors(Some(first), |set| set.after(total));
    let pages: Vec<_> = sets
        .by_ref()
        .take(MOST_LINKS)
        .map(|set| json!({ "resultUrl": format!("{root}/results?locator={}", set.locator()) }))
        .collect();
    let next = sets.next().map(|set| format!("{root}/resultPages?locator={}", set.locator()));
    Ok(Reply::json(200, &json!({ "resultPages": pages, "done": next.is_none(), "nextRecordsUrl": next })))
}

/// A complete job, as far as its results need it.
struct Finished {
    id: Id,
    answer: Arc<Answer>,
    format: Format,
}

impl Finished {
    fn find(state: &State, caller: Caller, id: &str) -> Result<Self, Refusal> {
        let org = state.org();
        let viewer = state.viewer(&org, caller.user, caller.version);
        let mut jobs = lock(&state.jobs);
        let job = jobs.find(&org, &viewer, id)?;
        // The status is documented and the code is not; this one is the vendor's for a wrong version elsewhere.
        if job.version() != caller.version {
            let message = format!("the job was created with API version {}.0", job.version());
            return Err(Refusal::new(409, "INVALIDVERSION", message));
        }
        if job.stage != Stage::JobComplete {
            return Err(Refusal::bad("INVALIDJOBSTATE", "the job has no results: its state is not JobComplete"));
        }
        let id = Id::new(PREFIX, org.pod, job.number);
        Ok(Self { id, answer: job.answer.clone(), format: Format::of(&job.asked) })
    }
}

/// So many rows after an offset. A locator holds both, so it means the same set as long as the job is there.
#[derive(Clone, Copy)]
struct Set {
    offset: u64,
    size: u64,
}

impl Set {
    /// Reads `locator` and `maxRecords`; each may be missing.
    fn asked(state: &State, request: &Request, total: u64) -> Result<Self, Refusal> {
        let query = request.query();
        let given = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let unknown = || Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        let largest = state.faults().bulk.page_size.unwrap_or(LARGEST_SET).max(1);
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

    fn after(&self, total: u64) -> Option<Self> {
        let offset = self.offset.saturating_add(self.size);
        (offset < total).then_some(Self { offset, ..*self })
    }
}
