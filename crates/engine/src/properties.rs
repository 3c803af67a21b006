//! Effective values of properties, and their origins.

use seatgraph_store::Alias;
use serde_json::{Map, Value};

/// Key of the instance URL in a connector's configuration.
pub(crate) const INSTANCE_URL: &str = "instanceUrl";

/// Origin of a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The alias itself.
    Own,
    /// The parent alias.
    Parent,
    /// The connector's default.
    Default,
}

/// A property with its effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveProperty {
    /// Name of the property.
    pub name: String,
    /// Effective value. `None` if the property is not set and has no default.
    pub value: Option<Value>,
    /// Origin of the value.
    pub origin: Origin,
    /// Description of the property.
    pub description: Option<String>,
}

/// Merges an alias with its parent into the connector's configuration, including the instance URL if set.
pub(crate) fn merged(alias: &Alias, parent: Option<&Alias>) -> Map<String, Value> {
    let mut config = parent.map(|parent| parent.properties.clone()).unwrap_or_default();
    config.extend(alias.properties.clone());
    let address = alias.instance_url.as_ref().or_else(|| parent?.instance_url.as_ref());
    if let Some(address) = address {
        config.insert(INSTANCE_URL.to_owned(), Value::String(address.clone()));
    }
    config
}

/// Returns all properties of `schema` with their effective values.
pub(crate) fn effective(schema: &Value, alias: &Alias, parent: Option<&Alias>) -> Vec<EffectiveProperty> {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let (own, inherited) = (merged(alias, None), parent.map(|parent| merged(parent, None)));
    let describe = |(name, property): (&String, &Value)| {
        let from_parent = || inherited.as_ref().and_then(|properties| properties.get(name));
        let (value, origin) = match (own.get(name), from_parent()) {
            (Some(value), _) => (Some(value.clone()), Origin::Own),
            (None, Some(value)) => (Some(value.clone()), Origin::Parent),
            (None, None) => (property.get("default").cloned(), Origin::Default),
        };
        let description = property.get("description").and_then(Value::as_str).map(str::to_owned);
        EffectiveProperty { name: name.clone(), value, origin, description }
    };
    known.iter().map(describe).collect()
}

/// Returns the names of the properties in `schema`.
pub(crate) fn known(schema: &Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aliases::tests_support::alias;

    fn schema() -> Value {
        json!({"properties": {
            "apiVersion": {"description": "The version of the API.", "default": "62.0"},
            "instanceUrl": {"description": "Where the organisation is."},
            "pageSize": {"default": 2000},
        }})
    }

    fn found<'a>(all: &'a [EffectiveProperty], name: &str) -> (Option<&'a Value>, Origin) {
        let property = all.iter().find(|property| property.name == name).unwrap();
        (property.value.as_ref(), property.origin)
    }

    #[test]
    fn a_child_inherits_what_it_does_not_set() {
        let parent = alias("parent", json!({"apiVersion": "61.0", "pageSize": 500}), None);
        let child = alias("child", json!({"pageSize": 100}), Some("https://a.example"));
        let all = effective(&schema(), &child, Some(&parent));
        assert_eq!(found(&all, "apiVersion"), (Some(&json!("61.0")), Origin::Parent));
        assert_eq!(found(&all, "pageSize"), (Some(&json!(100)), Origin::Own));
        assert_eq!(found(&all, "instanceUrl"), (Some(&json!("https://a.example")), Origin::Own));
        assert_eq!(
            Value::Object(merged(&child, Some(&parent))),
            json!({
                "apiVersion": "61.0", "pageSize": 100, "instanceUrl": "https://a.example",
            })
        );
    }

    #[test]
    fn a_child_without_an_address_uses_its_parents() {
        let parent = alias("parent", json!({}), Some("https://p.example"));
        let child = alias("child", json!({}), None);
        let all = effective(&schema(), &child, Some(&parent));
        assert_eq!(found(&all, "instanceUrl"), (Some(&json!("https://p.example")), Origin::Parent));
    }

    #[test]
    fn what_nobody_sets_has_its_default_or_nothing() {
        let all = effective(&schema(), &alias("parent", json!({}), None), None);
        assert_eq!(found(&all, "apiVersion"), (Some(&json!("62.0")), Origin::Default));
        assert_eq!(found(&all, "instanceUrl"), (None, Origin::Default));
        assert_eq!(all[0].description.as_deref(), Some("The version of the API."));
    }
}
