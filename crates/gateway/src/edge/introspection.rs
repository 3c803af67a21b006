//! The schema that documents are validated against: the executor's own, with the introspection that it answers.

use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::{Component, ExtendedType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Schema, name, ty};

/// Reads a schema. The library's built-in `__Type` is older than `isOneOf`, which the executor answers.
///
/// # Errors
/// The library's description of every fault, when the text is not a valid schema.
pub(crate) fn schema(sdl: &str) -> Result<Valid<Schema>, String> {
    let mut schema = Schema::parse(sdl, "schema.graphql").map_err(|failed| failed.errors.to_string())?;
    if let Some(ExtendedType::Object(types)) = schema.types.get_mut("__Type") {
        let field = FieldDefinition {
            description: None,
            name: name!("isOneOf"),
            arguments: Vec::new(),
            ty: ty!(Boolean),
            directives: Default::default(),
        };
        types.make_mut().fields.entry(name!("isOneOf")).or_insert_with(|| Component::new(field));
    }
    schema.validate().map_err(|failed| failed.errors.to_string())
}
