//! What a document that is not valid may have meant: the names of the schema that are nearest to its unknown ones.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Definition, Document, Field, FieldDefinition, Selection, Value};
use apollo_compiler::parser::{LineColumn, SourceSpan};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema, ast};

/// Names offered for one that is unknown.
const OFFERED: usize = 3;
/// Names and fields that are looked at; a hostile document can have thousands.
const LOOKED_AT: usize = 100;

/// A line and a column.
pub(crate) type Place = (usize, usize);

/// What is known of a document beyond the errors of its validation.
#[derive(Default)]
pub(crate) struct Hints {
    /// Names that may have been meant, by the place of the unknown name.
    names: HashMap<Place, String>,
    /// Where fields with selections stand.
    selecting: HashSet<Place>,
}

impl Hints {
    /// The names that may have been meant by the unknown one at `place`.
    pub(crate) fn suggestion(&self, place: Place) -> Option<String> {
        self.names.get(&place).cloned()
    }

    /// Whether the field at `place` has selections: if validation misses them, it has refused each of them already.
    pub(crate) fn selects(&self, place: Place) -> bool {
        self.selecting.contains(&place)
    }
}

/// Goes through a document that is not valid.
pub(crate) fn hints(schema: &Schema, document: &Document) -> Hints {
    let mut walk = Walk { schema, document, found: Hints::default(), unknown: 0 };
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let root = schema.root_operation(operation.operation_type).map_or("", |name| name.as_str());
                walk.selections(root, &operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                walk.selections(&fragment.type_condition, &fragment.selection_set);
            }
            _ => {}
        }
    }
    walk.found
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a Document,
    found: Hints,
    unknown: usize,
}

impl Walk<'_> {
    fn selections(&mut self, parent: &str, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(inline) => {
                    let on = inline.type_condition.as_ref().map_or(parent, |on| on.as_str());
                    self.selections(on, &inline.selection_set);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, parent: &str, field: &Node<Field>) {
        let schema = self.schema;
        if !field.selection_set.is_empty() && self.found.selecting.len() < LOOKED_AT {
            self.found.selecting.extend(self.place(field.location()));
        }
        if let Ok(definition) = schema.type_field(parent, &field.name) {
            self.arguments(definition, field);
            self.selections(definition.ty.inner_named_type(), &field.selection_set);
            return;
        }
        let known = match schema.types.get(parent) {
            Some(ExtendedType::Object(ty)) => ty.fields.keys().collect(),
            Some(ExtendedType::Interface(ty)) => ty.fields.keys().collect(),
            _ => Vec::new(),
        };
        self.suggest(field.name.location(), &field.name, known);
    }

    fn arguments(&mut self, definition: &FieldDefinition, field: &Field) {
        for argument in &field.arguments {
            match definition.argument_by_name(&argument.name) {
                Some(declared) => self.value(&declared.ty, &argument.value),
                None => {
                    let known = definition.arguments.iter().map(|declared| &declared.name).collect();
                    self.suggest(argument.location(), &argument.name, known);
                }
            }
        }
    }

    fn value(&mut self, ty: &ast::Type, value: &Node<Value>) {
        let schema = self.schema;
        match (&**value, schema.types.get(ty.inner_named_type())) {
            (Value::List(items), _) => items.iter().for_each(|item| self.value(ty.item_type(), item)),
            (Value::Enum(name), Some(ExtendedType::Enum(ty))) if !ty.values.contains_key(name) => {
                self.suggest(name.location(), name, ty.values.keys().collect());
            }
            (Value::Object(fields), Some(ExtendedType::InputObject(ty))) => {
                for (name, value) in fields {
                    match ty.fields.get(name) {
                        Some(field) => self.value(&field.ty, value),
                        None => self.suggest(value.location(), name, ty.fields.keys().collect()),
                    }
                }
            }
            _ => {}
        }
    }

    fn place(&self, span: Option<SourceSpan>) -> Option<Place> {
        let LineColumn { line, column } = span?.line_column(&self.document.sources)?;
        Some((line, column))
    }

    /// `place` is where validation finds fault with `name`.
    fn suggest(&mut self, place: Option<SourceSpan>, name: &str, known: Vec<&Name>) {
        if self.unknown == LOOKED_AT {
            return;
        }
        self.unknown += 1;
        let Some(place) = self.place(place) else { return };
        let near = known.into_iter().map(|known| (distance(name, known), known));
        let mut near: Vec<_> = near.filter(|(changes, _)| *changes <= name.len() * 2 / 5 + 1).collect();
        near.sort();
        let near: Vec<_> = near.iter().take(OFFERED).map(|(_, name)| format!("`{name}`")).collect();
        if !near.is_empty() {
            self.found.names.insert(place, near.join(" or "));
        }
    }
}

/// Letters to change, add, leave out or swap; other capitals count as one change in all.
fn distance(name: &str, known: &str) -> usize {
    let (lower, known_lower) = (name.to_lowercase(), known.to_lowercase());
    strsim::osa_distance(&lower, &known_lower) + usize::from(name != known && lower == known_lower)
}
