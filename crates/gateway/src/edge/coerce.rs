//! Coercion of variables to the types that the operation declares. Each error names the path of its value.
//!
//! Messages contain no values, because variables can be secrets.

use apollo_compiler::Schema;
use apollo_compiler::ast::{Type, Value as Literal};
use apollo_compiler::executable::{Operation, VariableDefinition};
use apollo_compiler::parser::SourceMap;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use serde_json::{Map, Number, Value};

use super::refusal::{Code, MAX_ERRORS, Refusal};

/// Databases take only so many values at once (SQLite: 32,766 in all), and no client needs more in one list.
pub(crate) const MOST_ITEMS: usize = 1_000;
/// Longer than any key or certificate, shorter than the longest pattern of databases (SQLite: 50,000).
pub(crate) const LONGEST_TEXT: usize = 16 << 10;

/// Coerces `given` to the variables that `operation` declares; what it does not declare is dropped.
///
/// A nullable variable without a value and without a default stays unset.
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
        let given = given.remove(variable.name.as_str());
        let mut coercion = Coercion { schema, path: Vec::new(), nesting, faults: Vec::new() };
        if let Some(value) = coercion.variable(variable, given) {
            coerced.insert(variable.name.to_string(), value);
        }
        refusals.extend(coercion.faults.into_iter().map(|refusal| refusal.at(variable.location(), sources)));
    }
    if refusals.is_empty() { Ok(coerced) } else { Err(refusals) }
}

/// The value at one place of one variable, and the faults found so far.
///
/// Every step returns `None` where it noted a fault, or where the value is absent.
struct Coercion<'a> {
    schema: &'a Schema,
    /// From the variable's name to the present value, in steps as messages write them: `v`, `.by`, `[0]`.
    path: Vec<String>,
    nesting: usize,
    faults: Vec<Refusal>,
}

impl Coercion<'_> {
    fn variable(&mut self, variable: &VariableDefinition, given: Option<Value>) -> Option<Value> {
        let VariableDefinition { name, ty, default_value, .. } = variable;
        self.path.push(name.to_string());
        match (given, default_value) {
            (Some(value), _) => self.value(ty, value),
            (None, Some(default)) => self.value(ty, literal(default)),
            (None, None) if ty.is_non_null() => {
                let message = format!("variable \"${name}\" of required type \"{ty}\" was not given");
                self.faults.push(Refusal::new(Code::BadUserInput, message));
                None
            }
            (None, None) => None,
        }
    }

    /// Notes a fault of the present value.
    fn fault<T>(&mut self, why: impl AsRef<str>) -> Option<T> {
        let (variable, path, why) = (&self.path[0], self.path.concat(), why.as_ref());
        let message = format!("variable \"${variable}\" has an invalid value at \"{path}\": {why}");
        self.faults.push(Refusal::new(Code::BadUserInput, message).at_input(&self.path));
        None
    }

    fn within<T>(&mut self, step: String, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        // An answer lists only so many errors; a long list of wrong items is not read to its end.
        if self.faults.len() >= MAX_ERRORS {
            return None;
        }
        self.path.push(step);
        let result = if self.path.len() > self.nesting + 1 { self.fault("nested too deep") } else { inner(self) };
        self.path.pop();
        result
    }

    fn value(&mut self, ty: &Type, value: Value) -> Option<Value> {
        if value.is_null() {
            return match ty.is_non_null() {
                true => self.fault(format!("expected type \"{ty}\" not to be null")),
                false => Some(Value::Null),
            };
        }
        if !ty.is_list() {
            return self.named(ty.inner_named_type(), value);
        }
        match value {
            Value::Array(items) if items.len() > MOST_ITEMS => {
                self.fault(format!("a list may have at most {MOST_ITEMS} items"))
            }
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(i, item)| self.within(format!("[{i}]"), |at| at.value(ty.item_type(), item)));
                all(items).map(Value::Array)
            }
            one => self.value(ty.item_type(), one).map(|item| Value::Array(vec![item])),
        }
    }

    fn named(&mut self, name: &str, value: Value) -> Option<Value> {
        match self.schema.types.get(name) {
            Some(ExtendedType::InputObject(input)) => self.object(input, value),
            Some(ExtendedType::Enum(names)) => match value {
                Value::String(text) if names.values.contains_key(text.as_str()) => Some(Value::String(text)),
                _ => self.fault(format!("expected a value of enum \"{name}\"")),
            },
            _ => self.scalar(name, value),
        }
    }

    fn scalar(&mut self, name: &str, value: Value) -> Option<Value> {
        let fits = match (name, &value) {
            ("Int", Value::Number(number)) => {
                return match int(number) {
                    Some(whole) => Some(whole.into()),
                    None => self.fault("expected an \"Int\": a whole number of 32 bits with a sign"),
                };
            }
            ("Float", Value::Number(_)) | ("Boolean", Value::Bool(_)) => true,
            ("String" | "ID", Value::String(_)) => true,
            ("ID", Value::Number(number)) if !number.is_f64() => return Some(Value::String(number.to_string())),
            ("Int" | "Float" | "Boolean" | "String" | "ID", _) => false,
            _ => true,
        };
        if !fits {
            return self.fault(format!("expected a value of type \"{name}\""));
        }
        self.free(&value)?;
        Some(value)
    }

    /// Checks the bounds that hold for every value inside a custom scalar.
    fn free(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::String(text) if text.len() > LONGEST_TEXT => {
                self.fault(format!("a string may have at most {LONGEST_TEXT} bytes"))
            }
            Value::String(text) if text.contains('\0') => self.fault("the character U+0000 is not allowed"),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                all(items.map(|(i, item)| self.within(format!("[{i}]"), |at| at.free(item)))).map(drop)
            }
            Value::Object(fields) => all(fields.iter().map(|(name, item)| match name.contains('\0') {
                true => self.fault("the character U+0000 is not allowed"),
                false => self.within(format!(".{name}"), |at| at.free(item)),
            }))
            .map(drop),
            _ => Some(()),
        }
    }

    fn object(&mut self, input: &InputObjectType, value: Value) -> Option<Value> {
        let name = &input.name;
        let Value::Object(mut given) = value else {
            return self.fault(format!("expected an object of type \"{name}\""));
        };
        let before = self.faults.len();
        for unknown in given.keys().filter(|key| !input.fields.contains_key(key.as_str())).take(MAX_ERRORS) {
            // The key is the client's text, bounded by the size of the variables.
            self.fault::<()>(format!("field \"{unknown}\" is not defined by \"{name}\""));
        }
        if is_one_of(input) && (given.len() != 1 || given.values().any(Value::is_null)) {
            return self.fault(format!("exactly one field of \"{name}\" must be given"));
        }
        let mut coerced = Map::new();
        for (name, field) in &input.fields {
            let given = given.remove(name.as_str()).or_else(|| field.default_value.as_deref().map(literal));
            let found = self.within(format!(".{name}"), |at| match given {
                Some(value) => at.value(&field.ty, value),
                None if field.ty.is_non_null() => at.fault(format!("required type \"{}\" was not given", field.ty)),
                None => None,
            });
            if let Some(value) = found {
                coerced.insert(name.to_string(), value);
            }
        }
        (self.faults.len() == before).then_some(Value::Object(coerced))
    }
}

/// All items, or nothing where one of them is at fault; all of them are looked at.
fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let items: Vec<_> = items.collect();
    items.into_iter().collect()
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
