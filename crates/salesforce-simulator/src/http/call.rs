//! Data calls: faults, session, version and permission are checked before the resource.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use axum::response::Response;

use super::caller::Caller;
use super::reply::Reply;
use super::request::Request;
use super::{bulk, collections, describe, limits, query, resources, sobjects};
use crate::refusal::Refusal;
use crate::request_log::Entry;
use crate::state::{AppliedFaults, State, lock};

pub(crate) async fn data(state: Arc<State>, request: Request, version: &str, path: &[&str]) -> Response {
    let accept = request.accept();
    let applied = state.apply_faults();
    lock(&state.request_log).count(kind(&request.method, path));
    if applied.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(applied.latency_ms)).await;
    }
    let entry = Entry { method: request.method.to_string(), path_and_query: request.uri.to_string(), status: 0 };
    let answered = answer(&state, request, version, path, &applied).await;
    let mut reply = answered.unwrap_or_else(|refusal| Reply::refusal(&refusal));
    if applied.nonsense && reply.status == 200 {
        reply.body = b"{\"records\":[{\"Id\":<<<".to_vec();
    }
    lock(&state.request_log).log(Entry { status: reply.status, ..entry });
    let (used, allowed) = state.usage();
    let reply = reply.with("sforce-limit-info", format!("api-usage={used}/{allowed}"));
    if applied.drop_body { reply.broken() } else { reply.pack(accept) }
}

/// The kind of call in the request log.
fn kind(method: &Method, path: &[&str]) -> &'static str {
    match path {
        [] => "resources",
        ["query"] => "query",
        ["query", _] => "query_more",
        ["limits"] => "limits",
        ["sobjects"] => "describe_global",
        ["sobjects", _, "describe"] => "describe",
        ["sobjects", ..] if *method == Method::GET => "sobject_read",
        ["sobjects", ..] => "sobject_write",
        ["composite", "sobjects"] => "collection_write",
        ["composite", "sobjects", _] => "collection_read",
        ["jobs", "query", rest @ ..] => bulk_kind(method, rest),
        _ => "other",
    }
}

fn bulk_kind(method: &Method, path: &[&str]) -> &'static str {
    match (method.as_str(), path) {
        ("POST", []) => "bulk_create",
        ("GET", [_]) => "bulk_poll",
        ("PATCH", [_]) => "bulk_abort",
        (_, [_, "results"]) => "bulk_results",
        _ => "other",
    }
}

async fn answer(
    state: &Arc<State>,
    request: Request,
    version: &str,
    path: &[&str],
    applied: &AppliedFaults,
) -> Result<Reply, Refusal> {
    if let Some(fault) = &applied.status {
        let reply = status_reply(fault.code);
        return Ok(match fault.retry_after {
            Some(seconds) => reply.with("retry-after", seconds.to_string()),
            None => reply,
        });
    }
    let caller = caller(state, &request, version, applied)?;
    match (request.method.as_str(), path) {
        ("GET", []) => Ok(resources::resources(state, caller)),
        ("GET", ["limits"]) => limits::limits(state, caller),
        ("GET", ["sobjects"]) => Ok(describe::global(state, caller)),
        ("GET", ["sobjects", object, "describe"]) => describe::object(state, caller, object),
        ("GET", ["query"]) => query::first(state, caller, request).await,
        ("GET", ["query", locator]) => query::more(state, caller, locator).await,
        (_, ["sobjects", object, rest @ ..]) => sobjects::handle(state, caller, &request, object, rest).await,
        (_, ["composite", "sobjects", rest @ ..]) => collections::handle(state, caller, &request, rest).await,
        (_, ["jobs", "query", rest @ ..]) => bulk::handle(state, caller, &request, rest).await,
        (_, [] | ["limits" | "sobjects"] | ["query", ..]) => Err(Refusal::method()),
        _ => Err(Refusal::not_found()),
    }
}

/// Authenticates the caller. The order of the checks is that of Salesforce.
fn caller(state: &State, request: &Request, version: &str, applied: &AppliedFaults) -> Result<Caller, Refusal> {
    let version = resources::version(version)?;
    let token = request.bearer().ok_or_else(|| Refusal::new(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"))?;
    let user = {
        let mut grants = lock(&state.grants);
        if applied.expire {
            grants.expire(token);
        }
        let lifetime = i64::try_from(state.settings.session_seconds).unwrap_or(i64::MAX);
        grants.session_user(token, state.now(), lifetime).ok_or_else(Refusal::session)?
    };
    if applied.exhausted {
        return Err(Refusal::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
    }
    if applied.concurrent {
        return Err(Refusal::new(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."));
    }
    if !state.may_call(user) {
        let message = "The REST API is not enabled for this Organization or user type";
        return Err(Refusal::new(403, "API_DISABLED_FOR_ORG", message));
    }
    Ok(Caller { user, version })
}

/// The response to a status fault. Statuses of a proxy have no body.
fn status_reply(status: u16) -> Reply {
    match status {
        503 => Reply::refusal(&Refusal::new(503, "SERVER_UNAVAILABLE", "Server is unavailable")),
        500 => {
            let message = "An unexpected error occurred. Please include this ErrorId if you contact support: \
                           12345-678 (-1234)";
            Reply::refusal(&Refusal::new(500, "UNKNOWN_EXCEPTION", message))
        }
        502 => Reply::html(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
        other => Reply::empty(other),
    }
}
