//! The schema that documents are validated against: the executor's own, with the introspection that it answers.

use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::{Component, ExtendedType};
use apollo_compiler::validation::{Valid, WithErrors};
use apollo_compiler::{Schema, name, ty};

/// Reads a schema. The library's built-in `__Type` is older than `isOneOf`, which the executor answers.
pub(crate) fn schema(sdl: &str) -> Result<Valid<Schema>, WithErrors<Schema>> {
    let mut schema = Schema::parse(sdl, "schema.graphql")?;
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
    schema.validate()
}
