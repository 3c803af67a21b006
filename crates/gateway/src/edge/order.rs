//! Orders the fields of an answer by the selection, as the specification requires. The executor inserts them as they complete.

use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema, ast};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};
use serde_json::{Map, Value as Json};

/// The key under which the executor gives the type of an object of an interface or a union. No client can ask for it: it
/// is not a GraphQL name.
pub(crate) const TYPE_KEY: &str = ":type";

/// Puts answers in the order of one operation with its variables.
pub(crate) struct Order<'a> {
    pub(crate) schema: &'a Valid<Schema>,
    pub(crate) document: &'a ExecutableDocument,
    pub(crate) variables: &'a Map<String, Json>,
}

/// The selections of one field, wherever in the document they stand; and what they amount to for each type of object.
#[derive(Default)]
struct Plan<'a> {
    /// The field's type; that of an object unless the executor gives another.
    ty: &'a str,
    sets: Vec<&'a SelectionSet>,
    fields: Vec<(&'a str, Fields<'a>)>,
}

/// The keys of an object in order, each with the plan of its value.
type Fields<'a> = Vec<(&'a str, Plan<'a>)>;

impl<'a> Order<'a> {
    /// Puts the data of an answer in order, and takes out the types that only the order needed.
    pub(crate) fn apply(&self, operation: &'a Operation, data: &mut Value) {
        let set = &operation.selection_set;
        self.value(&mut Plan { ty: &set.ty, sets: vec![set], fields: Vec::new() }, data);
    }

    fn value(&self, plan: &mut Plan<'a>, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.value(plan, item)),
            Value::Object(fields) => self.object(plan, fields),
            _ => {}
        }
    }

    fn object(&self, plan: &mut Plan<'a>, object: &mut IndexMap<Name, Value>) {
        let fields = self.fields(plan, object);
        let mut at = 0;
        for (key, plan) in fields {
            let is_next = object.get_index(at).is_some_and(|(name, _)| name.as_str() == *key);
            if !is_next {
                // A field of another type of object, or one that was skipped, is not there.
                let Some(found) = object.get_index_of(*key) else { continue };
                object.swap_indices(at, found);
            }
            if let Some((_, value)) = object.get_index_mut(at).filter(|_| !plan.sets.is_empty()) {
                self.value(plan, value);
            }
            at += 1;
        }
    }

    /// The fields of an object, worked out once for each type.
    fn fields<'p>(&self, plan: &'p mut Plan<'a>, object: &mut IndexMap<Name, Value>) -> &'p mut Fields<'a> {
        let ty = match object.shift_remove(TYPE_KEY) {
            Some(Value::String(name)) => self.schema.types.get_key_value(name.as_str()).map(|(name, _)| name.as_str()),
            _ => None,
        };
        let ty = ty.unwrap_or(plan.ty);
        let known = plan.fields.iter().position(|(known, _)| *known == ty);
        let index = known.unwrap_or_else(|| {
            let mut fields = Fields::new();
            plan.sets.iter().for_each(|set| self.collect(ty, set, &mut fields));
            plan.fields.push((ty, fields));
            plan.fields.len() - 1
        });
        &mut plan.fields[index].1
    }

    /// Adds the selections that hold for objects of type `ty`.
    fn collect(&self, ty: &str, set: &'a SelectionSet, fields: &mut Fields<'a>) {
        for selection in &set.selections {
            if !self.is_included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => add(field, fields),
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|on| self.is_a(ty, on)) {
                        self.collect(ty, &inline.selection_set, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|fragment| self.is_a(ty, fragment.type_condition())) {
                        self.collect(ty, &fragment.selection_set, fields);
                    }
                }
            }
        }
    }

    fn is_a(&self, ty: &str, condition: &str) -> bool {
        ty == condition || self.schema.is_subtype(condition, ty)
    }

    fn is_included(&self, directives: &[Node<ast::Directive>]) -> bool {
        directives.iter().all(|directive| match directive.name.as_str() {
            "skip" => !self.condition(directive),
            "include" => self.condition(directive),
            _ => true,
        })
    }

    fn condition(&self, directive: &ast::Directive) -> bool {
        match directive.specified_argument_by_name("if").map(|value| &**value) {
            Some(ast::Value::Boolean(yes)) => *yes,
            Some(ast::Value::Variable(name)) => self.variables.get(name.as_str()) == Some(&Json::Bool(true)),
            _ => false,
        }
    }
}

fn add<'a>(field: &'a Node<Field>, fields: &mut Fields<'a>) {
    let key = field.response_key().as_str();
    let index = fields.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        fields.push((key, Plan { ty: field.selection_set.ty.as_str(), ..Plan::default() }));
        fields.len() - 1
    });
    if !field.selection_set.selections.is_empty() {
        fields[index].1.sets.push(&field.selection_set);
    }
}

#[cfg(test)]
mod tests;
