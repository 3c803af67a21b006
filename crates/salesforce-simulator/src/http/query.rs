//! `query` and its pages.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::caller::Caller;
use super::reply::Reply;
use super::request::Request;
use crate::cursors::Cursor;
use crate::id::Id;
use crate::org::Org;
use crate::refusal::Refusal;
use crate::soql::plan::Shape;
use crate::soql::render::Records;
use crate::soql::{self, run};
use crate::state::{State, lock};
use crate::user_context::UserContext;

const MAX_PAGE_SIZE: u64 = 2000;
const MIN_PAGE_SIZE: u64 = 200;
/// The idle time-out of a cursor, in seconds.
const IDLE: i64 = 900;

/// Returns the first page of a query.
pub(crate) async fn first(state: &Arc<State>, caller: Caller, request: Request) -> Result<Reply, Refusal> {
    let Some(text) = request.query().remove("q") else {
        return Err(Refusal::bad("MALFORMED_QUERY", "A query string has to be specified"));
    };
    let size = page_size(&request).min(state.faults().rows_per_answer.unwrap_or(u64::MAX).max(1));
    blocking(state, move |state| {
        let org = state.org();
        let context = state.context(&org, caller.user, caller.version);
        let plan = soql::prepare(&org, &context, &text)?;
        let selection = run::select(&org, &context, &plan)?;
        let total = selection.len();
        let Shape::Records(record) = plan.shape else {
            return Ok(Reply::json(200, &json!({ "totalSize": total, "done": true, "records": [] })));
        };
        let cursor = Arc::new(Cursor { record, selection, size });
        let number = (total > size).then(|| lock(&state.cursors).open(caller.user, cursor.clone(), state.now()));
        Ok(page(&org, &context, &cursor, 0, number))
    })
    .await
}

/// Returns the page at a locator, `{cursor id}-{offset}`.
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
    state.check_locator(cursor.record.object.name)?;
    blocking(state, move |state| {
        let org = state.org();
        let context = state.context(&org, caller.user, caller.version);
        Ok(page(&org, &context, &cursor, offset, Some(number)))
    })
    .await
}

/// Runs a scan on a blocking thread.
pub(crate) async fn blocking<T: Send + 'static>(
    state: &Arc<State>,
    work: impl FnOnce(&State) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let state = state.clone();
    let worked = tokio::task::spawn_blocking(move || work(&state)).await;
    worked.unwrap_or_else(|_| Err(Refusal::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total_size: u64,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_records_url: Option<String>,
    records: Records<'a>,
}

fn page(org: &Org, context: &UserContext, cursor: &Cursor, offset: u64, number: Option<u64>) -> Reply {
    let ordinals = cursor.selection.page(offset, cursor.size);
    let total_size = cursor.selection.len();
    let next = offset + ordinals.len() as u64;
    let next_records_url = number.filter(|_| next < total_size).map(|number| {
        let id = Id::new(*b"01g", org.pod, number);
        format!("/services/data/v{}.0/query/{id}-{next}", context.version)
    });
    let records = Records { org, context, record: &cursor.record, ordinals: &ordinals };
    Reply::json(200, &Page { total_size, done: next_records_url.is_none(), next_records_url, records })
}

/// The requested page size, within the bounds of Salesforce.
fn page_size(request: &Request) -> u64 {
    let asked = request.header("sforce-query-options").and_then(|options| {
        options.split(',').find_map(|option| option.trim().strip_prefix("batchSize=")?.trim().parse::<u64>().ok())
    });
    asked.map_or(MAX_PAGE_SIZE, |size| size.clamp(MIN_PAGE_SIZE, MAX_PAGE_SIZE))
}
