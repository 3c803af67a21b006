//! Checks a record against the schema before it is written.

use serde_json::Value;

use super::Members;
use crate::refusal::Refusal;
use crate::schema::{Field, Kind, Object};
use crate::user_context::UserContext;

/// Checks the members of an update.
pub(super) fn check(context: &UserContext, object: &'static Object, members: &Members) -> Result<(), Refusal> {
    each(context, object, members, |field| context.may_update(object, field))
}

/// Checks the members of a new record, which must have all required fields.
pub(super) fn check_new(context: &UserContext, object: &'static Object, members: &Members) -> Result<(), Refusal> {
    each(context, object, members, |field| field.createable)?;
    let missing: Vec<&str> = object
        .fields
        .iter()
        .filter(|field| field.createable && field.kind == Kind::Reference)
        .map(|field| field.name)
        .filter(|name| !members.iter().any(|(own, value)| own.eq_ignore_ascii_case(name) && !value.is_null()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    let refusal = Refusal::bad("REQUIRED_FIELD_MISSING", message);
    Err(missing.into_iter().fold(refusal, Refusal::with_field))
}

fn each(
    context: &UserContext,
    object: &'static Object,
    members: &Members,
    writable: impl Fn(&Field) -> bool,
) -> Result<(), Refusal> {
    for (name, value) in members.iter().filter(|(name, _)| !is_envelope(name)) {
        let found = object.field(name).filter(|(_, field)| context.sees_field(object, field));
        let Some((_, field)) = found else {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(Refusal::bad("INVALID_FIELD", message));
        };
        if !writable(field) {
            let message = format!(
                "Unable to create/update fields: {}. Please check the security settings of this field and verify \
                 that it is read/write for your profile or permission set.",
                field.name
            );
            return Err(Refusal::bad("INVALID_FIELD_FOR_INSERT_UPDATE", message).with_field(field.name));
        }
        check_type(field, value)?;
    }
    Ok(())
}

/// Says whether a member identifies the record and is no field to write.
pub(super) fn is_envelope(name: &str) -> bool {
    name.eq_ignore_ascii_case("attributes") || name.eq_ignore_ascii_case("id")
}

fn check_type(field: &Field, value: &Value) -> Result<(), Refusal> {
    let fits = match value {
        Value::Null => field.kind != Kind::Boolean,
        Value::Bool(_) => field.kind == Kind::Boolean,
        Value::String(text) => {
            let longest = usize::try_from(field.length).unwrap_or(usize::MAX);
            if field.kind.is_text() && longest > 0 && text.chars().count() > longest {
                let message = format!("{}: data value too large: {text} (max length={longest})", field.name);
                return Err(Refusal::bad("STRING_TOO_LONG", message).with_field(field.name));
            }
            field.kind.is_text() || field.kind.is_id()
        }
        Value::Number(_) => field.kind.is_number(),
        Value::Array(_) | Value::Object(_) => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "Cannot deserialize instance of {} from {value} or request may be missing a required field",
        field.kind.name()
    );
    Err(Refusal::bad("JSON_PARSER_ERROR", message))
}
