//! The cost of an operation as the IBM cost specification has it: from the directives of the schema alone.
//!
//! <https://ibm.github.io/graphql-specs/cost-spec.html>

use apollo_compiler::ast::Value as Literal;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::schema::Directive;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema};
use serde_json::{Map, Value};

/// The bound on the cost of `operation`.
pub(crate) fn cost(
    schema: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    variables: &Map<String, Value>,
) -> u64 {
    Formula { schema, document, operation, variables }.selections(&operation.selection_set, None)
}

struct Formula<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    operation: &'a Operation,
    variables: &'a Map<String, Value>,
}

/// The fields of an object that are lists, and their size.
type Sized<'a> = Option<(Vec<&'a str>, u64)>;

impl Formula<'_> {
    fn selections(&self, set: &SelectionSet, sized: Sized<'_>) -> u64 {
        let costs = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) => self.field(field, sized.as_ref()),
            Selection::InlineFragment(inline) => self.selections(&inline.selection_set, sized.clone()),
            Selection::FragmentSpread(spread) => {
                self.selections(&self.document.fragments[&spread.fragment_name].selection_set, sized.clone())
            }
        });
        costs.sum()
    }

    fn field(&self, field: &Field, sized: Option<&(Vec<&str>, u64)>) -> u64 {
        if field.name.starts_with("__") {
            return 0;
        }
        let directives = &field.definition.directives;
        let list_size = directives.get("listSize").map(|found| &**found);
        let sizes = list_size.and_then(|directive| strings(directive, "sizedFields"));
        let (times, below) = match (sized, list_size, sizes) {
            (Some((names, size)), ..) if names.contains(&field.name.as_str()) => (*size, None),
            (_, Some(directive), Some(names)) => (1, Some((names, self.size(field, directive)))),
            (_, Some(directive), None) => (self.size(field, directive), None),
            (_, None, _) => (1, None),
        };
        let is_leaf = self.schema.types[field.definition.ty.inner_named_type()].is_leaf();
        let weight = directives.get("cost").map(|cost| string(argument(cost, "weight").unwrap()).parse().unwrap());
        times * (weight.unwrap_or(u64::from(!is_leaf)) + self.selections(&field.selection_set, below))
    }

    fn size(&self, field: &Field, directive: &Directive) -> u64 {
        let slicing = strings(directive, "slicingArguments").unwrap_or_default();
        let given = slicing.iter().filter_map(|name| self.given(field, name)).max();
        given.unwrap_or_else(|| argument(directive, "assumedSize").unwrap().to_i32().unwrap().try_into().unwrap())
    }

    fn given(&self, field: &Field, name: &str) -> Option<u64> {
        match &**field.specified_argument_by_name(name)? {
            Literal::Variable(name) => match self.variables.get(name.as_str()) {
                Some(value) => value.as_u64(),
                None => {
                    let variable = self.operation.variables.iter().find(|variable| variable.name == *name).unwrap();
                    variable.default_value.as_ref()?.to_i32()?.try_into().ok()
                }
            },
            literal => literal.to_i32()?.try_into().ok(),
        }
    }
}

fn argument<'d>(directive: &'d Directive, name: &str) -> Option<&'d Node<Literal>> {
    directive.specified_argument_by_name(name)
}

fn string(value: &Literal) -> &str {
    value.as_str().unwrap()
}

fn strings<'d>(directive: &'d Directive, name: &str) -> Option<Vec<&'d str>> {
    let items = argument(directive, name)?.as_list()?;
    Some(items.iter().map(|item| string(item)).collect())
}
