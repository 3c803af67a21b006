//! Checks of literals that validation does not do: `@oneOf`, repeated fields, and values that are too large.

use apollo_compiler::ast::{Argument, InputValueDefinition, Type, Value};
use apollo_compiler::executable::{Directive, Selection, SelectionSet};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema};

use super::coerce::{LONGEST_TEXT, MOST_ITEMS, is_one_of};
use super::refusal::{Code, Refusal};

/// Refuses literals that are valid GraphQL but must not reach resolvers.
pub(crate) fn check(schema: &Valid<Schema>, document: &Valid<ExecutableDocument>) -> Result<(), Vec<Refusal>> {
    let mut found = Check { schema, document, refusals: Vec::new() };
    for operation in document.operations.iter() {
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                found.value(&variable.ty, default);
            }
        }
        found.directives(&operation.directives);
        found.selections(&operation.selection_set);
    }
    for fragment in document.fragments.values() {
        found.selections(&fragment.selection_set);
    }
    if found.refusals.is_empty() { Ok(()) } else { Err(found.refusals) }
}

struct Check<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    refusals: Vec<Refusal>,
}

impl Check<'_> {
    fn selections(&mut self, set: &SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.arguments, &field.definition.arguments);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) {
        for directive in directives {
            let schema = self.schema;
            if let Some(definition) = schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>], declared: &[Node<InputValueDefinition>]) {
        for argument in arguments {
            let definition = declared.iter().find(|definition| definition.name == argument.name);
            if let Some(definition) = definition {
                self.value(&definition.ty, &argument.value);
            }
        }
    }

    fn value(&mut self, ty: &Type, value: &Node<Value>) {
        match &**value {
            Value::String(text) if text.len() > LONGEST_TEXT => {
                let message = format!("a string may have at most {LONGEST_TEXT} bytes");
                self.refuse(Code::BadUserInput, &message, value);
            }
            Value::List(items) if items.len() > MOST_ITEMS => {
                let message = format!("a list may have at most {MOST_ITEMS} items");
                self.refuse(Code::BadUserInput, &message, value);
            }
            Value::String(text) if text.contains('\0') => {
                self.refuse(Code::BadUserInput, "the character U+0000 is not allowed", value);
            }
            Value::List(items) => items.iter().for_each(|item| self.value(ty.item_type(), item)),
            Value::Object(fields) => {
                let schema = self.schema;
                let input = schema.types.get(ty.inner_named_type());
                let input = input.and_then(ExtendedType::as_input_object);
                if let Some(input) = input.filter(|input| is_one_of(input)) {
                    self.one_of(input, fields, value);
                }
                for (index, (name, inner)) in fields.iter().enumerate() {
                    if fields[..index].iter().any(|(earlier, _)| earlier == name) {
                        let message = format!("input field `{name}` is given more than once");
                        self.refuse(Code::GraphqlValidationFailed, &message, inner);
                    }
                    let field = input.and_then(|input| input.fields.get(name));
                    // Values inside a custom scalar have the type of the scalar.
                    self.value(field.map_or(ty, |field| &field.ty), inner);
                }
            }
            _ => {}
        }
    }

    fn one_of(
        &mut self,
        input: &InputObjectType,
        fields: &[(apollo_compiler::Name, Node<Value>)],
        value: &Node<Value>,
    ) {
        let name = &input.name;
        let given = match fields {
            [(_, given)] if !given.is_null() => given,
            _ => {
                let message = format!("exactly one field of \"{name}\" must be given, not null");
                return self.refuse(Code::GraphqlValidationFailed, &message, value);
            }
        };
        if let Value::Variable(variable) = &**given {
            let declared = self.document.operations.iter().flat_map(|o| &o.variables);
            let nullable = declared.filter(|v| v.name == *variable).any(|v| !v.ty.is_non_null());
            if nullable {
                let message = format!("variable \"${variable}\" must be non-null to be a field of \"{name}\"");
                self.refuse(Code::GraphqlValidationFailed, &message, value);
            }
        }
    }

    fn refuse(&mut self, code: Code, message: &str, value: &Node<Value>) {
        let refusal = Refusal::new(code, message);
        self.refusals.push(refusal.at(value.location(), &self.document.sources));
    }
}
