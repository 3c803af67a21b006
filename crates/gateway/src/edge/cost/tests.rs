//! What documents cost, and which cost too much.

use apollo_compiler::parser::Parser;
use serde_json::json;

use super::*;

const SCHEMA: &str = "
    type Query { version: String  run: Run  runs(first: Int, last: Int): RunConnection!  nodes(ids: [ID!]!): [Run]! }
    type Mutation { start: Run }
    type RunConnection { nodes: [Run!]!  edges: [RunEdge!]!  totalCount: Int }
    type RunEdge { node: Run! }
    type Run { id: ID!  profile: Run  account: Run  model: Run  findings: [Run!]!  runs(first: Int = 10): RunConnection! }
";

fn priced_with(query: &str, variables: serde_json::Value, limits: &Limits) -> Result<u64, Refusal> {
    let schema = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
    let document = Parser::new().parse_ast(query, "document").unwrap();
    crate::edge::tally::count(&document, limits)?;
    let operation = document.definitions.iter().find_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(operation),
        _ => None,
    });
    let variables = variables.as_object().unwrap().clone();
    price(&schema, &document, operation.unwrap(), &variables, limits)
        .map(|price| price.cost)
        .map_err(|unaffordable| unaffordable.refusal)
}

fn priced(query: &str) -> u64 {
    priced_with(query, json!({}), &Limits { cost: u64::MAX, ..Limits::default() }).unwrap()
}

fn refused(query: &str) -> Code {
    priced_with(query, json!({}), &Limits::default()).unwrap_err().code
}

#[test]
fn a_page_of_50_with_three_joined_objects_costs_about_200() {
    let joined = "id profile { id } account { id } model { id }";
    assert_eq!(priced(&format!("{{ runs(first: 50) {{ nodes {{ {joined} }} }} }}")), 201);
    assert_eq!(priced(&format!("{{ runs(first: 50) {{ edges {{ node {{ {joined} }} }} }} }}")), 201);
}

#[test]
fn pages_inside_pages_multiply() {
    // 1 + 20 × (1 + (1 + 10 × 1)): twenty rows by default, ten by the schema's own default.
    assert_eq!(priced("{ runs { nodes { runs { nodes { id } } } } }"), 241);
}

