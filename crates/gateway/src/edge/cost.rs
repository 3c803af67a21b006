//! The price of an operation, worked out before anything else looks at its meaning.
//!
//! | what | price |
//! |---|--:|
//! | a leaf field | 0 |
//! | an object | 1 |
//! | a connection | 1, and its rows times what `nodes` and `edges { node }` select |
//! | a list without a page size | rows times the object; rows are the ids asked for, otherwise `LIST_ROWS` of the module `tariff` |
//! | a field of `Mutation` | 10 more |
//! | introspection | 0; its nesting is bounded instead |
//!
//! So a page of 50 with three joined objects costs 1 + 50 × (1 + 3) = 201. Fragments are priced once
//! each, whatever their number of spreads, and all arithmetic saturates: a document that would unfold
//! to millions of fields is refused in the time it takes to read it.

use std::collections::HashMap;

use apollo_compiler::Schema;
use apollo_compiler::ast::{
    self, Definition, Document, Field, FieldDefinition, FragmentDefinition, OperationDefinition, OperationType,
    Selection, Type, Value,
};
use apollo_compiler::validation::Valid;
use serde_json::Map;

use super::limits::Limits;
use super::refusal::{Code, Refusal};
use super::tariff::{COUNT, LIST_ROWS, MUTATION, Shape, Tariff, is_count};

/// Introspection lists (`fields`, `interfaces`, …) inside each other; a third one multiplies the schema by itself.
const INTROSPECTION_LISTS: u32 = 2;

/// What is known of an operation before validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) cost: u64,
    /// A page size came from a variable: the price holds for this request only.
    pub(crate) by_variables: bool,
    /// The operation looks at the schema itself.
    pub(crate) introspects: bool,
}

/// Prices `operation`, or refuses it because it is too deep, too wide or too dear.
pub(crate) fn price(
    schema: &Valid<Schema>,
    document: &Document,
    operation: &OperationDefinition,
    variables: &Map<String, serde_json::Value>,
    limits: &Limits,
) -> Result<Price, Unaffordable> {
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), &**fragment)),
        _ => None,
    });
    let mut walk = Walk {
        schema,
        operation,
        variables,
        limits,
        fragments: fragments.collect(),
        known: HashMap::new(),
        by_variables: false,
    };
    let root = schema.root_operation(operation.operation_type).map_or("", |name| name.as_str());
    let sum = walk.selections(root, &operation.selection_set, 0);
    let by_variables = walk.by_variables;
    sum.and_then(|sum| walk.judge(sum))
        .map(|sum| Price { cost: sum.once, by_variables, introspects: sum.introspects })
        .map_err(|refusal| Unaffordable { refusal, by_variables })
}

/// A refusal, and whether other variables could have led to another end.
#[derive(Debug)]
pub(crate) struct Unaffordable {
    pub(crate) refusal: Refusal,
    pub(crate) by_variables: bool,
}

/// What a set of selections adds up to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// Price paid once.
    once: u64,
    /// Price paid for each row of the connection that these selections are on.
    per_row: u64,
    /// Fields, fragments spread out.
    fields: u64,
    depth: u32,
    introspection_depth: u32,
    introspection_lists: u32,
    introspects: bool,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.once = self.once.saturating_add(other.once);
        self.per_row = self.per_row.saturating_add(other.per_row);
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.introspects |= other.introspects;
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    operation: &'a OperationDefinition,
    variables: &'a Map<String, serde_json::Value>,
    limits: &'a Limits,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    /// `None` while a fragment is being walked: a cycle, which validation refuses.
    known: HashMap<&'a str, Option<Sum>>,
    by_variables: bool,
}

