//! Every place in the schema where an id can be given, and which objects it names there.

use std::fmt;

use apollo_compiler::Schema;
use apollo_compiler::ast::{InputValueDefinition, OperationType, Type};
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value, json};

use crate::documents::{Path, paths, selection};
use crate::fixture::Fixture;

/// The types of objects with ids of their own, in the words of the schema.
const NODES: &[&str] = &[
    "Account",
    "ConnectionAlias",
    "DelegatedLink",
    "IntegrationProfile",
    "LicensePool",
    "SoftwareModel",
    "SoftwareSubscription",
    "SyncRun",
    "UnrecognizedIdentifier",
];

/// Objects that no caller with a limit sees, not even those that concern the own profile.
const HIDDEN_NODES: &[&str] = &["ApiToken", "Job", "RoleAssignment"];

/// Node types that belong to no profile, so that nobody is to be kept from them.
const PUBLIC_NODES: &[&str] = &["Connector"];

/// A place where an id can be given.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    object: String,
    field: String,
    /// From the argument inwards.
    path: Vec<String>,
    /// Whether a list of ids is expected, and whether the value is compared by a filter.
    list: bool,
    filter: bool,
}

/// How the test finds that a position is used at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Control {
    /// The id of an object of the own profile is answered with something else.
    OwnIsFound,
    /// The id of an object of the own profile is answered like an invented one, too.
    Hidden,
    /// The answer is a refusal.
    Refused,
}

/// Which objects an id names at a position, how its use is checked, and what else the argument needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    pub(crate) kinds: &'static [&'static str],
    pub(crate) control: Control,
    pub(crate) rest: fn(&Fixture) -> Value,
}

impl Position {
    /// The variables of the document: `id` at its place, beside `rest`.
    pub(crate) fn variables(&self, rest: Value, id: &str) -> Value {
        let mut variables = json!({ "argument": rest });
        let mut place = &mut variables["argument"];
        for name in &self.path[1..] {
            if place.is_array() {
                place = &mut place[0];
            }
            place = &mut place[name];
        }
        *place = match (self.filter, self.list) {
            (true, _) => json!({ "eq": id }),
            (false, true) => json!([id]),
            (false, false) => json!(id),
        };
        variables
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", self.object, self.field, self.path.join("."))
    }
}

/// Finds every position in the schema, with a document that gives an id there.
pub(crate) fn of(schema: &Schema) -> Vec<(Position, String)> {
    let ways = paths(schema);
    let mut found = Vec::new();
    for (object, ty) in &schema.types {
        let ExtendedType::Object(ty) = ty else { continue };
        let root = match object.as_str() {
            "Mutation" => OperationType::Mutation,
            "Subscription" => OperationType::Subscription,
            _ => OperationType::Query,
        };
        for field in ty.fields.values() {
            for argument in &field.arguments {
                let way = ways.get(object.as_str()).cloned().unwrap_or_default();
                let target = selection(schema, field.ty.inner_named_type(), 2);
                let document = document(root, &way, &field.name, argument, &target);
                let mut paths = Vec::new();
                walk(schema, argument, &mut vec![argument.name.to_string()], &mut paths);
                found.extend(paths.into_iter().map(|(path, ty)| {
                    let filter = ty.inner_named_type() == "StringFilter";
                    let (object, field) = (object.to_string(), field.name.to_string());
                    (Position { object, field, path, list: ty.is_list(), filter }, document.clone())
                }));
            }
        }
    }
    found
}

fn document(root: OperationType, way: &Path, field: &str, argument: &InputValueDefinition, target: &str) -> String {
    let (name, ty) = (&argument.name, &argument.ty);
    let call = format!("{field}({name}: $argument) {{ {target} }}");
    format!("{root}($argument: {ty}) {{ {}{call}{} }}", way.before, way.after)
}

