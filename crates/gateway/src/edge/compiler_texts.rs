//! The one place where texts of apollo-compiler are read: its kinds of errors have no public type.

/// Whether an error of the parser says that a limit on tokens or nesting was reached.
pub(crate) fn is_limit(message: &str) -> bool {
    !message.starts_with("syntax error")
}

/// Whether an error of validation says that an object is selected without fields of its own.
pub(crate) fn is_without_selections(message: &str) -> bool {
    message == "interface, union and object types must have a subselection set"
}

#[cfg(test)]
mod tests {
    use apollo_compiler::parser::Parser;
    use apollo_compiler::{ExecutableDocument, Schema};

    use super::*;

    /// Whether the parser's first error is a limit.
    fn limited(source: &str) -> bool {
        let failed = Parser::new().token_limit(9).recursion_limit(3).parse_ast(source, "document").unwrap_err();
        failed.errors.iter().any(|found| is_limit(&found.error.to_string()))
    }

    #[test]
    fn the_parser_distinguishes_limits_from_syntax_errors() {
        assert!(limited("{ a b c d e f g h i j }"));
        assert!(limited("{ a { b { c { d } } } }"));
        assert!(!limited("{ a"));
        assert!(!limited("{ 1 }"));
    }

    #[test]
    fn validation_detects_an_object_without_selections() {
        let schema = Schema::parse_and_validate("type Query { a: Query b: Int }", "schema").unwrap();
        let said = |source| {
            let failed = ExecutableDocument::parse_and_validate(&schema, source, "document").unwrap_err();
            failed.errors.iter().map(|found| is_without_selections(&found.to_json().message)).collect::<Vec<_>>()
        };
        assert_eq!(said("{ a }"), [true]);
        assert_eq!(said("{ b(c: 1) }"), [false]);
    }
}
