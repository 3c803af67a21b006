//! What the schema says a field costs is what the edge charges for it.

use apollo_compiler::Schema;
use apollo_compiler::ast::{Definition, FieldDefinition};
use apollo_compiler::parser::Parser;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use serde_json::Map;

use crate::edge::Limits;
use crate::edge::cost;

const PAGE: u64 = 7;
const IDS: u64 = 3;

/// Does the arithmetic that the description asks of its reader, for a row that selects no objects.
fn published(field: &FieldDefinition) -> u64 {
    let Some((_, said)) = field.description.as_deref().and_then(|text| text.rsplit_once("Costs ")) else { return 0 };
    let formula = said
        .trim_end_matches('.')
        .replace("page size", &PAGE.to_string())
        .replace("count of `ids`", &IDS.to_string())
        .replace("what a row selects", "0");
    let sum = |text: &str| text.split(" + ").map(|term| term.parse::<u64>().expect(text)).sum::<u64>();
    match formula.trim_end_matches(')').split_once(" × (") {
        None => sum(&formula),
        Some((before, row)) => {
            let (once, rows) = before.rsplit_once(" + ").unwrap_or(("0", before));
            sum(once) + sum(rows) * sum(row)
        }
    }
}

/// What the edge charges for the field, with a page of seven, three ids, and rows that select no objects.
fn charged(schema: &Valid<Schema>, parent: &str, field: &FieldDefinition) -> u64 {
    let inner = field.ty.inner_named_type();
    let selections = match &schema.types[inner] {
        ExtendedType::Scalar(_) | ExtendedType::Enum(_) => "",
        _ if inner.ends_with("Connection") => "{ nodes { __typename } }",
        _ => "{ __typename }",
    };
    let takes = |name: &str| field.argument_by_name(name).is_some();
    let arguments = match (takes("first"), takes("ids")) {
        (true, _) => format!("(first: {PAGE})"),
        (_, true) => r#"(ids: ["a", "b", "c"])"#.to_owned(),
        _ => String::new(),
    };
    let asked = format!("{}{arguments} {selections}", field.name);
    let query = match parent {
        "Mutation" => format!("mutation {{ {asked} }}"),
        parent => format!("{{ ... on {parent} {{ {asked} }} }}"),
    };
    let document = Parser::new().parse_ast(&query, "document").unwrap();
    let Some(Definition::OperationDefinition(operation)) = document.definitions.first() else { unreachable!() };
    cost::price(schema, &document, operation, &Map::new(), &Limits::default()).unwrap().cost
}

#[test]
fn every_field_says_what_it_is_charged_at() {
    let schema = Schema::parse_and_validate(crate::schema::sdl(), "schema.graphql").unwrap();
    let mut priced = 0;
    for (parent, ty) in schema.types.iter().filter(|(name, _)| !name.starts_with("__")) {
        let fields = match ty {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => continue,
        };
        // The rows of a connection are part of its own price.
        for field in fields
            .values()
            .filter(|f| !(parent.ends_with("Connection") && ["nodes", "edges"].contains(&f.name.as_str())))
        {
            assert_eq!(published(field), charged(&schema, parent, field), "{parent}.{}", field.name);
            priced += u32::from(published(field) > 0);
        }
    }
    assert!(priced > 50, "only {priced} fields say that they cost something");
}

#[test]
fn a_page_and_a_mutation_say_it_in_words_a_person_can_reckon_with() {
    let sdl = crate::schema::sdl();
    assert!(sdl.contains("Costs 1 + page size × (1 + what a row selects)."));
    assert!(sdl.contains("Costs 10 + 1."));
    assert!(sdl.contains("With the header `x-seatgraph-cost: 1` the answer tells the price."));
}
