//! `composite/sobjects`: up to 200 records in one call, each with its own result.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use super::caller::Caller;
use super::reply::Reply;
use super::request::Request;
use super::sobjects::{hold, members, record};
use crate::edit::{self, Editor, Members};
use crate::id::Id;
use crate::refusal::Refusal;
use crate::schema::{self, Object};
use crate::soql::render::One;
use crate::state::State;
use crate::user_context::UserContext;

const MAX_RECORDS: usize = 200;

pub(crate) async fn handle(
    state: &Arc<State>,
    caller: Caller,
    request: &Request,
    rest: &[&str],
) -> Result<Reply, Refusal> {
    let context = state.context(&state.org(), caller.user, caller.version);
    match (request.method.as_str(), rest) {
        ("PATCH" | "POST", []) => {
            let work = Work::records(request, &context)?;
            let _held = hold(state).await?;
            Ok(work.execute(state, &context))
        }
        ("DELETE", []) => {
            let work = Work::deletions(request, &context)?;
            let _held = hold(state).await?;
            Ok(work.execute(state, &context))
        }
        ("GET" | "POST", [object]) => retrieve(state, &context, request, object),
        (_, [] | [_]) => Err(Refusal::method()),
        _ => Err(Refusal::not_found()),
    }
}

fn check_size(count: usize) -> Result<(), Refusal> {
    if count <= MAX_RECORDS {
        return Ok(());
    }
    let message = "record limit reached. cannot submit more than 200 records in a single request";
    Err(Refusal::bad("EXCEEDED_MAX_SIZE_REQUEST", message))
}

enum Step {
    Update { id: Option<String>, members: Members },
    Create { members: Members },
    Delete { id: String },
}

struct Work {
    object: &'static Object,
    steps: Vec<Step>,
    all_or_none: bool,
}

impl Work {
    /// Reads the records of an update or a creation.
    fn records(request: &Request, context: &UserContext) -> Result<Self, Refusal> {
        let body = members(request.json()?)?;
        let all_or_none = body.get("allOrNone").and_then(Value::as_bool).unwrap_or(false);
        let Some(Value::Array(records)) = body.get("records") else {
            return Err(Refusal::bad("JSON_PARSER_ERROR", "the member records is required to be an array"));
        };
        check_size(records.len())?;
        let mut names = Vec::new();
        let mut steps = Vec::new();
        for record in records {
            let members = members(record.clone())?;
            let name = members.get("attributes").and_then(|attributes| attributes["type"].as_str());
            let Some(name) = name else {
                return Err(Refusal::bad("INVALID_TYPE", "Sobject type not specified in record"));
            };
            names.push(name.to_owned());
            let id = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("id"));
            let id = id.and_then(|(_, id)| id.as_str()).map(str::to_owned);
            steps.push(match request.method {
                Method::POST => Step::Create { members },
                _ => Step::Update { id, members },
            });
        }
        Ok(Self { object: one_object(context, &names)?, steps, all_or_none })
    }

    /// Reads the ids of a deletion.
    fn deletions(request: &Request, context: &UserContext) -> Result<Self, Refusal> {
        let query = request.query();
        let ids: Vec<&str> =
            query.get("ids").map_or("", String::as_str).split(',').filter(|id| !id.is_empty()).collect();
        check_size(ids.len())?;
        let names: Vec<String> = ids
            .iter()
            .map(|id| {
                let prefix = Id::parse(id).map(|id| id.prefix());
                let object = schema::objects().iter().find(|object| Some(object.prefix) == prefix);
                object.map(|object| object.name.to_owned())
            })
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::bad("MALFORMED_ID", "malformed id"))?;
        Ok(Self {
            object: one_object(context, &names)?,
            steps: ids.iter().map(|id| Step::Delete { id: (*id).to_owned() }).collect(),
            all_or_none: query.get("allOrNone").is_some_and(|all| all == "true"),
        })
    }

    fn execute(&self, state: &State, context: &UserContext) -> Reply {
        let mut org = state.org_mut();
        let before = self.all_or_none.then(|| org.snapshot());
        let mut editor = Editor { state, org: &mut org, context };
        let mut results: Vec<Result<String, Refusal>> =
            self.steps.iter().map(|step| self.step(&mut editor, step)).collect();
        if let Some(before) = before
            && results.iter().any(Result::is_err)
        {
            org.restore(before);
            for result in results.iter_mut().filter(|result| result.is_ok()) {
                *result = Err(rolled_back());
            }
        }
        Reply::json(200, &results.iter().map(outcome).collect::<Vec<_>>())
    }

    fn step(&self, editor: &mut Editor<'_>, step: &Step) -> Result<String, Refusal> {
        match step {
            Step::Update { id, members } => {
                let id = id.as_deref().ok_or_else(|| {
                    Refusal::bad("MISSING_ARGUMENT", "Id not specified in an update call").with_field("Id")
                })?;
                editor.update(self.object, id, members)?;
                Ok(Id::parse(id).map_or_else(|| id.to_owned(), |id| id.to_string()))
            }
            Step::Create { members } => editor.create(self.object, members).map(|id| id.to_string()),
            Step::Delete { id } => editor.delete(self.object, id).map(|()| id.clone()),
        }
    }
}

fn rolled_back() -> Refusal {
    let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
    Refusal::bad("ALL_OR_NONE_OPERATION_ROLLED_BACK", message)
}

/// All objects are setup objects, which cannot be mixed in one call.
fn one_object(context: &UserContext, names: &[String]) -> Result<&'static Object, Refusal> {
    let Some(first) = names.first() else {
        return Err(Refusal::bad("INVALID_FIELD", "at least one record is required"));
    };
    if names.iter().any(|name| !name.eq_ignore_ascii_case(first)) {
        let message = "DML operation on setup object is not permitted together with another object in one call";
        return Err(Refusal::bad("MIXED_DML_OPERATION", message));
    }
    edit::object(context, first)
}

fn outcome(result: &Result<String, Refusal>) -> Value {
    match result {
        Ok(id) => json!({ "id": id, "success": true, "errors": [] }),
        Err(refusal) => json!({ "success": false, "errors": [refusal.entry("statusCode")] }),
    }
}

/// Reads records by id. A missing record is null.
fn retrieve(state: &State, context: &UserContext, request: &Request, object: &str) -> Result<Reply, Refusal> {
    let object = edit::object(context, object)?;
    let list = |body: &Value, name: &str| -> Vec<String> {
        let values = body[name].as_array().into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let body = match request.method {
        Method::POST => request.json()?,
        _ => {
            let query = request.query();
            let split = |name: &str| query.get(name).map(|list| list.split(',').collect::<Vec<_>>());
            json!({ "ids": split("ids"), "fields": split("fields") })
        }
    };
    let ids = list(&body, "ids");
    if ids.len() > 2000 {
        return Err(Refusal::bad("EXCEEDED_MAX_SIZE_REQUEST", "record limit reached"));
    }
    let record = record(context, object, Some(&list(&body, "fields").join(",")))?;
    let org = state.org();
    let found = |id: &String| One::at(&org, context, &record, edit::find(&org, context, object, id).ok()?);
    Ok(Reply::json(200, &ids.iter().map(found).collect::<Vec<_>>()))
}
