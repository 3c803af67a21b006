//! The published schema: it is up to date, described, and the shared documents match it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apollo_compiler::{ExecutableDocument, Schema};
use async_graphql::Request;
use seatgraph::schema;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../graphql")
}

/// The shared documents by the name of their file.
fn documents() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(root().join("operations")).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let committed = std::fs::read_to_string(root().join("schema.graphql")).unwrap();
    let message = "run `just generate` and review what changed";
    assert!(committed == schema::sdl(), "graphql/schema.graphql is not the schema in force: {message}");
}

#[test]
fn the_schema_is_printed_in_alphabetical_order() {
    let schema = Schema::parse_and_validate(schema::sdl(), "schema.graphql").unwrap();
    let types: Vec<_> = schema.types.values().filter(|of| !of.is_built_in()).collect();
    assert!(types.len() > 100 && types.is_sorted_by_key(|of| of.name()), "{}", types.len());
    for object in types.iter().filter_map(|of| of.as_object()) {
        assert!(object.fields.keys().is_sorted(), "the fields of {}", object.name);
        for field in object.fields.values() {
            assert!(field.arguments.is_sorted_by_key(|argument| &argument.name), "{}.{}", object.name, field.name);
        }
    }
}

#[test]
fn every_shared_document_is_valid_and_holds_the_operation_of_its_name() {
    let schema = Schema::parse_and_validate(schema::sdl(), "schema.graphql").unwrap();
    let documents = documents();
    assert!(documents.len() > 25, "{:?}", documents.keys());
    for (name, text) in documents {
        let document = ExecutableDocument::parse_and_validate(&schema, text, &name).unwrap();
        let operations: Vec<_> = document.operations.named.keys().map(|name| name.as_str()).collect();
        assert_eq!((operations, document.operations.anonymous.is_some()), (vec![name.as_str()], false));
    }
}

#[test]
fn every_mutation_has_its_shared_document() {
    let schema = Schema::parse_and_validate(schema::sdl(), "schema.graphql").unwrap();
    let documents = documents();
    let mutations = &schema.get_object("Mutation").unwrap().fields;
    let missing: Vec<_> = mutations.keys().filter(|field| !documents.contains_key(&pascal(field))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn pascal(field: &str) -> String {
    let (first, rest) = field.split_at(1);
    first.to_uppercase() + rest
}

#[tokio::test]
async fn everything_in_the_schema_is_described_by_a_sentence() {
    let types = introspect().await;
    let mut bare = Vec::new();
    for of in types {
        let name = of["name"].as_str().unwrap();
        if name.starts_with("__") {
            continue;
        }
        let mut check = |what: String, described: &Value| {
            let text = described["description"].as_str().unwrap_or_default().trim();
            if !text.ends_with(['.', ')']) || text.len() < 8 {
                bare.push(format!("{what}: {text:?}"));
            }
        };
        if !["Boolean", "Float", "ID", "Int", "String"].contains(&name) {
            check(name.to_owned(), &of);
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for member in of[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                check(path.clone(), member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    check(format!("{path}({})", argument["name"].as_str().unwrap()), argument);
                }
            }
        }
    }
    assert!(bare.is_empty(), "without a sentence:\n{}", bare.join("\n"));
}

#[tokio::test]
async fn every_connection_has_rows_edges_page_and_count() {
    let types = introspect().await;
    let connections: Vec<_> = types.iter().filter(|of| of["name"].as_str().unwrap().ends_with("Connection")).collect();
    assert!(connections.len() > 5, "{connections:?}");
    for of in connections {
        let name = &of["name"];
        let fields = of["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap());
        let mut fields: Vec<_> = fields.collect();
        fields.sort_unstable();
        assert_eq!(fields, ["edges", "nodes", "pageInfo", "totalCount"], "{name}");
    }
}

#[tokio::test]
async fn an_unknown_name_has_no_suggestion_without_introspection() {
    let answer = schema::build().execute("{ connectorz { id } }").await;
    let text = serde_json::to_string(&answer).unwrap();
    assert!(text.contains("connectorz") && !text.contains("connectors"), "{text}");
}

async fn introspect() -> Vec<Value> {
    const QUERY: &str = "{ __schema { types { name description
        fields(includeDeprecated: true) { name description args { name description } }
        inputFields { name description }
        enumValues(includeDeprecated: true) { name description } } } }";
    let answer = schema::build().execute(Request::new(QUERY)).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let Value::Array(types) = answer.data.into_json().unwrap()["__schema"]["types"].take() else {
        panic!("types are a list")
    };
    types
}
