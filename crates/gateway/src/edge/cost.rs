//! The cost of one operation with its variables, by the rules of [`CostRule`].
//!
//! The document is valid and its variables are coerced, so that what is priced is what is executed: defaults of arguments
//! and of variables count. Fragments are priced once each, whatever their number of spreads, and all arithmetic saturates.

use std::collections::HashMap;

use apollo_compiler::ast::{Type, Value};
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Map, Value as Json};

use super::cost_rule::{CostRule, DEFAULT_PAGE_SIZE, FieldShape, IDS, SHORT_LIST, Size};
use super::limits::Limits;
use super::refusal::{Code, Refusal};

/// The cost of `operation`; or why it is not affordable, and which sizes are out of bounds.
pub(crate) fn price(
    schema: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    variables: &Map<String, Json>,
    limits: &Limits,
) -> Result<u64, Vec<Refusal>> {
    let mut calculator =
        CostCalculator { schema, document, variables, limits, known: HashMap::new(), refusals: Vec::new() };
    let cost = calculator.selections(&operation.selection_set).once;
    if !calculator.refusals.is_empty() {
        return Err(calculator.refusals);
    }
    if cost > limits.cost {
        let message = format!("the operation costs {cost}, at most {} is allowed", limits.cost);
        return Err(vec![Refusal::new(Code::CostLimit, message)]);
    }
    Ok(cost)
}

/// The sum of what selections cost.
#[derive(Clone, Copy, Default)]
struct Sum {
    once: u64,
    /// For each row of the connection that these selections are on.
    per_row: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.once = self.once.saturating_add(other.once);
        self.per_row = self.per_row.saturating_add(other.per_row);
    }
}

struct CostCalculator<'a> {
    schema: &'a Valid<Schema>,
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Json>,
    limits: &'a Limits,
    known: HashMap<&'a str, Sum>,
    refusals: Vec<Refusal>,
}

impl<'a> CostCalculator<'a> {
    fn selections(&mut self, set: &'a SelectionSet) -> Sum {
        let mut sum = Sum::default();
        for selection in &set.selections {
            sum.add(match selection {
                Selection::Field(field) => self.field(&set.ty, field),
                Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            });
        }
        sum
    }

    fn fragment(&mut self, name: &'a str) -> Sum {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Sum::default() };
        let sum = self.selections(&fragment.selection_set);
        self.known.insert(name, sum);
        sum
    }

    fn field(&mut self, parent: &'a str, field: &'a Field) -> Sum {
        // Introspection reads no rows; the structural bounds hold its nesting.
        if field.name.starts_with("__") {
            return Sum::default();
        }
        let rule = CostRule::of(shape(self.schema, parent, &field.definition));
        let below = self.selections(&field.selection_set);
        let one = below.once.saturating_add(rule.weight);
        match rule.size {
            Size::One => Sum { once: one, per_row: 0 },
            Size::Row => Sum { once: 0, per_row: one },
            Size::Connection => {
                let rows = self.page(field).saturating_mul(below.per_row);
                Sum { once: one.saturating_add(rows), per_row: 0 }
            }
            Size::Page => Sum { once: self.page(field).saturating_mul(one), per_row: 0 },
            Size::Ids(argument) => Sum { once: self.ids(field, argument).saturating_mul(one), per_row: 0 },
            Size::Short => Sum { once: SHORT_LIST.saturating_mul(one), per_row: 0 },
        }
    }

    /// The rows that a page can have; a size out of bounds is refused by the argument's name.
    fn page(&mut self, field: &Field) -> u64 {
        let mut largest = None;
        for name in ["first", "last"] {
            let declared = field.definition.argument_by_name(name).is_some_and(|argument| is_int(&argument.ty));
            let Some(size) = declared.then(|| self.argument(field, name).whole()).flatten() else { continue };
            match u64::try_from(size) {
                Ok(rows) if rows <= self.limits.page_size => largest = largest.max(Some(rows)),
                _ => {
                    let most = self.limits.page_size;
                    self.refuse(field, name, format!("argument `{name}` must be between 0 and {most}"));
                }
            }
        }
        largest.unwrap_or(DEFAULT_PAGE_SIZE.into())
    }

    /// The number of ids that are given; too many are refused by the argument's name.
    fn ids(&mut self, field: &Field, name: &str) -> u64 {
        let count = self.argument(field, name).count();
        let most = IDS.min(self.limits.page_size);
        if count > most {
            self.refuse(field, name, format!("argument `{name}` takes at most {most} items"));
        }
        count
    }

    fn refuse(&mut self, field: &Field, argument: &str, message: String) {
        let span = field.specified_argument_by_name(argument).and_then(|given| given.location());
        let span = span.or(field.name.location());
        self.refusals.push(Refusal::new(Code::BadUserInput, message).at(span, &self.document.sources));
    }

    /// The value that the resolver gets.
    fn argument<'f>(&self, field: &'f Field, name: &str) -> Given<'f>
    where
        'a: 'f,
    {
        let default = || field.definition.argument_by_name(name)?.default_value.as_deref().map(Given::Literal);
        let given = match field.specified_argument_by_name(name).map(|value| &**value) {
            Some(Value::Variable(name)) => self.variables.get(name.as_str()).map(Given::Variable),
            literal => literal.map(Given::Literal),
        };
        given.or_else(default).unwrap_or(Given::Literal(&Value::Null))
    }
}

/// The value of an argument.
enum Given<'a> {
    Literal(&'a Value),
    Variable(&'a Json),
}

impl Given<'_> {
    fn whole(&self) -> Option<i64> {
        match self {
            Self::Literal(Value::Int(size)) => Some(size.as_str().parse().unwrap_or(i64::MAX)),
            Self::Variable(value) => value.as_i64(),
            Self::Literal(_) => None,
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Literal(Value::List(items)) => items.len() as u64,
            Self::Variable(Json::Array(items)) => items.len() as u64,
            Self::Literal(Value::Null) | Self::Variable(Json::Null) => 0,
            // A single value stands for a list of one.
            _ => 1,
        }
    }
}

fn shape<'d>(schema: &Valid<Schema>, parent: &'d str, definition: &'d FieldDefinition) -> FieldShape<'d> {
    let pages = |name| definition.argument_by_name(name).is_some_and(|argument| is_int(&argument.ty));
    let listed = definition.arguments.iter().find(|argument| argument.ty.is_list());
    let inner = definition.ty.inner_named_type();
    FieldShape {
        parent,
        name: &definition.name,
        inner,
        is_list: definition.ty.is_list(),
        is_leaf: matches!(schema.types.get(inner), Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_))),
        is_mutation: schema.schema_definition.mutation.as_ref().is_some_and(|root| root.name == parent),
        pages: pages("first") || pages("last"),
        ids: listed.map(|listed| listed.name.as_str()),
    }
}

fn is_int(ty: &Type) -> bool {
    ty.is_named() && ty.inner_named_type() == "Int"
}

#[cfg(test)]
mod tests;
