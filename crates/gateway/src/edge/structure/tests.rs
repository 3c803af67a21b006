//! Which documents are too large, too deep or too wide.

use apollo_compiler::parser::Parser;

use super::*;

fn checked(query: &str, limits: &Limits) -> Result<(), Code> {
    let document = Parser::new().parse_ast(query, "document").unwrap();
    check(&document, limits).map_err(|refusals| refusals[0].code)
}

const REFUSED: Result<(), Code> = Err(Code::CostLimit);

#[test]
fn every_limit_of_a_document_is_exact() {
    let limits = Limits { aliases: 2, directives: 2, fragments: 1, depth: 3, selections: 4, ..Limits::default() };
    for (within, beyond) in [
        ("{ a: version b: version }", "{ a: version b: version c: version }"),
        ("{ version @skip(if: false) @include(if: true) }", "{ version @a @b ... @c { version } }"),
        (
            "{ ...A } fragment A on Query { version }",
            "{ ...A } fragment A on Query { version } fragment B on Query { version }",
        ),
        ("{ run { profile { id } } }", "{ run { profile { profile { id } } } }"),
        ("{ version version version version }", "{ version version version version version }"),
    ] {
        assert_eq!(checked(within, &limits), Ok(()), "{within}");
        assert_eq!(checked(beyond, &limits), REFUSED, "{beyond}");
    }
}

#[test]
fn each_exceeded_limit_is_one_refusal() {
    let limits = Limits { aliases: 0, depth: 1, ..Limits::default() };
    let document = Parser::new().parse_ast("{ a: run { id } } query B { run { id } }", "document").unwrap();
    let messages: Vec<_> = check(&document, &limits).unwrap_err().into_iter().map(|refusal| refusal.message).collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
}

#[test]
fn a_fragment_bomb_is_refused_without_unfolding_it() {
    let mut query = "{ run { ...F0 } }".to_owned();
    for i in 0..60 {
        let spreads = format!("...F{} ", i + 1).repeat(10);
        query += &format!(" fragment F{i} on Run {{ {spreads} }}");
    }
    query += " fragment F60 on Run { id }";
    assert_eq!(checked(&query, &Limits::default()), REFUSED);
}

#[test]
fn fragments_that_spread_each_other_end() {
    // Validation refuses them; the counter must only terminate.
    let query = "{ run { ...A } } fragment A on Run { ...B } fragment B on Run { ...A id }";
    assert_eq!(checked(query, &Limits::default()), Ok(()));
}

#[test]
fn introspection_may_be_deep_but_not_nest_lists() {
    let types = |depth: usize| {
        let of_type = "ofType { ".repeat(depth) + "name" + &" }".repeat(depth);
        format!("{{ __schema {{ types {{ fields {{ type {{ {of_type} }} }} }} }} }}")
    };
    assert_eq!(checked(&types(14), &Limits::default()), Ok(()));
    assert_eq!(checked(&types(17), &Limits::default()), REFUSED);
    let thrice = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(checked(thrice, &Limits::default()), REFUSED);
    let fragment = "{ __schema { types { ...F } } }
        fragment F on __Type { fields { type { fields { type { fields { name } } } } } }";
    assert_eq!(checked(fragment, &Limits::default()), REFUSED);
}

#[test]
fn nesting_through_fragments_is_cut_off_before_it_reaches_the_stack() {
    let mut query = "{ run { ...F0 } }".to_owned();
    let deep = "... on Run { ".repeat(20);
    for i in 0..40 {
        query += &format!(" fragment F{i} on Run {{ {deep} ...F{} {} }}", i + 1, "} ".repeat(20));
    }
    query += " fragment F40 on Run { id }";
    assert_eq!(checked(&query, &Limits::default()), REFUSED);
}
