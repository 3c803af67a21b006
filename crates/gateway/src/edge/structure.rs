//! Structural bounds: everything that can be counted in a document without knowing the schema.
//!
//! Fragments are counted once each, whatever their number of spreads, and all arithmetic saturates: a document that would
//! unfold to millions of fields is refused in the time it takes to read it.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, Field, FragmentDefinition, Selection};

use super::limits::Limits;
use super::refusal::{Code, Refusal};

/// Introspection lists (`fields`, `interfaces`, …) inside each other; a third one multiplies the schema by itself.
const INTROSPECTION_LISTS: u32 = 2;

/// Refuses a document that has too much of something, or that nests or unfolds too far.
pub(crate) fn check(document: &Document, limits: &Limits) -> Result<(), Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut refuse = |message: String| refusals.push(Refusal::new(Code::CostLimit, message));
    let counts = Counts::of(document);
    let counted = [
        ("aliases", counts.aliases, limits.aliases),
        ("directives", counts.directives, limits.directives),
        ("fragments", counts.fragments, limits.fragments),
    ];
    for (what, found, most) in counted {
        if found > most {
            refuse(format!("the document has {found} {what}, at most {most} are allowed"));
        }
    }
    let mut counter = ShapeCounter { limits, fragments: fragments(document), known: HashMap::new() };
    for definition in &document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let shape = counter.selections(false, &operation.selection_set, 0);
        if shape.depth > limits.depth {
            let most = limits.depth;
            refuse(format!("the operation is nested too deep, at most {most} levels are allowed"));
        }
        if shape.introspection_depth > limits.introspection_depth || shape.introspection_lists > INTROSPECTION_LISTS {
            refuse("the introspection query is nested too deep".to_owned());
        }
        if shape.fields > limits.selections {
            refuse(format!("the operation unfolds to more than {} fields", limits.selections));
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

fn fragments(document: &Document) -> HashMap<&str, &FragmentDefinition> {
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), &**fragment)),
        _ => None,
    });
    fragments.collect()
}

#[derive(Default)]
struct Counts {
    aliases: usize,
    directives: usize,
    fragments: usize,
}

impl Counts {
    fn of(document: &Document) -> Self {
        let mut counts = Self::default();
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    counts.directives += operation.directives.len();
                    counts.directives += operation.variables.iter().map(|v| v.directives.len()).sum::<usize>();
                    counts.add(&operation.selection_set);
                }
                Definition::FragmentDefinition(fragment) => {
                    counts.fragments += 1;
                    counts.directives += fragment.directives.len();
                    counts.add(&fragment.selection_set);
                }
                _ => {}
            }
        }
        counts
    }

    fn add(&mut self, selections: &[Selection]) {
        let mut open = vec![selections];
        while let Some(selections) = open.pop() {
            for selection in selections {
                match selection {
                    Selection::Field(field) => {
                        self.aliases += usize::from(field.alias.is_some());
                        self.directives += field.directives.len();
                        open.push(&field.selection_set);
                    }
                    Selection::FragmentSpread(spread) => self.directives += spread.directives.len(),
                    Selection::InlineFragment(inline) => {
                        self.directives += inline.directives.len();
                        open.push(&inline.selection_set);
                    }
                }
            }
        }
    }
}

/// How far selections nest and unfold, fragments spread out.
#[derive(Clone, Copy, Default)]
struct Shape {
    fields: u64,
    depth: u32,
    introspection_depth: u32,
    introspection_lists: u32,
}

impl Shape {
    /// Deeper than any limit.
    const ENDLESS: Self = Self { fields: 0, depth: u32::MAX, introspection_depth: 0, introspection_lists: 0 };

    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
    }
}

struct ShapeCounter<'a> {
    limits: &'a Limits,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    /// Nothing while a fragment is being walked: a cycle, which validation refuses.
    known: HashMap<&'a str, Shape>,
}

impl<'a> ShapeCounter<'a> {
    /// `introspects` says whether these are selections on a type of introspection.
    fn selections(&mut self, introspects: bool, selections: &'a [Selection], level: usize) -> Shape {
        // Fragments multiply the nesting that the parser allowed; the stack must not follow all of it.
        if level > self.limits.nesting.saturating_mul(2) {
            return Shape::ENDLESS;
        }
        let mut shape = Shape::default();
        for selection in selections {
            shape.add(match selection {
                Selection::Field(field) => self.field(introspects, field, level),
                Selection::InlineFragment(inline) => {
                    let introspects = inline.type_condition.as_ref().map_or(introspects, |on| on.starts_with("__"));
                    self.selections(introspects, &inline.selection_set, level + 1)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name, level),
            });
        }
        shape
    }

    fn fragment(&mut self, name: &'a str, level: usize) -> Shape {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let Some(fragment) = self.fragments.get(name).copied() else { return Shape::default() };
        self.known.insert(name, Shape::default());
        let introspects = fragment.type_condition.starts_with("__");
        let shape = self.selections(introspects, &fragment.selection_set, level + 1);
        self.known.insert(name, shape);
        shape
    }

    fn field(&mut self, introspects: bool, field: &'a Field, level: usize) -> Shape {
        let is_entry = matches!(field.name.as_str(), "__schema" | "__type");
        let mut shape = self.selections(introspects || is_entry, &field.selection_set, level + 1);
        shape.fields = shape.fields.saturating_add(1);
        shape.depth = shape.depth.saturating_add(1);
        if shape.introspection_depth > 0 {
            shape.introspection_depth = shape.introspection_depth.saturating_add(1);
        }
        if is_entry {
            shape.introspection_depth = shape.depth;
            shape.depth = 1;
        }
        let multiplies = ["fields", "inputFields", "interfaces", "possibleTypes"];
        if introspects && multiplies.contains(&field.name.as_str()) {
            shape.introspection_lists += 1;
        }
        shape
    }
}

#[cfg(test)]
mod tests;
