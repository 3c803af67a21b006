//! Documents made from the schema: one for each object type, with all of its fields and what hangs on them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use apollo_compiler::Schema;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::ExtendedType;

/// How far a selection follows fields that return objects.
const DEPTH: usize = 3;

/// Fields that need an argument, with the argument that the documents give. Fields without one are asked for by an id,
/// which `arguments.rs` does.
const WITH_ARGUMENTS: [(&str, Option<&str>); 7] = [
    ("Connector.setup", Some("grant: CLIENT_CREDENTIALS")),
    ("Query.connectionAlias", None),
    ("Query.connector", Some("key: \"memory\"")),
    ("Query.node", None),
    ("Query.nodes", None),
    ("Query.profile", None),
    ("Query.syncRun", None),
];

/// A document, and the object type that it shows all fields of.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) object: String,
    pub(crate) text: String,
}

/// The way from the root of all queries to an object type: what is written before and after its fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path {
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Path {
    fn step(&self, field: &str) -> Self {
        Self { before: format!("{}{field} {{ ", self.before), after: format!(" }}{}", self.after) }
    }
}

/// Makes a document for each object type that queries lead to.
pub(crate) fn of(schema: &Schema) -> Vec<Document> {
    let paths = paths(schema);
    let documents = paths.iter().map(|(object, path)| {
        let fields = selection(schema, object, DEPTH);
        Document { object: object.clone(), text: format!("{{ {}{fields}{} }}", path.before, path.after) }
    });
    let documents: Vec<_> = documents.collect();
    assert_reached(schema, &paths.into_keys().collect());
    documents
}

/// The shortest way to each object type.
pub(crate) fn paths(schema: &Schema) -> BTreeMap<String, Path> {
    let mut found = BTreeMap::from([("Query".to_owned(), Path::default())]);
    let mut next = VecDeque::from(["Query".to_owned()]);
    while let Some(object) = next.pop_front() {
        let path = found[&object].clone();
        for field in fields(schema, &object) {
            let target = field.ty.inner_named_type().as_str();
            let Some(call) = call(&object, field) else { continue };
            for (object, fragment) in objects(schema, target) {
                if !found.contains_key(object) {
                    let step = path.step(&call);
                    let step = fragment.map_or(step.clone(), |fragment| step.step(&fragment));
                    found.insert(object.to_owned(), step);
                    next.push_back(object.to_owned());
                }
            }
        }
    }
    found
}

/// Asserts that every object type is in a document, apart from those that only mutations and subscriptions return.
fn assert_reached(schema: &Schema, reached: &BTreeSet<String>) {
    let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
    let mut next = vec!["Mutation", "Subscription"];
    while let Some(object) = next.pop() {
        if elsewhere.insert(object) {
            let targets = fields(schema, object).map(|field| field.ty.inner_named_type().as_str());
            next.extend(targets.flat_map(|target| objects(schema, target).into_iter().map(|(object, _)| object)));
        }
    }
    for (name, ty) in &schema.types {
        let known = reached.contains(name.as_str()) || elsewhere.contains(name.as_str());
        assert!(!ty.is_object() || ty.is_built_in() || known, "no field returns {name}");
    }
}

/// Selects every field of a type; fields that return objects so many levels deep.
pub(crate) fn selection(schema: &Schema, name: &str, depth: usize) -> String {
    let mut parts = vec!["__typename".to_owned()];
    for field in fields(schema, name) {
        let target = field.ty.inner_named_type().as_str();
        let Some(call) = call(name, field) else { continue };
        if objects(schema, target).is_empty() {
            parts.push(call);
        } else if depth > 0 {
            parts.push(format!("{call} {{ {} }}", selection(schema, target, depth - 1)));
        }
    }
    if schema.get_interface(name).is_some() {
        for (object, fragment) in objects(schema, name) {
            let fragment = fragment.expect("an object of an interface is selected by a fragment");
            parts.push(format!("{fragment} {{ {} }}", selection(schema, object, depth.saturating_sub(1))));
        }
    }
    parts.join(" ")
}

/// Writes a field with the arguments that it needs, and the largest page; `None` when it is asked for by an id.
fn call(object: &str, field: &FieldDefinition) -> Option<String> {
    let name = &field.name;
    if field.arguments.iter().any(|argument| argument.is_required()) {
        let position = format!("{object}.{name}");
        let decision = WITH_ARGUMENTS.iter().find(|(known, _)| *known == position);
        let (_, arguments) = decision.unwrap_or_else(|| panic!("no decision for {position}: add it to WITH_ARGUMENTS"));
        return arguments.map(|arguments| format!("{name}({arguments})"));
    }
    let pages = field.arguments.iter().any(|argument| argument.name == "first");
    Some(if pages { format!("{name}(first: 200)") } else { name.to_string() })
}

fn fields<'a>(schema: &'a Schema, name: &str) -> Box<dyn Iterator<Item = &'a FieldDefinition> + 'a> {
    match schema.types.get(name) {
        Some(ExtendedType::Object(object)) => Box::new(object.fields.values().map(|field| &***field)),
        Some(ExtendedType::Interface(interface)) => Box::new(interface.fields.values().map(|field| &***field)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The object types that a composite type stands for, each with the fragment that selects it where one is needed.
fn objects<'a>(schema: &'a Schema, name: &'a str) -> Vec<(&'a str, Option<String>)> {
    match schema.types.get(name) {
        Some(ExtendedType::Object(_)) => vec![(name, None)],
        Some(ExtendedType::Interface(_)) => {
            let implementers = schema.types.iter().filter_map(|(object, ty)| match ty {
                ExtendedType::Object(ty) if ty.implements_interfaces.iter().any(|known| known.as_str() == name) => {
                    Some((object.as_str(), Some(format!("... on {object}"))))
                }
                _ => None,
            });
            implementers.collect()
        }
        Some(ExtendedType::Union(union)) => {
            union.members.iter().map(|member| (member.as_str(), Some(format!("... on {}", member.name)))).collect()
        }
        _ => Vec::new(),
    }
}
