//! What a connector says of itself without a connection.

use std::collections::BTreeSet;

use seatgraph_core::{Catalogue, Manifest, Process};
use serde_json::Value;
use url::Url;

use crate::result::ensure;
use crate::{ContractResult, Fixture, Violation};

/// The manifest is complete and in order: a key that can be stored for ever, a name, a version, every process once
/// and in the order of [`Process::ALL`], and for every permission what it is for and what happens without it.
///
/// A key is stored with every alias, so it can never change; a permission without a word on what happens without it
/// is one that nobody dares to leave out.
pub async fn describes_itself(fixture: &dyn Fixture) -> ContractResult {
    let manifest = fixture.manifest();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure(!manifest.key.is_empty() && manifest.key.chars().all(plain), || {
        Violation::new(format!("key {:?} is not lower case, digits and hyphens", manifest.key))
    })?;
    ensure(!manifest.name.is_empty() && !manifest.version.is_empty(), || Violation::new("name or version is empty"))?;
    if let Some(address) = manifest.docs_url {
        ensure(Url::parse(address).is_ok(), || Violation::new(format!("docs_url {address:?} is no address")))?;
    }
    let listed: Vec<Process> = manifest.processes.iter().map(|spec| spec.process).collect();
    let in_order: Vec<Process> = Process::ALL.into_iter().filter(|process| listed.contains(process)).collect();
    ensure(!listed.is_empty() && listed == in_order, || {
        Violation::new(format!("processes {listed:?} are not each once, in the order of a sync"))
    })?;
    permissions_are_explained(manifest)?;
    Ok(())
}

fn permissions_are_explained(manifest: &Manifest) -> Result<(), Violation> {
    for spec in manifest.processes {
        for permission in spec.permissions {
            let words = [permission.name, permission.api_name, permission.description, permission.without];
            ensure(words.iter().all(|word| !word.trim().is_empty()), || {
                Violation::of(spec.process, format!("permission {:?} is not explained", permission.name))
            })?;
        }
    }
    Ok(())
}

/// The configuration's schema is a form that a person can fill in: an object without room for typing errors, whose
/// properties are explained, named in camelCase, and not secret.
///
/// The schema comes from the type that reads the configuration, and a frontend draws its form from it. A typing error
/// that is let in becomes a setting that silently does nothing.
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
        ensure(!secret, || Violation::new(format!("property {name} looks secret; credentials are the engine's")))?;
    }
    Ok(())
}

/// The catalogue can be read, and no key leads to two products.
///
/// The catalogue is data that people edit. A key under two products would be recognised by whichever line comes first.
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