/// Collects the paths below an argument that end at an id, with the type there.
fn walk(schema: &Schema, value: &InputValueDefinition, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Type)>) {
    let name = value.ty.inner_named_type().as_str();
    let by_id = name == "StringFilter" && value.name.ends_with("Id");
    if name == "ID" || by_id {
        found.push((path.clone(), (*value.ty).clone()));
        return;
    }
    let Some(ExtendedType::InputObject(input)) = schema.types.get(name) else { return };
    for field in input.fields.values() {
        // A filter that combines filters of its own type has the same places in them.
        if field.ty.inner_named_type().as_str() != name {
            path.push(field.name.to_string());
            walk(schema, field, path, found);
            path.pop();
        }
    }
}

/// Returns what was decided on a position.
pub(crate) fn decide(position: &Position) -> Vec<Decision> {
    let name = position.to_string();
    let decided = DECISIONS.iter().filter(|(known, ..)| *known == name);
    let decided: Vec<_> = decided.map(|&(_, kinds, control, rest)| Decision { kinds, control, rest }).collect();
    assert!(
        !decided.is_empty(),
        "no decision for {name}: say in DECISIONS which objects an id names there, and what else the argument needs"
    );
    decided
}

/// Every type that implements `Node`, as the schema has it, against those that were decided on.
pub(crate) fn undecided_nodes(schema: &Schema) -> Vec<String> {
    let decided = |name: &str| [NODES, HIDDEN_NODES, PUBLIC_NODES].iter().any(|list| list.contains(&name));
    let nodes = schema.types.iter().filter_map(|(name, ty)| match ty {
        ExtendedType::Object(ty) if ty.implements_interfaces.iter().any(|known| known.as_str() == "Node") => Some(name),
        _ => None,
    });
    nodes.filter(|name| !decided(name)).map(ToString::to_string).collect()
}

