//! Removes from a document the arguments whose variables were not given.
//!
//! The executor would pass them to their fields as `null` instead of the argument's default.

use std::collections::HashSet;

use async_graphql::parser::types::{DocumentOperations, Selection, SelectionSet};
use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition};
use async_graphql::{Name, Value, Variables};
use bytes::Bytes;

/// Removes arguments and input fields that stand for variables named in `absent`.
pub(crate) fn strip(document: &mut ExecutableDocument, absent: &HashSet<&str>, variables: &Variables) {
    if absent.is_empty() {
        return;
    }
    let removal = Removal { absent, variables };
    match &mut document.operations {
        DocumentOperations::Single(operation) => removal.operation(&mut operation.node),
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().for_each(|operation| removal.operation(&mut operation.node));
        }
    }
    for fragment in document.fragments.values_mut() {
        removal.selections(&mut fragment.node.selection_set.node);
    }
}

struct Removal<'a> {
    absent: &'a HashSet<&'a str>,
    variables: &'a Variables,
}

impl Removal<'_> {
    fn operation(&self, operation: &mut OperationDefinition) {
        self.selections(&mut operation.selection_set.node);
    }

    fn selections(&self, set: &mut SelectionSet) {
        for selection in &mut set.items {
            match &mut selection.node {
                Selection::Field(field) => {
                    self.arguments(&mut field.node);
                    self.selections(&mut field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => {
                    self.selections(&mut inline.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn arguments(&self, field: &mut Field) {
        field.arguments.retain_mut(|(_, value)| {
            let mut found = false;
            let filled = value.node.clone().into_const_with(|name: Name| {
                found |= self.absent.contains(name.as_str());
                Ok::<_, std::convert::Infallible>(self.fill(&name))
            });
            let Ok(filled) = filled;
            if !found {
                return true;
            }
            let kept = without_holes(filled);
            if let Some(kept) = kept {
                value.node = kept.into_value();
                return true;
            }
            false
        });
    }

    fn fill(&self, name: &Name) -> Value {
        if self.absent.contains(name.as_str()) { hole() } else { self.given(name) }
    }

    fn given(&self, name: &Name) -> Value {
        self.variables.get(name).cloned().unwrap_or_default()
    }
}

/// Stands for an absent variable: a kind of value that neither JSON nor a document can hold.
fn hole() -> Value {
    Value::Binary(Bytes::new())
}

/// `None` when the value itself is a hole; in a list a hole is `null`, as the specification says.
fn without_holes(value: Value) -> Option<Value> {
    match value {
        Value::Binary(_) => None,
        Value::List(items) => {
            let items = items.into_iter().map(|item| without_holes(item).unwrap_or_default());
            Some(Value::List(items.collect()))
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let kept = fields.filter_map(|(name, value)| Some((name, without_holes(value)?)));
            Some(Value::Object(kept.collect()))
        }
        other => Some(other),
    }
}
