//! The allow-list of operations.
//!
//! A deployment whose frontends are known can refuse everything else. An operation is allowed when it reads as one on the
//! list, together with the fragments that it spreads: comments, layout, the order of fragments and the `__typename` that
//! client libraries add make no difference, anything else does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use apollo_compiler::ast::{Definition, Document, FragmentDefinition, OperationDefinition, Selection};
use apollo_compiler::parser::Parser;

use super::persisted::{Hash, hash};

/// The operations that may run. Cheap to clone.
#[derive(Clone)]
pub struct AllowList {
    operations: Arc<HashSet<Hash>>,
    /// The documents by the hash of their text, for clients that name them so without ever sending them.
    texts: Arc<HashMap<Hash, String>>,
}

/// A document of the list is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct InvalidDocument {
    name: String,
    reason: String,
}

impl AllowList {
    /// Reads documents, given as name and text. Each must be whole, with every fragment that it spreads.
    ///
    /// # Errors
    /// The name of the first document that does not parse or has no operation, and why.
    pub fn new<'a>(documents: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidDocument> {
        let (mut operations, mut texts) = (HashSet::new(), HashMap::new());
        for (name, text) in documents {
            let invalid = |reason: String| InvalidDocument { name: name.to_owned(), reason };
            let document = Parser::new().parse_ast(text, name).map_err(|failed| invalid(failed.errors.to_string()))?;
            let before = operations.len();
            operations.extend(normal_forms(&document));
            if operations.len() == before {
                return Err(invalid("it has no operation that is not on the list already".to_owned()));
            }
            texts.insert(hash(text), text.to_owned());
        }
        Ok(Self { operations: Arc::new(operations), texts: Arc::new(texts) })
    }

    /// Whether every operation of `document` is on the list.
    pub(crate) fn admits(&self, document: &Document) -> bool {
        // Stops at the first that is not, so that a document of many operations costs no more than one of them.
        normal_forms(document).all(|form| self.operations.contains(&form))
    }

    /// The document on the list whose text has this hash.
    pub(crate) fn text(&self, hash: &Hash) -> Option<&str> {
        self.texts.get(hash).map(String::as_str)
    }
}

impl fmt::Debug for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllowList").field("operations", &self.operations.len()).finish()
    }
}

/// Each operation with the fragments it spreads, as the hash of one text that is the same however it was laid out.
fn normal_forms(document: &Document) -> impl Iterator<Item = Hash> {
    let (mut fragments, mut operations) = (HashMap::new(), Vec::new());
    for definition in &document.definitions {
        match definition {
            Definition::FragmentDefinition(fragment) => {
                fragments.insert(fragment.name.as_str(), &**fragment);
            }
            Definition::OperationDefinition(operation) => operations.push(&**operation),
            _ => {}
        }
    }
    operations.into_iter().map(move |operation| normal_form(operation, &fragments))
}

fn normal_form(operation: &OperationDefinition, fragments: &HashMap<&str, &FragmentDefinition>) -> Hash {
    let mut spread = BTreeMap::new();
    let mut open = vec![&operation.selection_set];
    while let Some(selections) = open.pop() {
        for selection in selections {
            match selection {
                Selection::Field(field) => open.push(&field.selection_set),
                Selection::InlineFragment(inline) => open.push(&inline.selection_set),
                Selection::FragmentSpread(named) => {
                    let name = named.fragment_name.as_str();
                    let Some(fragment) = fragments.get(name) else { continue };
                    if spread.insert(name, *fragment).is_none() {
                        open.push(&fragment.selection_set);
                    }
                }
            }
        }
    }
    let mut operation = operation.clone();
    strip(&mut operation.selection_set);
    let mut text = operation.serialize().no_indent().to_string();
    for fragment in spread.into_values() {
        let mut fragment = fragment.clone();
        strip(&mut fragment.selection_set);
        text.push('\n');
        text += &fragment.serialize().no_indent().to_string();
    }
    hash(&text)
}

/// Removes `__typename`, which client libraries add to every selection. The parser has bounded the nesting.
fn strip(selections: &mut Vec<Selection>) {
    selections.retain(|selection| {
        !matches!(selection, Selection::Field(field)
            if field.name == "__typename" && field.alias.is_none() && field.directives.is_empty())
    });
    for selection in selections {
        match selection {
            Selection::Field(field) => strip(&mut field.make_mut().selection_set),
            Selection::InlineFragment(inline) => strip(&mut inline.make_mut().selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "# Who is there.
        query People($n: Int) { people(first: $n) { ...Name ...Age } }
        fragment Age on Person { age }
        fragment Name on Person { name }";

    fn admits(text: &str) -> bool {
        let list = AllowList::new([("People", LISTED), ("Hello", "{ hello }")]).unwrap();
        list.admits(&Parser::new().parse_ast(text, "document").unwrap())
    }

    #[test]
    fn layout_comments_order_and_typename_make_no_difference() {
        assert!(admits(LISTED));
        assert!(admits("query { hello }"));
        assert!(admits(
            "fragment Name on Person{name __typename} query People($n:Int){people(first:$n){...Name,...Age __typename}}
             fragment Age on Person{age}"
        ));
    }

    #[test]
    fn anything_else_does() {
        for other in [
            "{ hello hello }",
            "{ a: hello }",
            "{ hello a: __typename }",
            "query Hello { hello }",
            "mutation { hello }",
            "query People($n: Int = 7) { people(first: $n) { ...Name ...Age } }
             fragment Age on Person { age } fragment Name on Person { name }",
            "query People($n: Int) { people(first: $n) { ...Name ...Age } }
             fragment Age on Person { age } fragment Name on Person { name secret }",
            "query People($n: Int) { people(first: $n) { ...Name ...Age } } fragment Age on Person { age }",
        ] {
            assert!(!admits(other), "{other}");
        }
    }

    #[test]
    fn one_unlisted_operation_refuses_its_document() {
        assert!(!admits(&format!("{LISTED} query Other {{ secret }}")));
        assert!(admits(&format!("{LISTED} query {{ hello }}")));
    }

    #[test]
    fn a_listed_document_is_known_by_the_hash_of_its_text() {
        let list = AllowList::new([("People", LISTED)]).unwrap();
        assert_eq!(list.text(&hash(LISTED)), Some(LISTED));
        assert_eq!(list.text(&hash("{ hello }")), None);
    }

    #[test]
    fn an_invalid_document_is_named() {
        for text in ["{ hello", "fragment Name on Person { name }", ""] {
            let error = AllowList::new([("Broken.graphql", text)]).unwrap_err().to_string();
            assert!(error.starts_with("Broken.graphql: "), "{error}");
        }
    }
}
