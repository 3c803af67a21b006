//! The executor's form of a document that was parsed and validated once, with its positions.

use apollo_compiler::ast::{Argument, Directive, Value};
use apollo_compiler::executable::{self, Field, Fragment, Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema, ast};
use async_graphql::parser::types as target;
use async_graphql::{Name, Number, Pos, Positioned};
use async_graphql_value::Value as Literal;

use super::order::TYPE_KEY;

/// Converts a valid document. Selections on interfaces and unions also ask for the type of each object, under
/// [`TYPE_KEY`], so that an answer can be put in order.
pub(crate) fn convert(
    schema: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    source: &str,
) -> target::ExecutableDocument {
    let convert = Convert { schema, positions: Positions::of(source) };
    let operations = &document.operations;
    target::ExecutableDocument {
        operations: match &operations.anonymous {
            Some(operation) => target::DocumentOperations::Single(convert.operation(operation)),
            None => target::DocumentOperations::Multiple(
                operations
                    .named
                    .iter()
                    .map(|(name, operation)| (Name::new(name), convert.operation(operation)))
                    .collect(),
            ),
        },
        fragments: document
            .fragments
            .iter()
            .map(|(name, fragment)| (Name::new(name), convert.fragment(fragment)))
            .collect(),
    }
}

struct Convert<'a> {
    schema: &'a Schema,
    positions: Positions,
}

impl Convert<'_> {
    fn at<T>(&self, span: Option<SourceSpan>, node: T) -> Positioned<T> {
        Positioned::new(node, span.map_or_else(Pos::default, |span| self.positions.at(span.offset())))
    }

    fn name(&self, name: &apollo_compiler::Name) -> Positioned<Name> {
        self.at(name.location(), Name::new(name))
    }

    fn operation(&self, operation: &Node<Operation>) -> Positioned<target::OperationDefinition> {
        let variables = operation.variables.iter().map(|variable| self.variable(variable));
        let definition = target::OperationDefinition {
            ty: match operation.operation_type {
                ast::OperationType::Query => target::OperationType::Query,
                ast::OperationType::Mutation => target::OperationType::Mutation,
                ast::OperationType::Subscription => target::OperationType::Subscription,
            },
            variable_definitions: variables.collect(),
            directives: self.directives(&operation.directives),
            selection_set: self.at(operation.location(), self.selections(&operation.selection_set)),
        };
        self.at(operation.location(), definition)
    }

    fn variable(&self, variable: &Node<executable::VariableDefinition>) -> Positioned<target::VariableDefinition> {
        let ty = target::Type::new(&variable.ty.to_string()).expect("a parsed type is written as a type");
        let default = variable.default_value.as_ref().map(|default| {
            let literal = value(default).into_const().expect("a default holds no variables");
            self.at(default.location(), literal)
        });
        let definition = target::VariableDefinition {
            name: self.name(&variable.name),
            var_type: self.at(variable.ty.location(), ty),
            directives: self.directives(&variable.directives),
            default_value: default,
        };
        self.at(variable.location(), definition)
    }

    fn fragment(&self, fragment: &Node<Fragment>) -> Positioned<target::FragmentDefinition> {
        let definition = target::FragmentDefinition {
            type_condition: self.condition(fragment.type_condition()),
            directives: self.directives(&fragment.directives),
            selection_set: self.at(fragment.location(), self.selections(&fragment.selection_set)),
        };
        self.at(fragment.location(), definition)
    }

    fn condition(&self, on: &apollo_compiler::Name) -> Positioned<target::TypeCondition> {
        self.at(on.location(), target::TypeCondition { on: self.name(on) })
    }

    fn selections(&self, set: &SelectionSet) -> target::SelectionSet {
        let items = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) => self.at(field.location(), target::Selection::Field(self.field(field))),
            Selection::FragmentSpread(spread) => {
                let converted = target::FragmentSpread {
                    fragment_name: self.name(&spread.fragment_name),
                    directives: self.directives(&spread.directives),
                };
                let converted = target::Selection::FragmentSpread(self.at(spread.location(), converted));
                self.at(spread.location(), converted)
            }
            Selection::InlineFragment(inline) => {
                let converted = target::InlineFragment {
                    type_condition: inline.type_condition.as_ref().map(|on| self.condition(on)),
                    directives: self.directives(&inline.directives),
                    selection_set: self.at(inline.location(), self.selections(&inline.selection_set)),
                };
                let converted = target::Selection::InlineFragment(self.at(inline.location(), converted));
                self.at(inline.location(), converted)
            }
        });
        target::SelectionSet { items: items.collect() }
    }

    fn field(&self, field: &Node<Field>) -> Positioned<target::Field> {
        let argument = |argument: &Node<Argument>| {
            let given = self.at(argument.value.location(), value(&argument.value));
            (self.name(&argument.name), given)
        };
        let mut selections = self.selections(&field.selection_set);
        if self.is_abstract(&field.selection_set) {
            let asked = self.at(field.location(), ()).pos;
            selections.items.push(Positioned::new(type_of_object(asked), asked));
        }
        let converted = target::Field {
            alias: field.alias.as_ref().map(|alias| self.name(alias)),
            name: self.name(&field.name),
            arguments: field.arguments.iter().map(argument).collect(),
            directives: self.directives(&field.directives),
            selection_set: self.at(field.location(), selections),
        };
        self.at(field.location(), converted)
    }

    /// Whether these are selections on an interface or a union that depend on the type of the object.
    fn is_abstract(&self, set: &SelectionSet) -> bool {
        let ty = self.schema.types.get(&set.ty);
        matches!(ty, Some(ExtendedType::Interface(_) | ExtendedType::Union(_)))
            && set.selections.iter().any(|selection| !matches!(selection, Selection::Field(_)))
    }

    fn directives(&self, directives: &[Node<Directive>]) -> Vec<Positioned<target::Directive>> {
        let converted = directives.iter().map(|directive| {
            let arguments = directive.arguments.iter();
            let arguments = arguments.map(|argument| {
                let given = self.at(argument.value.location(), value(&argument.value));
                (self.name(&argument.name), given)
            });
            let converted = target::Directive { name: self.name(&directive.name), arguments: arguments.collect() };
            self.at(directive.location(), converted)
        });
        converted.collect()
    }
}

