//! What the edge charges for an operation, against the IBM cost specification over the published schema.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod charge;
mod formula;
mod generate;

use std::path::Path;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use seatgraph::schema::sdl;
use serde_json::{Map, Value, json};

use charge::Edge;
use generate::Generator;

/// Documents that are made up for the comparison.
const GENERATED: u64 = 400;

fn schema() -> Valid<Schema> {
    Schema::parse_and_validate(sdl(), "schema.graphql").unwrap()
}

fn by_formula(schema: &Valid<Schema>, query: &str, variables: &Map<String, Value>) -> u64 {
    let document = ExecutableDocument::parse_and_validate(schema, query, "document").unwrap();
    formula::cost(schema, &document, document.operations.iter().next().unwrap(), variables)
}

#[tokio::test]
async fn no_shared_document_costs_more_than_the_formula_says() {
    let (schema, edge) = (schema(), Edge::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../graphql/operations");
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let query = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let document = ExecutableDocument::parse_and_validate(&schema, &query, "document").unwrap();
        let operation = document.operations.iter().next().unwrap();
        let variables = Generator::new(&schema, 1).variables(operation);
        let charged = edge.charge(&query, &variables).await;
        assert_eq!(charged, formula::cost(&schema, &document, operation, &variables), "{query}");
        compared += 1;
    }
    assert!(compared > 25, "{compared}");
}

#[tokio::test]
async fn no_generated_document_costs_more_than_the_formula_says() {
    let (schema, edge) = (schema(), Edge::new());
    let (mut dearest, mut with_ids) = (0, 0);
    for seed in 0..GENERATED {
        let query = Generator::new(&schema, seed).document();
        let (charged, bound) = (edge.charge(&query, &Map::new()).await, by_formula(&schema, &query, &Map::new()));
        if query.contains("(ids:") {
            // The formula knows no more than how many ids there may be.
            assert!(charged <= bound, "{charged} > {bound}: {query}");
            with_ids += 1;
        } else {
            assert_eq!(charged, bound, "{query}");
        }
        dearest = dearest.max(charged);
    }
    assert!(dearest > 1_000 && with_ids > 5, "the documents are too simple: {dearest}, {with_ids}");
}

#[tokio::test]
async fn the_most_ids_that_are_accepted_cost_what_the_formula_assumes() {
    let (schema, edge) = (schema(), Edge::new());
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let ids = |count: usize| json!({ "ids": vec!["x"; count] }).as_object().unwrap().clone();
    assert_eq!(edge.charge(query, &ids(200)).await, by_formula(&schema, query, &ids(200)));
    assert_eq!(edge.refused(query, &ids(201)).await, "argument `ids` takes at most 200 items");
}

#[tokio::test]
async fn a_page_beyond_the_limit_is_refused_by_name() {
    let edge = Edge::new();
    for (arguments, argument) in [("first: 201", "first"), ("last: 201", "last"), ("last: -1", "last")] {
        let refused =
            edge.refused(&format!("{{ subscriptions({arguments}) {{ nodes {{ id }} }} }}"), &Map::new()).await;
        assert_eq!(refused, format!("argument `{argument}` must be between 0 and 200"));
    }
}

#[test]
fn the_schema_publishes_costs_as_directives() {
    let sdl = sdl();
    for line in [
        r#"@listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)"#,
        r#"nodes(
    "Global ids, at most 200. They may be of different types."
    ids: [ID!]!
  ): [Node]! @listSize(assumedSize: 200)"#,
        r#"edges: [AccountEdge!]! @cost(weight: "0")"#,
        r#"totalCount: Int! @cost(weight: "10")"#,
        r#"): SyncPayload! @cost(weight: "11")"#,
        "directive @cost(weight: String!) on FIELD_DEFINITION",
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ] {
        assert!(sdl.contains(line), "{line} is not in the schema");
    }
    assert!(!sdl.contains("Costs ") && !sdl.contains("page size ×"), "a description still states a cost");
}
