//! The manifest, the configuration schema and the catalogue.

use std::collections::BTreeSet;

use seatgraph_core::{Catalogue, Manifest, Process};
use serde_json::Value;
use url::Url;

use crate::result::ensure;
use crate::{ContractResult, Fixture, Violation};

/// The manifest is complete: a valid key, a name, a version, every process once and in the order of [`Process::ALL`], every
/// kind of record as the snapshot of one process only, and for every permission its purpose and what happens without it.
///
/// The key is stored with every alias and must never change. Administrators need the texts of the permissions to decide
/// which ones to grant.
pub async fn describes_itself(fixture: &dyn Fixture) -> ContractResult {
    let manifest = fixture.manifest();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure(!manifest.key.is_empty() && manifest.key.chars().all(plain), || {
        Violation::new(format!("key {:?} must consist of lower-case letters, digits and hyphens", manifest.key))
    })?;
    ensure(!manifest.name.is_empty() && !manifest.version.is_empty(), || Violation::new("name or version is empty"))?;
    if let Some(address) = manifest.docs_url {
        ensure(Url::parse(address).is_ok(), || Violation::new(format!("docs_url {address:?} is not a URL")))?;
    }
    let listed: Vec<Process> = manifest.processes.iter().map(|spec| spec.process).collect();
    let in_order: Vec<Process> = Process::ALL.into_iter().filter(|process| listed.contains(process)).collect();
    ensure(!listed.is_empty() && listed == in_order, || {
        Violation::new(format!("processes {listed:?} are not unique and in the order of a sync"))
    })?;
    let mut kinds = BTreeSet::new();
    for spec in manifest.processes {
        for kind in spec.snapshot_of {
            ensure(kinds.insert(kind), || {
                Violation::of(spec.process, format!("{kind:?} is already the snapshot of another process"))
            })?;
        }
    }
    permissions_are_explained(manifest)?;
    Ok(())
}

fn permissions_are_explained(manifest: &Manifest) -> Result<(), Violation> {
    for spec in manifest.processes {
        for permission in spec.permissions {
            let words = [permission.name, permission.api_name, permission.description, permission.without];
            ensure(words.iter().all(|word| !word.trim().is_empty()), || {
                Violation::of(spec.process, format!("permission {:?} has no description", permission.name))
            })?;
        }
    }
    Ok(())
}

/// The configuration schema is an object without additional properties. Its properties have descriptions, camelCase names,
/// and are not secret.
///
/// Frontends make a form from the schema. If additional properties were allowed, a misspelt property would be ignored
/// silently.
pub async fn describes_its_configuration(fixture: &dyn Fixture) -> ContractResult {
    let schema = fixture.registration().config_schema();
    ensure(schema["type"] == "object", || Violation::new("the configuration is not an object"))?;
    ensure(schema["additionalProperties"] == Value::Bool(false), || {
        Violation::new("unknown properties are let in; say #[serde(deny_unknown_fields)]")
    })?;
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let explained = property["description"].as_str().is_some_and(|text| !text.trim().is_empty());
        ensure(explained, || Violation::new(format!("property {name} has no description")))?;
        let camel =
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
        ensure(camel, || Violation::new(format!("property {name} is not in camelCase")))?;
        let lower = name.to_ascii_lowercase();
        let secret = ["secret", "password", "token"].iter().any(|word| lower.contains(word));
        ensure(!secret, || {
            Violation::new(format!("property {name} looks like a secret; the engine stores credentials"))
        })?;
    }
    Ok(())
}

/// The catalogue is valid, and no key belongs to two products.
///
/// If a key belonged to two products, the order of the lines would decide.
pub async fn carries_a_readable_catalogue(fixture: &dyn Fixture) -> ContractResult {
    let catalogue = Catalogue::parse(fixture.manifest().catalogue).map_err(|e| Violation::new(format!("{e:?}")))?;
    let mut seen = BTreeSet::new();
    for entry in &catalogue.entries {
        for key in &entry.keys {
            ensure(seen.insert((entry.kind.clone(), key.clone())), || {
                Violation::new(format!("key {}/{key} is in the catalogue twice", entry.kind))
            })?;
        }
    }
    Ok(())
}
