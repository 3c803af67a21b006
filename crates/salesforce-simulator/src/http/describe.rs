//! describe: the objects and fields that the caller can see.

use serde_json::{Value, json};

use super::caller::Caller;
use super::reply::Reply;
use crate::refusal::Refusal;
use crate::schema::{self, Field, Object};
use crate::state::State;
use crate::user_context::UserContext;

pub(crate) fn global(state: &State, caller: Caller) -> Reply {
    let context = state.context(&state.org(), caller.user, caller.version);
    let sobjects: Vec<Value> = schema::objects()
        .iter()
        .filter(|object| context.sees(object))
        .map(|object| summary(object, caller.version))
        .collect();
    Reply::json(200, &json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sobjects }))
}

pub(crate) fn object(state: &State, caller: Caller, name: &str) -> Result<Reply, Refusal> {
    let context = state.context(&state.org(), caller.user, caller.version);
    let object = schema::object(name).filter(|object| context.sees(object)).ok_or_else(Refusal::not_found)?;
    let mut described = summary(object, caller.version);
    described["fields"] = context.fields(object).map(|field| describe_field(object, field, &context)).collect();
    described["recordTypeInfos"] = json!([]);
    Ok(Reply::json(200, &described))
}

/// An object in the global describe.
pub(crate) fn summary(object: &Object, version: u16) -> Value {
    let name = object.name;
    let root = format!("/services/data/v{version}.0/sobjects/{name}");
    json!({
        "name": name,
        "label": object.label,
        "labelPlural": format!("{}s", object.label),
        "keyPrefix": std::str::from_utf8(&object.prefix).unwrap_or(""),
        "queryable": true,
        "retrieveable": true,
        "searchable": false,
        "createable": object.createable,
        "updateable": object.updateable,
        "deletable": object.deletable,
        "custom": false,
        "customSetting": false,
        "deprecatedAndHidden": false,
        "replicateable": false,
        "urls": {
            "sobject": root,
            "describe": format!("{root}/describe"),
            "rowTemplate": format!("{root}/{{ID}}"),
        },
    })
}

fn describe_field(object: &Object, field: &Field, context: &UserContext) -> Value {
    let parent = field.parent.as_ref().map(|parent| (schema::objects()[parent.object].name, parent.relationship));
    let ended = field.filter_until.is_some_and(|version| context.version >= version);
    let choices: Vec<Value> = field
        .choices
        .iter()
        .map(|choice| json!({ "value": choice, "label": choice, "active": true, "defaultValue": false }))
        .collect();
    json!({
        "name": field.name,
        "label": field.name,
        "type": field.kind.name(),
        "length": field.length,
        "nillable": field.nillable,
        "filterable": field.filterable && !ended,
        "sortable": field.sortable,
        "updateable": context.may_update(object, field),
        "createable": field.createable,
        "custom": false,
        "calculated": false,
        "nameField": field.name == "Name",
        "idLookup": field.name == "Id",
        "referenceTo": parent.iter().map(|(object, _)| *object).collect::<Vec<_>>(),
        "relationshipName": parent.map(|(_, relationship)| relationship),
        "picklistValues": choices,
    })
}