impl<'a> Walk<'a> {
    fn selections(&mut self, parent: &'a str, selections: &'a [Selection], level: usize) -> Result<Sum, Refusal> {
        // Fragments multiply the nesting the parser allowed; the stack must not follow all of it.
        if level > self.limits.nesting.saturating_mul(2) {
            return Err(too_deep(self.limits.depth));
        }
        let mut sum = Sum::default();
        for selection in selections {
            sum.add(match selection {
                Selection::Field(field) => self.field(parent, field, level)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.type_condition.as_ref().map_or(parent, |name| name.as_str());
                    self.selections(on, &inline.selection_set, level + 1)?
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name, level)?,
            });
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &'a str, level: usize) -> Result<Sum, Refusal> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.unwrap_or_default());
        }
        let Some(fragment) = self.fragments.get(name).copied() else {
            return Ok(Sum::default());
        };
        self.known.insert(name, None);
        let sum = self.selections(&fragment.type_condition, &fragment.selection_set, level + 1)?;
        self.known.insert(name, Some(sum));
        Ok(sum)
    }

    fn field(&mut self, parent: &'a str, field: &'a Field, level: usize) -> Result<Sum, Refusal> {
        let schema = self.schema;
        let definition = schema.type_field(parent, &field.name).ok().map(|found| &**found);
        let inner = definition.map_or("", |definition| definition.ty.inner_named_type().as_str());
        let below = self.selections(inner, &field.selection_set, level + 1)?;
        let mut sum = Sum {
            fields: below.fields.saturating_add(1),
            depth: below.depth + 1,
            introspection_lists: below.introspection_lists,
            introspects: below.introspects,
            ..Sum::default()
        };
        if below.introspection_depth > 0 {
            sum.introspection_depth = below.introspection_depth + 1;
        }
        if matches!(field.name.as_str(), "__schema" | "__type") {
            sum.introspects = true;
            sum.introspection_depth = sum.depth;
            sum.depth = 1;
        }
        if parent.starts_with("__") || inner.starts_with("__") {
            let multiplies = ["fields", "inputFields", "interfaces", "possibleTypes"];
            sum.introspection_lists += u32::from(multiplies.contains(&field.name.as_str()));
            return Ok(sum);
        }
        if !field.selection_set.is_empty() {
            let definition = definition.map(|definition| &**definition);
            (sum.once, sum.per_row) = self.object(parent, field, definition, below)?;
        } else if is_count(parent, &field.name) {
            sum.once = COUNT;
        }
        // By the type, because a fragment on the root is not at its top.
        if self.schema.root_operation(OperationType::Mutation).is_some_and(|root| root == parent) {
            sum.once = sum.once.saturating_add(MUTATION);
        }
        Ok(sum)
    }

    /// The price of an object or of a list of them: paid once, and for each row of the parent.
    fn object(
        &mut self,
        parent: &str,
        field: &'a Field,
        definition: Option<&FieldDefinition>,
        below: Sum,
    ) -> Result<(u64, u64), Refusal> {
        let one = below.once.saturating_add(1);
        let Some(definition) = definition else { return Ok((one, 0)) };
        Ok(match Tariff::of(shape(parent, definition)) {
            Tariff::Object => (one, 0),
            Tariff::Row => (0, one),
            Tariff::Edge => (0, below.once),
            Tariff::Connection => {
                let rows = self.page(field, definition)?;
                (one.saturating_add(rows.saturating_mul(below.per_row)), 0)
            }
            Tariff::Page => (self.page(field, definition)?.saturating_mul(one), 0),
            Tariff::Asked(argument) => (self.asked(field, argument).saturating_mul(one), 0),
            Tariff::List => (LIST_ROWS.saturating_mul(one), 0),
        })
    }

    fn asked(&mut self, field: &'a Field, name: &str) -> u64 {
        match argument(field, name) {
            Some(Value::List(values)) => values.len() as u64,
            Some(Value::Variable(name)) => {
                self.by_variables = true;
                match self.variables.get(name.as_str()) {
                    Some(serde_json::Value::Array(values)) => values.len() as u64,
                    _ => LIST_ROWS,
                }
            }
            _ => LIST_ROWS,
        }
    }

    /// Rows that a page can have; a size outside the limits is refused by the argument's name.
    fn page(&mut self, field: &'a Field, definition: &FieldDefinition) -> Result<u64, Refusal> {
        let mut given = None;
        for name in ["first", "last"] {
            let declared = definition.argument_by_name(name).filter(|a| is_int(&a.ty));
            let Some(declared) = declared else { continue };
            let size = match argument(field, name) {
                Some(value) => self.size(value),
                None => literal_size(declared.default_value.as_deref()),
            };
            let Some(size) = size else { continue };
            match u64::try_from(size) {
                Ok(rows) if rows <= self.limits.page_size => given = given.max(Some(rows)),
                _ => {
                    let most = self.limits.page_size;
                    let message = format!("argument `{name}` must be between 0 and {most}");
                    return Err(Refusal::new(Code::BadUserInput, message));
                }
            }
        }
        Ok(given.unwrap_or(self.limits.default_page_size))
    }

    fn size(&mut self, value: &Value) -> Option<i64> {
        let Value::Variable(name) = value else { return literal_size(Some(value)) };
        self.by_variables = true;
        match self.variables.get(name.as_str()) {
            Some(serde_json::Value::Null) => None,
            // Anything but a whole number is refused later, when variables are coerced.
            Some(given) => Some(whole(given).unwrap_or(self.limits.page_size.cast_signed())),
            None => {
                let declared = self.operation.variables.iter().find(|v| v.name == *name);
                literal_size(declared.and_then(|declared| declared.default_value.as_deref()))
            }
        }
    }

    fn judge(&self, sum: Sum) -> Result<Sum, Refusal> {
        let limits = self.limits;
        if sum.depth > limits.depth {
            return Err(too_deep(limits.depth));
        }
        if sum.introspection_depth > limits.introspection_depth || sum.introspection_lists > INTROSPECTION_LISTS {
            return Err(Refusal::new(Code::CostLimit, "the introspection query is nested too deep"));
        }
        if sum.fields > limits.selections {
            let message = format!("the operation unfolds to more than {} fields", limits.selections);
            return Err(Refusal::new(Code::CostLimit, message));
        }
        if sum.once > limits.cost {
            let message = format!("the operation costs {}, at most {} is allowed", sum.once, limits.cost);
            return Err(Refusal::new(Code::CostLimit, message));
        }
        Ok(sum)
    }
}

fn too_deep(limit: u32) -> Refusal {
    let message = format!("the operation is nested too deep, at most {limit} levels are allowed");
    Refusal::new(Code::CostLimit, message)
}

fn shape<'d>(parent: &'d str, definition: &'d FieldDefinition) -> Shape<'d> {
    let listed = definition.arguments.iter().find(|argument| argument.ty.is_list());
    Shape {
        parent,
        name: &definition.name,
        inner: definition.ty.inner_named_type(),
        is_list: definition.ty.is_list(),
        pages: definition.argument_by_name("first").is_some_and(|argument| is_int(&argument.ty)),
        asked: listed.map(|listed| listed.name.as_str()),
    }
}

fn is_int(ty: &Type) -> bool {
    ty.is_named() && ty.inner_named_type() == "Int"
}

fn argument<'f>(field: &'f Field, name: &str) -> Option<&'f Value> {
    field.arguments.iter().find(|argument| argument.name == name).map(|found| &*found.value)
}

fn literal_size(value: Option<&ast::Value>) -> Option<i64> {
    match value? {
        Value::Int(size) => Some(size.as_str().parse().unwrap_or(i64::MAX)),
        _ => None,
    }
}

fn whole(value: &serde_json::Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().filter(|v| v.fract() == 0.0).map(|v| v as i64))
}

#[cfg(test)]
mod tests;
