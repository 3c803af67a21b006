//! `query`, `queryAll` and the pages behind their locators.

use std::sync::Arc;
use std::time::Duration;

use super::call::Caller;
use super::cursors::Cursor;
use super::reply::Reply;
use super::request::Request;
use crate::org::Org;
use crate::org::id::Id;
use crate::refusal::Refusal;
use crate::soql::plan::Shape;
use crate::soql::render::Renderer;
use crate::soql::{self, aggregate, run};
use crate::state::{State, lock};
use crate::viewer::Viewer;

const LARGEST_PAGE: u64 = 2000;
const SMALLEST_PAGE: u64 = 200;
/// Seconds a cursor lives without being read.
const IDLE: i64 = 900;

/// Answers the first page of a query.
pub(crate) async fn first(state: &Arc<State>, caller: Caller, request: Request) -> Result<Reply, Refusal> {
    let Some(text) = request.query().remove("q") else {
        return Err(Refusal::bad("MALFORMED_QUERY", "A query string has to be specified"));
    };
    let size = page_size(&request);
    if let Some(wait) = slowness(state) {
        tokio::time::sleep(wait).await;
    }
    blocking(state, move |state| {
        let org = state.org();
        let viewer = state.viewer(&org, caller.user, caller.version);
        let plan = soql::prepare(&org, &viewer, &text)?;
        let mut out = Vec::new();
        match &plan.shape {
            Shape::Count => {
                let count = run::select(&org, &viewer, &plan)?.len();
                out.extend_from_slice(format!("{{\"totalSize\":{count},\"done\":true,\"records\":[]}}").as_bytes());
            }
            Shape::Groups(aggregation) => aggregate::answer(&org, &viewer, &plan, aggregation, &mut out)?,
            Shape::Records(_) => {
                let selection = run::select(&org, &viewer, &plan)?;
                let cursor = Arc::new(Cursor { plan, selection, size });
                let next = (cursor.selection.len() > size)
                    .then(|| lock(&state.cursors).open(caller.user, cursor.clone(), state.now()));
                page(&org, &viewer, &cursor, 0, next, &mut out);
            }
        }
        Ok(Reply::bytes(out))
    })
    .await
}

/// Answers the page behind a locator, `{cursor id}-{offset}`.
pub(crate) async fn more(state: &Arc<State>, caller: Caller, locator: &str) -> Result<Reply, Refusal> {
    let unknown = || Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, offset) = locator.rsplit_once('-').ok_or_else(unknown)?;
    let id = Id::parse(id).ok_or_else(unknown)?;
    let offset: u64 = offset.parse().map_err(|_| unknown())?;
    let number = id.number();
    let idle = state.faults().cursor_idle_seconds.map_or(IDLE, |seconds| i64::try_from(seconds).unwrap_or(IDLE));
    let cursor = lock(&state.cursors).find(caller.user, number, state.now(), idle).ok_or_else(unknown)?;
    if offset >= cursor.selection.len() {
        return Err(unknown());
    }
    blocking(state, move |state| {
        let org = state.org();
        let viewer = state.viewer(&org, caller.user, caller.version);
        let mut out = Vec::new();
        page(&org, &viewer, &cursor, offset, Some(number), &mut out);
        Ok(Reply::bytes(out))
    })
    .await
}

/// Large scans take a while, so they run beside the connections.
pub(crate) async fn blocking<T: Send + 'static>(
    state: &Arc<State>,
    work: impl FnOnce(&State) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let state = state.clone();
    let worked = tokio::task::spawn_blocking(move || work(&state)).await;
    worked.unwrap_or_else(|_| Err(Refusal::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")))
}

fn page(org: &Org, viewer: &Viewer, cursor: &Cursor, offset: u64, number: Option<u64>, out: &mut Vec<u8>) {
    let Shape::Records(record) = &cursor.plan.shape else { return };
    let ordinals = cursor.selection.page(offset, cursor.size);
    let total = cursor.selection.len();
    let next = offset + ordinals.len() as u64;
    out.reserve(ordinals.len() * 600 + 200);
    out.extend_from_slice(format!("{{\"totalSize\":{total},").as_bytes());
    match number.filter(|_| next < total) {
        Some(number) => {
            let id = Id::new(*b"01g", org.pod, number);
            let version = viewer.version;
            out.extend_from_slice(
                format!("\"done\":false,\"nextRecordsUrl\":\"/services/data/v{version}.0/query/{id}-{next}\"")
                    .as_bytes(),
            );
        }
        None => out.extend_from_slice(b"\"done\":true"),
    }
    out.extend_from_slice(b",\"records\":[");
    Renderer::new(org, viewer).records(record, &ordinals, out);
    out.extend_from_slice(b"]}");
}

/// The page size asked for, within the vendor's bounds.
fn page_size(request: &Request) -> u64 {
    let asked = request.header("sforce-query-options").and_then(|options| {
        options.split(',').find_map(|option| option.trim().strip_prefix("batchSize=")?.trim().parse::<u64>().ok())
    });
    asked.map_or(LARGEST_PAGE, |size| size.clamp(SMALLEST_PAGE, LARGEST_PAGE))
}

fn slowness(state: &State) -> Option<Duration> {
    let milliseconds = state.faults().slow_query.as_ref()?.milliseconds;
    let strikes = state.count_down(|faults| faults.slow_query.as_mut().map(|slow| &mut slow.times));
    strikes.then(|| Duration::from_millis(milliseconds))
}
