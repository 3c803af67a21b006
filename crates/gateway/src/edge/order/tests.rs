//! That an answer has the order of its selection, whatever the order in which fields ended.

use async_graphql::value;
use serde_json::json;

use super::*;

const SCHEMA: &str = "
    interface Node { id: ID! }
    type Book implements Node { id: ID! title: String next: Book books: [Book] }
    type Author implements Node { id: ID! name: String books: [Book] }
    type Query { node: Node nodes: [Node] book: Book other: Int }
";

fn ordered(query: &str, variables: Json, mut data: Value) -> String {
    let schema = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
    let document = ExecutableDocument::parse_and_validate(&schema, query, "document").unwrap();
    let variables = variables.as_object().unwrap().clone();
    let order = Order { schema: &schema, document: &document, variables: &variables };
    order.apply(document.operations.iter().next().unwrap(), &mut data);
    serde_json::to_string(&data).unwrap().replace('"', "")
}

fn in_order(query: &str, data: Value) -> String {
    ordered(query, json!({}), data)
}

fn object(fields: &[(&str, Value)]) -> Value {
    Value::Object(fields.iter().map(|(name, value)| (Name::new(name), value.clone())).collect())
}

#[test]
fn fields_and_aliases_keep_the_order_of_the_selection() {
    let data = value!({ "other": 1, "b": { "title": "t", "id": "i" }, "a": null });
    assert_eq!(in_order("{ a: book { id } b: book { id title } other }", data), "{a:null,b:{id:i,title:t},other:1}");
}

#[test]
fn every_item_of_a_list_is_put_in_order() {
    let data = value!({ "book": { "books": [{ "title": 1, "id": 2 }, null, { "id": 3, "title": 4 }] } });
    let expected = "{book:{books:[{id:2,title:1},null,{id:3,title:4}]}}";
    assert_eq!(in_order("{ book { books { id title } } }", data), expected);
}

#[test]
fn selections_of_one_field_are_merged_at_its_first_position() {
    let query = "{ book { id } other book { title next { title } } ...F } fragment F on Query { book { next { id } } }";
    let data = value!({ "other": 1, "book": { "next": { "id": 2, "title": 3 }, "title": 4, "id": 5 } });
    assert_eq!(in_order(query, data), "{book:{id:5,title:4,next:{title:3,id:2}},other:1}");
}

#[test]
fn fragments_apply_only_to_their_type() {
    let query = "{ nodes { ... on Author { books { id } name } ... on Book { title } ... on Node { id } ... on Book { books { id } } } }";
    let book = object(&[("books", Value::Null), ("id", 1.into()), (TYPE_KEY, "Book".into()), ("title", 2.into())]);
    let author = object(&[(TYPE_KEY, "Author".into()), ("id", 3.into()), ("name", 4.into()), ("books", Value::Null)]);
    let data = object(&[("nodes", Value::List(vec![book.clone(), author, book]))]);
    let (book, author) = ("{title:2,id:1,books:null}", "{books:null,name:4,id:3}");
    assert_eq!(in_order(query, data), format!("{{nodes:[{book},{author},{book}]}}"));
}

#[test]
fn a_skipped_field_has_no_position() {
    let query = "query($no: Boolean!) { book { id @include(if: $no) title id next @skip(if: true) { id } } }";
    let data = || value!({ "book": { "title": 1, "id": 2 } });
    assert_eq!(ordered(query, json!({ "no": false }), data()), "{book:{title:1,id:2}}");
    assert_eq!(ordered(query, json!({ "no": true }), data()), "{book:{id:2,title:1}}");
}
