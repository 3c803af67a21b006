//! Made-up documents and variables that are valid against a schema, the same for the same seed.

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use serde_json::{Map, Value, json};

/// How deep selections go below the root.
const DEPTH: usize = 5;

pub(crate) struct Generator<'a> {
    schema: &'a Valid<Schema>,
    state: u64,
    aliases: usize,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(schema: &'a Valid<Schema>, seed: u64) -> Self {
        Self { schema, state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, aliases: 0 }
    }

    /// A query, or now and then a mutation.
    pub(crate) fn document(&mut self) -> String {
        let (keyword, root) = if self.below(8) == 0 { ("mutation", "Mutation") } else { ("query", "Query") };
        format!("{keyword} {}", self.selections(root, DEPTH))
    }

    /// Values for the variables of an operation that have no default.
    pub(crate) fn variables(&self, operation: &Operation) -> Map<String, Value> {
        let required =
            operation.variables.iter().filter(|variable| variable.ty.is_non_null() && variable.default_value.is_none());
        required.map(|variable| (variable.name.to_string(), self.json(&variable.ty))).collect()
    }

    /// A number below `bound` (xorshift).
    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % bound
    }

    fn selections(&mut self, ty: &str, depth: usize) -> String {
        let fields: Vec<_> = match &self.schema.types[ty] {
            ExtendedType::Object(ty) => ty.fields.values().collect(),
            ExtendedType::Interface(ty) => ty.fields.values().collect(),
            _ => Vec::new(),
        };
        let mut selected = "{ __typename ".to_owned();
        for _ in 0..=self.below(3) {
            let count = u64::try_from(fields.len()).unwrap();
            let field = fields[usize::try_from(self.below(count)).unwrap()];
            selected += &self.field(field, depth);
        }
        selected + "} "
    }

    fn field(&mut self, field: &FieldDefinition, depth: usize) -> String {
        let inner = field.ty.inner_named_type();
        let is_leaf = self.schema.types[inner].is_leaf();
        if depth == 0 && !is_leaf {
            return String::new();
        }
        let arguments = self.arguments(field);
        self.aliases += 1;
        let selections = if is_leaf { String::new() } else { self.selections(inner, depth - 1) };
        format!("a{}: {}{arguments} {selections}", self.aliases, field.name)
    }

    fn arguments(&mut self, field: &FieldDefinition) -> String {
        let mut given = Vec::new();
        for argument in &field.arguments {
            let value = match argument.name.as_str() {
                "first" | "last" if self.below(3) == 0 => self.below(201).to_string(),
                "ids" => format!("[{}]", "\"x\" ".repeat(usize::try_from(self.below(9)).unwrap())),
                _ if argument.ty.is_non_null() => literal(&self.json(&argument.ty)),
                _ => continue,
            };
            given.push(format!("{}: {value}", argument.name));
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// A value of a type, with what is required of it and no more.
    fn json(&self, ty: &Type) -> Value {
        if ty.is_list() {
            return json!([self.json(ty.item_type())]);
        }
        match &self.schema.types[ty.inner_named_type()] {
            ExtendedType::Enum(values) => json!(values.values.keys().next().unwrap().as_str()),
            ExtendedType::InputObject(input) => {
                let one_of = usize::from(input.directives.has("oneOf"));
                let required = |ty: &Type| ty.is_non_null();
                let fields = input.fields.values().enumerate();
                let fields = fields.filter(|(index, field)| required(&field.ty) || *index < one_of);
                fields.map(|(_, field)| (field.name.to_string(), self.json(&field.ty))).collect::<Map<_, _>>().into()
            }
            scalar => match scalar.name().as_str() {
                "Int" => json!(3),
                "Float" => json!(0.5),
                "Boolean" => json!(true),
                _ => json!("x"),
            },
        }
    }
}

/// The value as GraphQL writes it. Enums are the texts in capitals.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", literal(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
