//! Suggestions for unknown names in invalid documents: the most similar names of the schema.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Definition, Document, Field, FieldDefinition, Selection, Value};
use apollo_compiler::parser::{LineColumn, SourceSpan};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema, ast};

/// Number of suggestions for an unknown name.
const SUGGESTIONS: usize = 3;
/// Number of names and fields that are examined. A hostile document can have thousands.
const EXAMINED: usize = 100;

/// A line and a column.
pub(crate) type Position = (usize, usize);

/// Information about an invalid document beyond the validation errors.
#[derive(Default)]
pub(crate) struct Hints {
    /// Suggestions by the position of the unknown name.
    names: HashMap<Position, String>,
    /// Positions of fields with selections.
    selecting: HashSet<Position>,
}

impl Hints {
    /// The suggestions for the unknown name at `position`.
    pub(crate) fn suggestion(&self, position: Position) -> Option<String> {
        self.names.get(&position).cloned()
    }

    /// Whether the field at `position` has selections: if validation misses them, it has refused each of them already.
    pub(crate) fn selects(&self, position: Position) -> bool {
        self.selecting.contains(&position)
    }
}

/// Collects the hints for an invalid document.
pub(crate) fn hints(schema: &Schema, document: &Document) -> Hints {
    let mut finder = HintFinder { schema, document, found: Hints::default(), unknown: 0 };
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let root = schema.root_operation(operation.operation_type).map_or("", |name| name.as_str());
                finder.selections(root, &operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                finder.selections(&fragment.type_condition, &fragment.selection_set);
            }
            _ => {}
        }
    }
    finder.found
}

struct HintFinder<'a> {
    schema: &'a Schema,
    document: &'a Document,
    found: Hints,
    unknown: usize,
}

impl HintFinder<'_> {
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
        if !field.selection_set.is_empty() && self.found.selecting.len() < EXAMINED {
            self.found.selecting.extend(self.position(field.location()));
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

    fn position(&self, span: Option<SourceSpan>) -> Option<Position> {
        let LineColumn { line, column } = span?.line_column(&self.document.sources)?;
        Some((line, column))
    }

    /// `position` is where validation finds fault with `name`.
    fn suggest(&mut self, position: Option<SourceSpan>, name: &str, known: Vec<&Name>) {
        if self.unknown == EXAMINED {
            return;
        }
        self.unknown += 1;
        let Some(position) = self.position(position) else { return };
        let near = known.into_iter().map(|known| (distance(name, known), known));
        let mut near: Vec<_> = near.filter(|(changes, _)| *changes <= name.len() * 2 / 5 + 1).collect();
        near.sort();
        let near: Vec<_> = near.iter().take(SUGGESTIONS).map(|(_, name)| format!("`{name}`")).collect();
        if !near.is_empty() {
            self.found.names.insert(position, near.join(" or "));
        }
    }
}

/// Letters to change, add, leave out or swap; other capitals count as one change in all.
fn distance(name: &str, known: &str) -> usize {
    let (lower, known_lower) = (name.to_lowercase(), known.to_lowercase());
    strsim::osa_distance(&lower, &known_lower) + usize::from(name != known && lower == known_lower)
}
