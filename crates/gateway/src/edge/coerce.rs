//! Variables: the values of a request turned into what the operation declares, or refused by name.
//!
//! No message repeats a value: variables carry secrets.

use apollo_compiler::Schema;
use apollo_compiler::ast::{InputValueDefinition, Type, Value as Literal};
use apollo_compiler::executable::{Operation, VariableDefinition};
use apollo_compiler::parser::SourceMap;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use serde_json::{Map, Number, Value};

use super::refusal::{Code, Refusal};

/// Databases take only so many values at once (SQLite: 32,766 in all), and nobody names that many by hand.
pub(crate) const MOST_ITEMS: usize = 1_000;
/// Longer than any key or certificate that people hand in, shorter than what databases compare with (SQLite: 50,000).
pub(crate) const LONGEST_TEXT: usize = 16 << 10;

/// Coerces `given` to the variables that `operation` declares; what it does not declare is dropped.
///
/// A nullable variable that is neither given nor has a default stays absent.
pub(crate) fn coerce(
    schema: &Schema,
    sources: &SourceMap,
    operation: &Operation,
    mut given: Map<String, Value>,
    nesting: usize,
) -> Result<Map<String, Value>, Vec<Refusal>> {
    let mut coerced = Map::new();
    let mut refusals = Vec::new();
    for variable in &operation.variables {
        let value = given.remove(variable.name.as_str());
        match coerce_one(schema, variable, value, nesting) {
            Ok(Some(value)) => {
                coerced.insert(variable.name.to_string(), value);
            }
            Ok(None) => {}
            Err(message) => {
                let refusal = Refusal::new(Code::BadUserInput, message);
                refusals.push(refusal.at(variable.location(), sources));
            }
        }
    }
    if refusals.is_empty() { Ok(coerced) } else { Err(refusals) }
}

fn coerce_one(
    schema: &Schema,
    variable: &VariableDefinition,
    value: Option<Value>,
    nesting: usize,
) -> Result<Option<Value>, String> {
    let VariableDefinition { name, ty, default_value, .. } = variable;
    let value = match (value, default_value) {
        (Some(value), _) => value,
        (None, Some(default)) => literal(default),
        (None, None) if ty.is_non_null() => {
            return Err(format!("variable \"${name}\" of required type \"{ty}\" was not given"));
        }
        (None, None) => return Ok(None),
    };
    let mut place = Place { variable: name, path: Vec::new(), nesting };
    place.value(schema, ty, value).map(Some)
}

/// Where in a variable we are, for the message and for the bound on nesting.
struct Place<'a> {
    variable: &'a str,
    path: Vec<String>,
    nesting: usize,
}