type Row = (&'static str, &'static [&'static str], Control, fn(&Fixture) -> Value);

const ACCOUNT: &[&str] = &["Account"];
const ALIAS: &[&str] = &["ConnectionAlias"];
const IDENTIFIER: &[&str] = &["UnrecognizedIdentifier"];
const LINK: &[&str] = &["DelegatedLink"];
const MODEL: &[&str] = &["SoftwareModel"];
const PROFILE: &[&str] = &["IntegrationProfile"];
const ROLE: &[&str] = &["RoleAssignment"];
const RUN: &[&str] = &["SyncRun"];
const TOKEN: &[&str] = &["ApiToken"];

use Control::{Hidden, OwnIsFound, Refused};

fn none(_: &Fixture) -> Value {
    json!({})
}

/// What ids name at each position. A filter by profile within a profile gives way to that profile.
const DECISIONS: &[Row] = &[
    ("IntegrationProfile.accounts(filter.profileId)", PROFILE, Hidden, none),
    ("IntegrationProfile.subscriptions(filter.accountId)", ACCOUNT, OwnIsFound, none),
    ("IntegrationProfile.subscriptions(filter.modelId)", MODEL, OwnIsFound, none),
    ("IntegrationProfile.subscriptions(filter.profileId)", PROFILE, Hidden, none),
    ("Query.accounts(filter.profileId)", PROFILE, OwnIsFound, none),
    ("Query.auditEvents(filter.subjectId)", PROFILE, OwnIsFound, none),
    ("Query.auditEvents(filter.subjectId)", RUN, Hidden, none),
    ("Query.connectionAlias(by.id)", ALIAS, OwnIsFound, none),
    ("Query.connectionAliases(filter.parentId)", ALIAS, Hidden, none),
    ("Query.licensePools(filter.profileId)", PROFILE, OwnIsFound, none),
    ("Query.node(id)", NODES, OwnIsFound, none),
    ("Query.node(id)", HIDDEN_NODES, Hidden, none),
    ("Query.nodes(ids)", NODES, OwnIsFound, none),
    ("Query.nodes(ids)", HIDDEN_NODES, Hidden, none),
    ("Query.profile(by.id)", PROFILE, OwnIsFound, none),
    ("Query.subscriptions(filter.accountId)", ACCOUNT, OwnIsFound, none),
    ("Query.subscriptions(filter.modelId)", MODEL, OwnIsFound, none),
    ("Query.subscriptions(filter.profileId)", PROFILE, OwnIsFound, none),
    ("Query.syncRun(id)", RUN, OwnIsFound, none),
    ("Query.syncRuns(filter.profileId)", PROFILE, OwnIsFound, none),
    ("Subscription.jobProgress(id)", &["Job"], Refused, none),
    ("Subscription.syncProgress(by.profileId)", PROFILE, Refused, none),
    ("Subscription.syncProgress(by.runId)", RUN, OwnIsFound, none),
    ("Mutation.assignRole(input.holder.tokenId)", TOKEN, Refused, |_| json!({ "role": "VIEWER" })),
    (
        "Mutation.assignRole(input.profileId)",
        PROFILE,
        Refused,
        |_| json!({ "role": "VIEWER", "holder": { "group": "auditors" } }),
    ),
    ("Mutation.beginAuthorization(input.aliasId)", ALIAS, Refused, none),
    ("Mutation.cancelSync(input.id)", RUN, Refused, none),
    ("Mutation.confirmSuspectSync(input.id)", RUN, Refused, none),
    (
        "Mutation.createApiToken(input.roles.profileIds)",
        PROFILE,
        Refused,
        |_| json!({ "name": "mine", "roles": [{ "role": "VIEWER" }] }),
    ),
    (
        "Mutation.createConnectionAlias(input.parentId)",
        ALIAS,
        Refused,
        |_| json!({ "name": "mine", "connector": "memory" }),
    ),
    ("Mutation.createDelegatedLink(input.aliasId)", ALIAS, Refused, none),
    ("Mutation.createProfile(input.aliasId)", ALIAS, Refused, |_| json!({ "name": "mine" })),
    ("Mutation.deleteConnectionAlias(input.id)", ALIAS, Refused, none),
    ("Mutation.deleteProfile(input.id)", PROFILE, Refused, none),
    ("Mutation.disconnectAlias(input.id)", ALIAS, Refused, none),
    ("Mutation.pauseProfile(input.id)", PROFILE, Refused, none),
    ("Mutation.publishProfile(input.id)", PROFILE, Refused, none),
    ("Mutation.removeRole(input.id)", ROLE, Refused, none),
    (
        "Mutation.resolveIdentifier(input.ids)",
        IDENTIFIER,
        Refused,
        |fixture| json!({ "target": { "modelId": fixture.own("SoftwareModel") } }),
    ),
    (
        "Mutation.resolveIdentifier(input.target.modelId)",
        MODEL,
        Refused,
        |fixture| json!({ "ids": [fixture.own("UnrecognizedIdentifier")] }),
    ),
    ("Mutation.resumeProfile(input.id)", PROFILE, Refused, none),
    ("Mutation.revokeApiToken(input.id)", TOKEN, Refused, none),
    ("Mutation.revokeDelegatedLink(input.id)", LINK, Refused, none),
    (
        "Mutation.setClientCredentials(input.aliasId)",
        ALIAS,
        Refused,
        |_| json!({ "clientId": "client", "clientSecret": "secret" }),
    ),
    (
        "Mutation.setJwtBearer(input.aliasId)",
        ALIAS,
        Refused,
        |_| json!({ "clientId": "client", "username": "anna", "privateKey": "key" }),
    ),
    ("Mutation.startSync(input.profileId)", PROFILE, Refused, none),
    ("Mutation.updateConnectionAlias(input.id)", ALIAS, Refused, |_| json!({ "name": "mine" })),
    ("Mutation.updateProfile(input.id)", PROFILE, Refused, |_| json!({ "name": "mine" })),
    ("Mutation.validateProfile(input.id)", PROFILE, Refused, none),
];
