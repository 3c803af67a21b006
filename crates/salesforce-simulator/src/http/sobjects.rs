//! Single records: read, update, create, delete.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use super::caller::Caller;
use super::describe;
use super::reply::Reply;
use super::request::Request;
use crate::edit::{self, Editor, Members};
use crate::org::Org;
use crate::refusal::Refusal;
use crate::schema::Object;
use crate::soql::plan::{Output, Record};
use crate::soql::render::One;
use crate::state::State;
use crate::user_context::UserContext;

pub(crate) async fn handle(
    state: &Arc<State>,
    caller: Caller,
    request: &Request,
    object: &str,
    rest: &[&str],
) -> Result<Reply, Refusal> {
    let context = state.context(&state.org(), caller.user, caller.version);
    let object = edit::object(&context, object)?;
    match (request.method.as_str(), rest) {
        ("GET", []) => Ok(about(object, caller)),
        ("GET", [id]) => read(state, &context, request, object, id),
        ("POST", []) => {
            let members = members(request.json()?)?;
            let _held = hold(state).await?;
            create(state, &context, object, &members)
        }
        ("PATCH", [id]) => {
            let members = members(request.json()?)?;
            let _held = hold(state).await?;
            update(state, &context, request, object, id, &members)
        }
        ("DELETE", [id]) => {
            let _held = hold(state).await?;
            delete(state, &context, object, id)
        }
        (_, [] | [_]) => Err(Refusal::method()),
        _ => Err(Refusal::not_found()),
    }
}

/// Holds the write lock for the time that faults request. Concurrent writes fail.
pub(super) async fn hold(state: &State) -> Result<Option<MutexGuard<'_, ()>>, Refusal> {
    let milliseconds = state.faults().write_hold_ms;
    if milliseconds == 0 {
        return Ok(None);
    }
    let Ok(guard) = state.write_lock.try_lock() else {
        let message = "unable to obtain exclusive access to this record or 1 records";
        return Err(Refusal::bad("UNABLE_TO_LOCK_ROW", message));
    };
    tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
    Ok(Some(guard))
}

pub(super) fn members(body: Value) -> Result<Members, Refusal> {
    match body {
        Value::Object(members) => Ok(members),
        _ => Err(Refusal::bad("JSON_PARSER_ERROR", "The HTTP entity body is required to be an object")),
    }
}

fn about(object: &Object, caller: Caller) -> Reply {
    Reply::json(200, &json!({ "objectDescribe": describe::summary(object, caller.version), "recentItems": [] }))
}

/// The fields of `fields=a,b`, or all fields.
pub(super) fn record(context: &UserContext, object: &'static Object, asked: Option<&str>) -> Result<Record, Refusal> {
    let mut record = Record::new(object);
    let Some(asked) = asked else {
        record.outputs.extend(context.fields(object).map(Output::Field));
        return Ok(record);
    };
    for name in asked.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let found = object.field(name).filter(|(_, field)| context.sees_field(object, field));
        let (_, field) = found.ok_or_else(|| {
            Refusal::bad("INVALID_FIELD", format!("No such column '{name}' on sobject of type {}", object.name))
        })?;
        record.outputs.push(Output::Field(field));
    }
    Ok(record)
}

fn read(
    state: &State,
    context: &UserContext,
    request: &Request,
    object: &'static Object,
    id: &str,
) -> Result<Reply, Refusal> {
    let record = record(context, object, request.query().get("fields").map(String::as_str))?;
    let org = state.org();
    let ordinal = edit::find(&org, context, object, id)?;
    let found = One::at(&org, context, &record, ordinal).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &found))
}

fn update(
    state: &State,
    context: &UserContext,
    request: &Request,
    object: &'static Object,
    id: &str,
    members: &Members,
) -> Result<Reply, Refusal> {
    let mut org = state.org_mut();
    if let Some(since) = request.header("if-unmodified-since")
        && is_modified(&org, context, object, id, since)?
    {
        return Ok(Reply::empty(412));
    }
    if let Some(name) = members.keys().find(|name| name.eq_ignore_ascii_case("id")) {
        let message = "The Id field should not be specified in the sobject data.";
        return Err(Refusal::bad("INVALID_FIELD", message).with_field(name));
    }
    Editor { state, org: &mut org, context }.update(object, id, members)?;
    Ok(Reply::empty(204))
}

fn is_modified(org: &Org, context: &UserContext, object: &Object, id: &str, since: &str) -> Result<bool, Refusal> {
    let ordinal = edit::find(org, context, object, id)?;
    let since = DateTime::parse_from_rfc2822(since).map(|since| since.timestamp());
    let user = u32::try_from(ordinal).map(|index| org.user(index));
    Ok(matches!((user, since), (Ok(user), Ok(since)) if object.updateable && user.modified > since))
}

fn create(state: &State, context: &UserContext, object: &'static Object, members: &Members) -> Result<Reply, Refusal> {
    let mut org = state.org_mut();
    let id = Editor { state, org: &mut org, context }.create(object, members)?;
    Ok(Reply::json(201, &json!({ "id": id.as_str(), "success": true, "errors": [] })))
}

fn delete(state: &State, context: &UserContext, object: &'static Object, id: &str) -> Result<Reply, Refusal> {
    let mut org = state.org_mut();
    Editor { state, org: &mut org, context }.delete(object, id)?;
    Ok(Reply::empty(204))
}
