//! The parameters of a request, read from JSON or from a query string.

use std::collections::HashMap;

use apollo_compiler::executable::Operation;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::limits::Limits;
use super::persisted::{self, Hash};
use super::refusal::{Code, Refused, RejectReason};

/// The parameters of a request over any transport.
#[derive(Debug, Default)]
pub(crate) struct Params {
    /// The document; `None` when the client names it by its hash alone.
    pub(crate) query: Option<String>,
    /// The hash of the document, as the client states it.
    pub(crate) hash: Option<Hash>,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Map<String, Value>,
    /// Whether the answer states its cost.
    pub(crate) wants_cost: bool,
    /// The number of the last event that a client of a stream has received.
    pub(crate) last_event: Option<i32>,
}

impl Params {
    /// Continues a stream: the last event received is the operation's `$after`, if it declares one.
    pub(crate) fn resume(&mut self, operation: &Operation) {
        let Some(last) = self.last_event.filter(|_| operation.is_subscription()) else { return };
        let declared = operation.variables.iter().find(|variable| variable.name == "after");
        if declared.is_some_and(|after| !after.ty.is_list() && after.ty.inner_named_type() == "Int") {
            self.variables.insert("after".to_owned(), last.into());
        }
    }

    /// Reads the body of a POST or the payload of `subscribe`.
    pub(crate) fn from_json(json: &[u8], limits: &Limits) -> Result<Self, Refused> {
        if json.trim_ascii_start().starts_with(b"[") {
            return Err(Refused::malformed("batches are not supported: send one request at a time"));
        }
        let given: HashMap<String, &RawValue> =
            serde_json::from_slice(json).map_err(|_| Refused::malformed("the request is not a JSON object"))?;
        let raw = |name: &str| given.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null");
        let text = |name: &str| match raw(name).map(serde_json::from_str) {
            None => Ok(None),
            Some(Ok(Value::String(text))) => Ok(Some(text)),
            Some(_) => Err(Refused::malformed(format!("`{name}` must be a string"))),
        };
        Self::from_parts(text("query")?, text("operationName")?, raw("variables"), raw("extensions"), limits)
    }

    /// Reads the query string of a GET.
    pub(crate) fn from_query(query: &str, limits: &Limits) -> Result<Self, Refused> {
        let mut given: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut take = |name: &str| given.remove(name).filter(|value| !value.is_empty());
        let (query, operation_name) = (take("query"), take("operationName"));
        let (variables, extensions) = (take("variables"), take("extensions"));
        Self::from_parts(query, operation_name, variables.as_deref(), extensions.as_deref(), limits)
    }

    fn from_parts(
        query: Option<String>,
        operation_name: Option<String>,
        variables: Option<&str>,
        extensions: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        let extensions = object("extensions", extensions)?;
        if let Some(variables) = variables.filter(|text| text.len() > limits.variables_bytes) {
            let (size, most) = (variables.len(), limits.variables_bytes);
            let message = format!("the variables have {size} bytes, at most {most} are allowed");
            return Err(Refused::new(RejectReason::Document, Code::CostLimit, message));
        }
        let variables = object("variables", variables)?;
        let hash = persisted::named(&extensions)?;
        if query.is_none() && hash.is_none() {
            return Err(Refused::malformed("`query` is missing"));
        }
        let wants_cost = extensions.get("cost") == Some(&Value::Bool(true));
        let operation_name = operation_name.filter(|name| !name.is_empty());
        Ok(Self { query, hash, operation_name, variables, wants_cost, last_event: None })
    }
}

fn object(name: &str, json: Option<&str>) -> Result<Map<String, Value>, Refused> {
    match json.map(serde_json::from_str) {
        None | Some(Ok(Value::Null)) => Ok(Map::new()),
        Some(Ok(Value::Object(object))) => Ok(object),
        Some(_) => Err(Refused::malformed(format!("`{name}` must be an object"))),
    }
}
