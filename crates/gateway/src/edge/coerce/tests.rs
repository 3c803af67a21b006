//! What a variable may be, case by case.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::validation::Valid;
use serde_json::json;

use super::*;

const SCHEMA: &str = "
    directive @oneOf on INPUT_OBJECT
    scalar Any
    enum Colour { RED GREEN }
    input By @oneOf { id: ID name: String }
    input Filter { min: Int = 5 max: Int! colour: Colour by: By inner: Filter }
    type Query { f(i: Int, x: Float, s: String, b: Boolean, id: ID, c: Colour, l: [Int!], by: By, filter: Filter, any: Any): Int }
";

fn coerced(declared: &str, given: Value) -> Result<Value, String> {
    let schema: Valid<Schema> = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
    let query = format!("query({declared}) {{ __typename }}");
    let document = ExecutableDocument::parse(&schema, query, "document").unwrap();
    let operation = document.operations.get(None).unwrap();
    let given = given.as_object().unwrap().clone();
    coerce(&schema, &document.sources, operation, given, 4)
        .map(Value::Object)
        .map_err(|refusals| refusals[0].message.clone())
}

fn fits(ty: &str, value: Value) -> bool {
    coerced(&format!("$v: {ty}"), json!({ "v": value })).is_ok()
}

#[test]
fn a_value_must_have_the_type_of_its_variable() {
    for (ty, value) in [
        ("Int", json!(1)),
        ("Int", json!(3.0)),
        ("Int", json!(-2_147_483_648_i64)),
        ("Float", json!(1)),
        ("Float", json!(1.5)),
        ("String", json!("x")),
        ("Boolean", json!(true)),
        ("ID", json!("a")),
        ("ID", json!(7)),
        ("Colour", json!("RED")),
        ("Int", json!(null)),
        ("Any", json!({ "a": [1] })),
    ] {
        assert!(fits(ty, value.clone()), "{ty} {value}");
    }
    for (ty, value) in [
        ("Int", json!("1")),
        ("Int", json!(1.5)),
        ("Int", json!(true)),
        ("Int", json!(2_147_483_648_i64)),
        ("Float", json!("1")),
        ("String", json!(1)),
        ("String", json!("\0")),
        ("Boolean", json!("true")),
        ("Boolean", json!(1)),
        ("ID", json!(1.5)),
        ("Colour", json!("BLUE")),
        ("Colour", json!(0)),
        ("Filter", json!([])),
        ("Any", json!({ "a": ["\0"] })),
    ] {
        assert!(!fits(ty, value.clone()), "{ty} {value}");
    }
}

#[test]
fn a_required_variable_must_be_given_and_not_null() {
    assert!(coerced("$v: Int!", json!({})).is_err());
    assert!(coerced("$v: Int!", json!({ "v": null })).is_err());
    assert_eq!(coerced("$v: Int! = 3", json!({})), Ok(json!({ "v": 3 })));
}

#[test]
fn an_unset_nullable_variable_differs_from_null() {
    assert_eq!(coerced("$v: Int", json!({})), Ok(json!({})));
    assert_eq!(coerced("$v: Int = 3", json!({ "v": null })), Ok(json!({ "v": null })));
}

#[test]
fn a_single_value_becomes_a_list_of_one() {
    assert_eq!(coerced("$v: [Int!]", json!({ "v": 3 })), Ok(json!({ "v": [3] })));
    assert!(!fits("[Int!]", json!([1, null])));
}

#[test]
fn an_object_gets_its_defaults_and_refuses_undeclared_fields() {
    assert_eq!(
        coerced("$v: Filter", json!({ "v": { "max": 9, "colour": "GREEN" } })),
        Ok(json!({ "v": { "min": 5, "max": 9, "colour": "GREEN" } }))
    );
    assert!(!fits("Filter", json!({ "max": 1, "extra": 1 })));
    assert!(!fits("Filter", json!({ "min": 1 })));
}

#[test]
fn one_of_takes_exactly_one_field_that_is_not_null() {
    assert!(fits("By", json!({ "id": "a" })));
    assert!(!fits("By", json!({})));
    assert!(!fits("By", json!({ "id": null })));
    assert!(!fits("By", json!({ "id": "a", "name": "b" })));
    assert!(!fits("By", json!({ "id": "a", "name": null })));
    assert!(!fits("Filter", json!({ "max": 1, "by": {} })));
}

#[test]
fn undeclared_variables_are_dropped() {
    assert_eq!(coerced("$v: Int", json!({ "w": 1 })), Ok(json!({})));
}

#[test]
fn a_message_names_the_place_and_keeps_the_value() {
    let message = coerced("$v: Filter", json!({ "v": { "max": 1, "by": { "id": true } } })).unwrap_err();
    assert!(message.contains("\"v.by.id\""), "{message}");
    let message = coerced("$v: Int", json!({ "v": "hunter2" })).unwrap_err();
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn values_nested_too_deep_are_refused() {
    assert!(fits("Any", json!([[[[1]]]])));
    assert!(!fits("Any", json!([[[[[1]]]]])));
}

#[test]
fn values_that_databases_refuse_are_refused_earlier() {
    assert!(fits("[Int!]", json!(vec![1; MOST_ITEMS])));
    let refused = coerced("$v: [Int!]", json!({ "v": vec![1; MOST_ITEMS + 1] })).unwrap_err();
    assert!(refused.ends_with("a list may have at most 1000 items"), "{refused}");
    assert!(fits("String", json!("x".repeat(LONGEST_TEXT))));
    for (ty, value) in
        [("String", json!("x".repeat(LONGEST_TEXT + 1))), ("Any", json!({ "a": "x".repeat(LONGEST_TEXT + 1) }))]
    {
        let refused = coerced(&format!("$v: {ty}"), json!({ "v": value })).unwrap_err();
        assert!(refused.ends_with("a string may have at most 16384 bytes"), "{refused}");
    }
}
