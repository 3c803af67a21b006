//! That the executor gets the document that was written.

use async_graphql::parser::parse_query;

use super::*;

const SCHEMA: &str = "
    interface Node { id: ID! }
    type Book implements Node { id: ID! title(in: Filter, words: [String!], size: Float, kind: Kind): String next: Book }
    enum Kind { NEW OLD }
    input Filter { text: String inner: Filter }
    type Query { node: Node book: Book }
    type Mutation { change: Int }
    type Subscription { live(after: Int): Int }
";

fn converted(source: &str) -> target::ExecutableDocument {
    let schema = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
    let document = ExecutableDocument::parse_and_validate(&schema, source, "document").unwrap();
    convert(&schema, &document, source)
}

/// Every document here reads the same in both parsers: the executor's own is the witness.
#[test]
fn a_document_is_converted_to_what_the_executor_parses() {
    for source in [
        "{ book { id } }",
        "query A($t: String = \"ä\\n\", $f: Filter = { text: \"x\", inner: { text: null } }) {
            book { alias: title(in: $f, words: [\"a\"], size: 1.5, kind: OLD) @include(if: true) next { ...F } }
         }
         fragment F on Book { id title(in: { text: $t }, size: 3) }",
        "query A { book { id } } query B { book { ... on Book { id } ... @include(if: true) { title } } }",
        "mutation { change }",
        "subscription($after: Int) { live(after: $after) }",
    ] {
        let ours = serde_json::to_value(converted(source)).unwrap();
        let theirs = serde_json::to_value(parse_query(source).unwrap()).unwrap();
        assert_eq!(without_positions(ours), without_positions(theirs), "{source}");
    }
}

fn without_positions(mut value: serde_json::Value) -> serde_json::Value {
    match &mut value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| *item = without_positions(item.take())),
        serde_json::Value::Object(fields) => {
            fields.remove("pos");
            fields.values_mut().for_each(|field| *field = without_positions(field.take()));
        }
        _ => {}
    }
    value
}

#[test]
fn a_field_keeps_its_position() {
    let document = converted("# ö\n{ book {\r\n  a: id\n} }");
    let target::DocumentOperations::Single(operation) = &document.operations else { panic!("it is anonymous") };
    let book = &operation.node.selection_set.node.items[0];
    let target::Selection::Field(field) = &book.node else { panic!("it is a field") };
    assert_eq!(book.pos, Pos { line: 2, column: 3 });
    assert_eq!(field.node.selection_set.node.items[0].pos, Pos { line: 3, column: 3 });
}

#[test]
fn a_column_counts_characters() {
    let positions = Positions::of("ä€x\ny");
    assert_eq!(positions.at(5), Pos { line: 1, column: 3 });
    assert_eq!(positions.at(7), Pos { line: 2, column: 1 });
}

#[test]
fn an_escape_with_braces_is_read() {
    let text = format!("{:?}", converted(r#"{ book { title(words: ["\u{1F600}"]) } }"#));
    assert!(text.contains('😀'), "{text}");
}

#[test]
fn the_type_of_an_interface_is_selected_only_if_needed() {
    let asks = |source: &str| format!("{:?}", converted(source)).contains(TYPE_KEY);
    assert!(asks("{ node { id ... on Book { title } } }"));
    assert!(!asks("{ node { id } }"));
    assert!(!asks("{ book { ... on Node { id } } }"));
}