fn type_of_object(at: Pos) -> target::Selection {
    let field = target::Field {
        alias: Some(Positioned::new(Name::new(TYPE_KEY), at)),
        name: Positioned::new(Name::new("__typename"), at),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::new(target::SelectionSet::default(), at),
    };
    target::Selection::Field(Positioned::new(field, at))
}

fn value(literal: &Value) -> Literal {
    match literal {
        Value::Null => Literal::Null,
        Value::Enum(name) => Literal::Enum(Name::new(name)),
        Value::Variable(name) => Literal::Variable(Name::new(name)),
        Value::String(text) => Literal::String(text.clone()),
        Value::Boolean(yes) => Literal::Boolean(*yes),
        Value::Int(number) => self::number(number.as_str(), number.try_to_f64().ok()),
        Value::Float(number) => self::number(number.as_str(), number.try_to_f64().ok()),
        Value::List(items) => Literal::List(items.iter().map(|item| value(item)).collect()),
        Value::Object(fields) => {
            Literal::Object(fields.iter().map(|(name, field)| (Name::new(name), value(field))).collect())
        }
    }
}

/// Whole numbers stay whole as far as 64 bits go.
fn number(text: &str, float: Option<f64>) -> Literal {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    whole.or_else(|| Number::from_f64(float?)).map_or(Literal::Null, Literal::Number)
}

/// Lines and columns of the bytes of a text, both counted from one; a column counts characters.
struct Positions(Vec<Pos>);

impl Positions {
    fn of(text: &str) -> Self {
        let mut positions = Vec::with_capacity(text.len());
        let mut at = Pos { line: 1, column: 1 };
        for letter in text.chars() {
            positions.resize(positions.len() + letter.len_utf8(), at);
            at = match letter {
                '\n' => Pos { line: at.line + 1, column: 1 },
                _ => Pos { line: at.line, column: at.column + 1 },
            };
        }
        Self(positions)
    }

    fn at(&self, offset: usize) -> Pos {
        self.0.get(offset).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