impl Place<'_> {
    fn wrong(&self, why: &str) -> String {
        let variable = self.variable;
        let path = self.path.concat();
        format!("variable \"${variable}\" has an invalid value at \"{variable}{path}\": {why}")
    }

    fn within<T>(&mut self, step: String, inner: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.path.push(step);
        if self.path.len() > self.nesting {
            return Err(self.wrong("nested too deep"));
        }
        let result = inner(self)?;
        self.path.pop();
        Ok(result)
    }

    fn value(&mut self, schema: &Schema, ty: &Type, value: Value) -> Result<Value, String> {
        if value.is_null() {
            return if ty.is_non_null() {
                Err(self.wrong(&format!("expected type \"{ty}\" not to be null")))
            } else {
                Ok(Value::Null)
            };
        }
        if !ty.is_list() {
            return self.named(schema, ty.inner_named_type(), value);
        }
        match value {
            Value::Array(items) if items.len() > MOST_ITEMS => {
                Err(self.wrong(&format!("at most {MOST_ITEMS} items are taken at once")))
            }
            Value::Array(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    self.within(format!("[{index}]"), |at| at.value(schema, ty.item_type(), item))
                });
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            one => Ok(Value::Array(vec![self.value(schema, ty.item_type(), one)?])),
        }
    }

    fn named(&mut self, schema: &Schema, name: &str, value: Value) -> Result<Value, String> {
        match schema.types.get(name) {
            Some(ExtendedType::InputObject(input)) => self.object(schema, input, value),
            Some(ExtendedType::Enum(names)) => match value {
                Value::String(text) if names.values.contains_key(text.as_str()) => Ok(Value::String(text)),
                _ => Err(self.wrong(&format!("expected a value of enum \"{name}\""))),
            },
            _ => self.scalar(name, value),
        }
    }

    fn scalar(&mut self, name: &str, value: Value) -> Result<Value, String> {
        let fits = match (name, &value) {
            ("Int", Value::Number(number)) => {
                return int(number)
                    .map(Value::from)
                    .ok_or_else(|| self.wrong("expected an \"Int\": a whole number of 32 bits with a sign"));
            }
            ("Float", Value::Number(_)) | ("Boolean", Value::Bool(_)) => true,
            ("String" | "ID", Value::String(_)) => true,
            ("ID", Value::Number(number)) if !number.is_f64() => {
                return Ok(Value::String(number.to_string()));
            }
            ("Int" | "Float" | "Boolean" | "String" | "ID", _) => false,
            _ => true,
        };
        if !fits {
            return Err(self.wrong(&format!("expected a value of type \"{name}\"")));
        }
        self.free(&value)?;
        Ok(value)
    }

    /// Holds what a custom scalar brings to the bounds that hold for every value.
    fn free(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::String(text) if text.len() > LONGEST_TEXT => {
                Err(self.wrong(&format!("a text of more than {LONGEST_TEXT} bytes is not taken")))
            }
            Value::String(text) if text.contains('\0') => Err(self.wrong("the character U+0000 is not allowed")),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.within(format!("[{index}]"), |at| at.free(item))),
            Value::Object(fields) => fields.iter().try_for_each(|(name, item)| {
                if name.contains('\0') {
                    return Err(self.wrong("the character U+0000 is not allowed"));
                }
                self.within(format!(".{name}"), |at| at.free(item))
            }),
            _ => Ok(()),
        }
    }

    fn object(&mut self, schema: &Schema, input: &InputObjectType, value: Value) -> Result<Value, String> {
        let Value::Object(mut given) = value else {
            return Err(self.wrong(&format!("expected an object of type \"{}\"", input.name)));
        };
        if let Some(unknown) = given.keys().find(|key| !input.fields.contains_key(key.as_str())) {
            // The key is the client's own text, and bounded by the size of the variables.
            let name = &input.name;
            return Err(self.wrong(&format!("field \"{unknown}\" is not defined by \"{name}\"")));
        }
        if is_one_of(input) && (given.len() != 1 || given.values().any(Value::is_null)) {
            let name = &input.name;
            return Err(self.wrong(&format!("exactly one field of \"{name}\" must be given")));
        }
        let mut coerced = Map::new();
        for (name, field) in &input.fields {
            let step = format!(".{name}");
            let given = given.remove(name.as_str());
            let found = self.within(step, |at| at.field(schema, field, given))?;
            if let Some(value) = found {
                coerced.insert(name.to_string(), value);
            }
        }
        Ok(Value::Object(coerced))
    }

    fn field(
        &mut self,
        schema: &Schema,
        field: &InputValueDefinition,
        given: Option<Value>,
    ) -> Result<Option<Value>, String> {
        match given.or_else(|| field.default_value.as_deref().map(literal)) {
            Some(value) => self.value(schema, &field.ty, value).map(Some),
            None if field.ty.is_non_null() => Err(self.wrong(&format!("required type \"{}\" was not given", field.ty))),
            None => Ok(None),
        }
    }
}

pub(crate) fn is_one_of(input: &InputObjectType) -> bool {
    input.directives.has("oneOf")
}

fn int(number: &Number) -> Option<i32> {
    if let Some(whole) = number.as_i64() {
        return i32::try_from(whole).ok();
    }
    // JSON has one kind of number: 3.0 is the whole number 3.
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&float).then_some(float as i32)
}

/// A default from a document or the schema, as JSON; defaults hold no variables.
fn literal(value: &Literal) -> Value {
    match value {
        Literal::Null | Literal::Variable(_) => Value::Null,
        Literal::Enum(name) => Value::String(name.to_string()),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Boolean(yes) => Value::Bool(*yes),
        Literal::Int(number) => match number.as_str().parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => number.try_to_f64().map_or(Value::Null, Value::from),
        },
        Literal::Float(number) => number.try_to_f64().map_or(Value::Null, Value::from),
        Literal::List(items) => items.iter().map(|item| literal(item)).collect(),
        Literal::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.to_string(), literal(value)));
            Value::Object(fields.collect())
        }
    }
}

#[cfg(test)]
mod tests;