#[test]
fn a_list_without_a_page_size_counts_its_ids_or_a_few_rows() {
    assert_eq!(priced(r#"{ nodes(ids: ["a", "b", "c"]) { id } }"#), 3);
    assert_eq!(priced("{ run { findings { id } } }"), 5);
}

#[test]
fn leaves_are_free_and_mutations_are_not() {
    assert_eq!(priced("{ version }"), 0);
    assert_eq!(priced("mutation { start { id } }"), 11);
    assert_eq!(priced("mutation { ...on Mutation { start { id } } }"), 11);
    assert_eq!(priced("mutation { ...Both } fragment Both on Mutation { a: start { id } b: start { id } }"), 22);
}

#[test]
fn counting_rows_is_dearer_than_an_empty_page_of_them() {
    assert_eq!(priced("{ runs(first: 0) { totalCount } }"), 11);
    assert_eq!(priced("{ a: runs(first: 0) { totalCount } b: runs(first: 0) { totalCount } }"), 22);
}

#[test]
fn a_page_size_from_a_variable_counts() {
    let query =
        "query($n: Int, $m: Int = 3) { a: runs(first: $n) { nodes { id } } b: runs(first: $m) { nodes { id } } }";
    let limits = Limits::default();
    assert_eq!(priced_with(query, json!({ "n": 7 }), &limits), Ok(12));
    assert_eq!(priced_with(query, json!({ "n": null }), &limits), Ok(25));
    // Not a number: priced at its dearest, and refused when the variables are coerced.
    assert_eq!(priced_with(query, json!({ "n": "7" }), &limits), Ok(205));
}

#[test]
fn a_page_larger_than_allowed_is_refused_by_the_arguments_name() {
    for query in ["{ runs(first: 201) { nodes { id } } }", "{ runs(first: -1) { nodes { id } } }"] {
        let refusal = priced_with(query, json!({}), &Limits::default()).unwrap_err();
        assert_eq!(refusal.code, Code::BadUserInput);
        assert!(refusal.message.contains("`first`"), "{}", refusal.message);
    }
}

#[test]
fn a_fragment_counts_as_often_as_it_is_spread() {
    let query = "{ a: run { ...F } b: run { ...F } } fragment F on Run { profile { id } }";
    assert_eq!(priced(query), 4);
}

#[test]
fn a_fragment_on_a_connection_multiplies_with_the_page_it_is_spread_on() {
    let query = "{ a: runs(first: 5) { ...F } b: runs(first: 100) { ...F } }
                 fragment F on RunConnection { nodes { profile { id } } }";
    assert_eq!(priced(query), 2 + 10 + 200);
}

#[test]
fn a_fragment_bomb_is_refused_without_unfolding_it() {
    let mut query = "{ run { ...F0 } }".to_owned();
    for i in 0..60 {
        let spreads = format!("...F{} ", i + 1).repeat(10);
        query += &format!(" fragment F{i} on Run {{ {spreads} }}");
    }
    query += " fragment F60 on Run { id }";
    assert_eq!(refused(&query), Code::CostLimit);
}

#[test]
fn fragments_that_spread_each_other_end() {
    // Validation refuses them; the price must only come to an end.
    assert_eq!(priced("{ run { ...A } } fragment A on Run { ...B } fragment B on Run { ...A id }"), 1);
}

#[test]
fn every_bound_on_a_document_is_held_at_its_edge() {
    let limits =
        Limits { aliases: 2, directives: 2, fragments: 1, depth: 3, selections: 4, cost: 10, ..Limits::default() };
    let ok = |query: &str| priced_with(query, json!({}), &limits).map_err(|r| r.code);
    let over = Err(Code::CostLimit);
    assert!(ok("{ a: version b: version }").is_ok());
    assert_eq!(ok("{ a: version b: version c: version }"), over);
    assert!(ok("{ version @skip(if: false) @include(if: true) }").is_ok());
    assert_eq!(ok("{ version @a @b ... @c { version } }"), over);
    assert!(ok("{ ...A } fragment A on Query { version }").is_ok());
    assert_eq!(ok("{ ...A } fragment A on Query { version } fragment B on Query { version }"), over);
    assert!(ok("{ run { profile { id } } }").is_ok());
    assert_eq!(ok("{ run { profile { profile { id } } } }"), over);
    assert!(ok("{ version version version version }").is_ok());
    assert_eq!(ok("{ version version version version version }"), over);
    assert!(ok("{ runs(first: 9) { nodes { id } } }").is_ok());
    assert_eq!(ok("{ runs(first: 10) { nodes { id } } }"), over);
}

#[test]
fn introspection_may_be_deep_but_not_multiply_the_schema_by_itself() {
    let of_type = "ofType { ".repeat(14) + "name" + &" }".repeat(14);
    assert_eq!(priced(&format!("{{ __schema {{ types {{ fields {{ type {{ {of_type} }} }} }} }} }}")), 0);
    let deeper = "ofType { ".repeat(17) + "name" + &" }".repeat(17);
    assert_eq!(refused(&format!("{{ __schema {{ types {{ fields {{ type {{ {deeper} }} }} }} }} }}")), Code::CostLimit);
    assert_eq!(
        refused("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"),
        Code::CostLimit
    );
}

#[test]
fn nesting_through_fragments_is_cut_off_before_it_reaches_the_stack() {
    let mut query = "{ run { ...F0 } }".to_owned();
    let deep = "... on Run { ".repeat(20);
    for i in 0..40 {
        query += &format!(" fragment F{i} on Run {{ {deep} ...F{} {} }}", i + 1, "} ".repeat(20));
    }
    query += " fragment F40 on Run { id }";
    assert_eq!(refused(&query), Code::CostLimit);
}
