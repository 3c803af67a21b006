//! Validation of aliases. Every message names the problem and its remedy.

use seatgraph_core::Registration;
use seatgraph_store::Alias;
use serde_json::{Map, Value};
use url::Url;

use crate::EngineSettings;
use crate::instance_url::base_url;
use crate::properties::{self, INSTANCE_URL};
use crate::refusal::{Refusal, RefusalCode, of_config};

const NAME_LIMIT: usize = 100;
/// Placeholder for the instance URL that a parent leaves to its children; `.invalid` never resolves (RFC 2606).
const NO_ADDRESS: &str = "https://unset.invalid";

/// Checks an alias's name.
pub(crate) fn name(name: &str) -> Option<Refusal> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let fault = match name.chars().next() {
        None => return Some(Refusal::new(RefusalCode::Required, "the name is empty; enter a name").at(["name"])),
        Some(first) if !first.is_alphanumeric() => "the name must start with a letter or digit",
        Some(_) if !name.chars().all(allowed) => "the name may contain only letters, digits, spaces, _, - and .",
        Some(_) if name.ends_with(' ') => "the name must not end with a space",
        Some(_) if name.chars().count() > NAME_LIMIT => "the name is too long; the maximum is 100 characters",
        Some(_) => return None,
    };
    Some(Refusal::new(RefusalCode::Invalid, fault).at(["name"]))
}

/// Validates the organisation's URL and removes a trailing slash.
pub(crate) fn address(text: &str) -> Result<String, Refusal> {
    let fault = |what: &str| {
        let message =
            format!("instance URL {what}; enter the organisation's URL, such as https://acme.my.salesforce.com");
        Refusal::new(RefusalCode::Invalid, message).at(["instanceUrl"])
    };
    let url = Url::parse(text.trim()).map_err(|e| fault(&format!("is not a valid URL ({e})")))?;
    // Which schemes will do is for the connector to say.
    if !url.has_host() {
        return Err(fault("has no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("contains a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("contains a query or fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Checks that the connector knows every property, and that the instance URL is not among them.
pub(crate) fn names(schema: &Value, names: &[&str], input: &'static str) -> Vec<Refusal> {
    let known = properties::known(schema);
    let refuse = |&name: &&str| {
        if name == INSTANCE_URL && input == "properties" {
            let message = "the instance URL is not a property; set instanceUrl instead";
            return Some(Refusal::new(RefusalCode::Invalid, message).at(["properties", name]));
        }
        if known.contains(&name) {
            return None;
        }
        let others: Vec<_> = known.iter().copied().filter(|&other| other != INSTANCE_URL).collect();
        let message = format!("property {name} does not exist; this connector has {}", others.join(", "));
        Some(Refusal::new(RefusalCode::Invalid, message).at([input, name]))
    };
    names.iter().filter_map(refuse).collect()
}

/// Validates the merged configuration of an alias and its parent.
///
/// If neither sets the instance URL, only the rest is validated: the URL is required when the alias is used.
pub(crate) fn configuration(
    connector: &Registration,
    alias: &Alias,
    parent: Option<&Alias>,
    settings: &EngineSettings,
) -> Option<Refusal> {
    let schema = connector.config_schema();
    let mut config = properties::merged(alias, parent);
    let unset = !config.contains_key(INSTANCE_URL);
    if unset && properties::known(&schema).contains(&INSTANCE_URL) {
        config.insert(INSTANCE_URL.to_owned(), Value::String(NO_ADDRESS.to_owned()));
    }
    let config = Value::Object(config);
    let fault = connector.oauth(config.clone()).err().or_else(|| base_url(connector, &config, settings).err())?;
    let of_address = fault.get("property") == Some(INSTANCE_URL);
    (!(unset && of_address)).then(|| of_config(&fault))
}

/// Applies a change to an alias's own properties.
pub(crate) fn changed(own: &Map<String, Value>, set: Map<String, Value>, unset: &[String]) -> Map<String, Value> {
    let mut own = own.clone();
    own.retain(|name, _| !unset.contains(name));
    own.extend(set);
    own
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_words_people_can_type() {
        for good in ["Salesforce", "acme_emea", "Größe 2", "a.b-c"] {
            assert_eq!(name(good), None, "{good:?}");
        }
        for bad in ["", " a", "a ", "a/b", "_a", "a\u{7}b", &"x".repeat(101)] {
            assert!(name(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_a_bare_origin() {
        assert_eq!(address("https://acme.my.salesforce.com/").unwrap(), "https://acme.my.salesforce.com");
        for bad in
            ["acme", "mailto:a@acme.example", "https://u:p@acme.example", "https://acme.example/?a=1", "https://"]
        {
            assert_eq!(address(bad).unwrap_err().code, RefusalCode::Invalid, "{bad}");
        }
    }

    #[test]
    fn an_unknown_property_is_refused_with_those_that_are_known() {
        let schema = json!({"properties": {"apiVersion": {}, "instanceUrl": {}}});
        let refused = names(&schema, &["apiVersion", "apiversion"], "properties");
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].field.as_deref().unwrap(), ["properties", "apiversion"]);
        assert!(refused[0].message.ends_with("has apiVersion"), "{}", refused[0].message);
    }

    #[test]
    fn the_address_is_not_a_property_but_can_be_unset() {
        let schema = json!({"properties": {"instanceUrl": {}}});
        assert_eq!(names(&schema, &[INSTANCE_URL], "properties").len(), 1);
        assert_eq!(names(&schema, &[INSTANCE_URL], "unset").len(), 0);
    }

    #[test]
    fn a_change_sets_unsets_and_leaves_the_rest() {
        let own = json!({"a": 1, "b": 2, "c": 3});
        let set = json!({"b": 20});
        let result = changed(own.as_object().unwrap(), set.as_object().unwrap().clone(), &["c".to_owned()]);
        assert_eq!(Value::Object(result), json!({"a": 1, "b": 20}));
    }
}
