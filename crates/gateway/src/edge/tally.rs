//! What can be counted in a document without following its fragments.

use apollo_compiler::ast::{Definition, Document, Selection};

use super::limits::Limits;
use super::refusal::{Code, Refusal};

/// Refuses a document with too many aliases, directives or fragments.
pub(crate) fn count(document: &Document, limits: &Limits) -> Result<(), Refusal> {
    let mut tally = Tally::default();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                tally.directives += operation.directives.len();
                tally.directives += operation.variables.iter().map(|v| v.directives.len()).sum::<usize>();
                tally.add(&operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                tally.fragments += 1;
                tally.directives += fragment.directives.len();
                tally.add(&fragment.selection_set);
            }
            _ => {}
        }
    }
    within("aliases", tally.aliases, limits.aliases)?;
    within("directives", tally.directives, limits.directives)?;
    within("fragments", tally.fragments, limits.fragments)
}

fn within(what: &str, found: usize, limit: usize) -> Result<(), Refusal> {
    if found > limit {
        let message = format!("the document has {found} {what}, at most {limit} are allowed");
        return Err(Refusal::new(Code::CostLimit, message));
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    aliases: usize,
    directives: usize,
    fragments: usize,
}

impl Tally {
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
