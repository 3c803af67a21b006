//! What operations cost, and which cost too much.

use serde_json::json;

use super::*;

const SCHEMA: &str = "
    type Query {
        version: String  run: Run  runs(first: Int, last: Int): RunConnection!
        nodes(ids: [ID!]!): [Run]!  some(ids: [ID!] = [1, 2, 3]): [Run]!
    }
    type Mutation { start: Run }
    type RunConnection { nodes: [Run!]!  edges: [RunEdge!]!  totalCount: Int }
    type RunEdge { node: Run! }
    type Run { id: ID!  profile: Run  account: Run  model: Run  findings: [Run!]!  runs(first: Int = 10): RunConnection! }
";

fn priced_with(query: &str, variables: Json, limits: &Limits) -> Result<u64, Vec<Refusal>> {
    let schema = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
    let document = ExecutableDocument::parse_and_validate(&schema, query, "document").unwrap();
    let operation = document.operations.iter().next().unwrap();
    let given = variables.as_object().unwrap().clone();
    let variables = crate::edge::coerce::coerce(&schema, &document.sources, operation, given, 9)?;
    price(&schema, &document, operation, &variables, limits)
}

fn priced(query: &str) -> u64 {
    priced_with(query, json!({}), &Limits { cost: u64::MAX, ..Limits::default() }).unwrap()
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
fn leaves_cost_nothing_and_mutations_cost_extra() {
    assert_eq!(priced("{ version }"), 0);
    assert_eq!(priced("mutation { start { id } }"), 11);
    assert_eq!(priced("mutation { ...on Mutation { start { id } } }"), 11);
    assert_eq!(priced("mutation { ...Both } fragment Both on Mutation { a: start { id } b: start { id } }"), 22);
}

#[test]
fn a_count_costs_more_than_an_empty_page() {
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
    assert_eq!(priced_with(query, json!({ "n": "7" }), &limits).unwrap_err()[0].code, Code::BadUserInput);
}

#[test]
fn a_page_larger_than_allowed_is_refused_by_the_arguments_name() {
    for query in ["{ runs(first: 201) { nodes { id } } }", "{ runs(first: -1) { nodes { id } } }"] {
        let refusals = priced_with(query, json!({}), &Limits::default()).unwrap_err();
        assert_eq!(refusals[0].code, Code::BadUserInput);
        assert!(refusals[0].message.contains("`first`"), "{}", refusals[0].message);
    }
    let limits = Limits { page_size: 5, ..Limits::default() };
    let refusals = priced_with("{ runs(first: 6) { nodes { id } } }", json!({}), &limits).unwrap_err();
    assert_eq!(refusals[0].message, "argument `first` must be between 0 and 5");
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
fn the_cost_limit_is_exact() {
    let limits = Limits { cost: 10, ..Limits::default() };
    assert_eq!(priced_with("{ runs(first: 9) { nodes { id } } }", json!({}), &limits), Ok(10));
    let refused = priced_with("{ runs(first: 10) { nodes { id } } }", json!({}), &limits).unwrap_err();
    assert_eq!(refused[0].code, Code::CostLimit);
}

#[test]
fn introspection_is_free() {
    assert_eq!(priced("{ __schema { types { fields { type { name } } } } }"), 0);
}

#[test]
fn defaults_are_priced_as_they_are_executed() {
    let ids = |count: usize| format!("[{}]", "\"a\" ".repeat(count));
    assert_eq!(priced(&format!("query($ids: [ID!]! = {}) {{ nodes(ids: $ids) {{ id }} }}", ids(200))), 200);
    assert_eq!(priced("{ some { id } }"), 3);
    assert_eq!(priced("query($ids: [ID!]) { some(ids: $ids) { id } }"), 3);
    assert_eq!(priced("query($id: ID! = 1) { run { id } nodes(ids: [$id, $id]) { id } }"), 3);
}

#[test]
fn every_size_out_of_bounds_is_one_refusal_at_its_argument() {
    let ids = "\"a\" ".repeat(201);
    let query = format!(
        "{{ a: runs(first: 201) {{ nodes {{ id }} }}\n b: runs(last: -1) {{ nodes {{ id }} }}\n nodes(ids: [{ids}]) {{ id }} }}"
    );
    let refusals = priced_with(&query, json!({}), &Limits::default()).unwrap_err();
    let found: Vec<_> =
        refusals.iter().map(|refusal| (refusal.message.as_str(), refusal.line_column().unwrap().0)).collect();
    let expected = [
        ("argument `first` must be between 0 and 200", 1),
        ("argument `last` must be between 0 and 200", 2),
        ("argument `ids` takes at most 200 items", 3),
    ];
    assert_eq!(found, expected);
}
