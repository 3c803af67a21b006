//! The permission of every root field.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests to us, if not to the lint")]

use std::fmt::Write;

use apollo_compiler::Schema;
use apollo_compiler::ast::OperationType;
use seatgraph::schema::{self, rights};
use seatgraph_store::Role;

fn roots() -> Vec<(OperationType, Vec<String>)> {
    let schema = Schema::parse_and_validate(schema::sdl(), "schema.graphql").unwrap();
    let fields = |root: OperationType| {
        let name = schema.root_operation(root).unwrap();
        schema.get_object(name).unwrap().fields.keys().map(ToString::to_string).collect()
    };
    [OperationType::Query, OperationType::Mutation, OperationType::Subscription].map(|root| (root, fields(root))).into()
}

#[test]
fn every_root_field_has_a_permission() {
    for (root, fields) in roots() {
        for field in fields {
            assert!(rights::need(root, &field).is_some(), "{root:?}.{field}: add it to schema/rights.rs");
        }
    }
}

#[test]
fn every_mutation_requires_a_permission() {
    for (root, fields) in roots() {
        for field in fields.iter().filter(|_| root == OperationType::Mutation) {
            assert!(
                matches!(rights::need(root, field), Some(rights::Need::Permission(_) | rights::Need::Everywhere(_))),
                "{field}"
            );
        }
    }
}

#[test]
fn the_permissions_of_root_fields_match_this_table() {
    let mut table = format!("{:<40}", "");
    for role in Role::ALL {
        write!(table, " {:<10}", role.as_str()).unwrap();
    }
    for (root, fields) in roots() {
        for field in fields {
            write!(table, "\n{:<40}", format!("{root:?}.{field}")).unwrap();
            for &role in Role::ALL {
                let may = match rights::need(root, &field).unwrap() {
                    rights::Need::Permission(permission) if permission.is_of(role) => "yes",
                    rights::Need::Everywhere(permission) if permission.is_of(role) => "everywhere",
                    rights::Need::Permission(_) | rights::Need::Everywhere(_) => "-",
                    rights::Need::Authenticated => "yes",
                };
                write!(table, " {may:<10}").unwrap();
            }
        }
    }
    let table: Vec<_> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"));
}
