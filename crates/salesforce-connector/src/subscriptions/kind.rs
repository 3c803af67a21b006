//! The kind of an account. The lists are configurable, because Salesforce documents user types only in part.

use seatgraph_core::AccountKind;

use crate::config::Settings;

/// Derives the kind of an account from its user type and the key and name of its licence.
pub(crate) fn kind(settings: &Settings, user_type: Option<&str>, license: Option<(&str, &str)>) -> AccountKind {
    let listed = |list: &[String]| user_type.is_some_and(|it| list.iter().any(|word| word.eq_ignore_ascii_case(it)));
    if listed(&settings.automated_user_types) {
        AccountKind::Automated
    } else if license.is_some_and(|(key, name)| is_integration(settings, key, name)) {
        AccountKind::Integration
    } else if listed(&settings.human_user_types) {
        AccountKind::Human
    } else {
        AccountKind::Unknown
    }
}

/// Says whether a licence is for integrations, by its key or its name.
pub(crate) fn is_integration(settings: &Settings, key: &str, name: &str) -> bool {
    settings.integration_licenses.iter().any(|pattern| matches(pattern, key) || matches(pattern, name))
}

/// Compares without case; `*` at either end of the pattern stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.trim().to_lowercase(), text.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

#[cfg(test)]
mod tests {
    use seatgraph_core::AccountKind::{Automated, Human, Integration, Unknown};

    use super::*;
    use crate::Config;

    fn kind_of(user_type: Option<&str>, license: Option<(&str, &str)>) -> AccountKind {
        let config = serde_json::json!({ "instanceUrl": "https://acme.my.salesforce.com" });
        let config: Config = serde_json::from_value(config).unwrap();
        kind(&config.settings().unwrap(), user_type, license)
    }

    #[test]
    fn users_that_salesforce_created_are_automated() {
        for user_type in ["AutomatedProcess", "CloudIntegrationUser", "Guest"] {
            assert_eq!(kind_of(Some(user_type), None), Automated, "{user_type}");
        }
    }

    #[test]
    fn an_integration_license_is_recognized_by_key_or_name() {
        assert_eq!(kind_of(Some("Standard"), Some(("unheard of", "Salesforce Integration"))), Integration);
        assert_eq!(kind_of(Some("Standard"), Some(("PID_DigitalAgentX", "Agent"))), Integration);
        assert_eq!(kind_of(Some("Standard"), Some(("SFDC_INTEGRATION_USER", "x"))), Integration);
    }

    #[test]
    fn documented_user_types_are_human_and_others_unknown() {
        assert_eq!(kind_of(Some("Standard"), Some(("SFDC", "Salesforce"))), Human);
        assert_eq!(kind_of(Some("CsnOnly"), None), Human);
        assert_eq!(kind_of(Some("SomeNewType"), Some(("SFDC", "Salesforce"))), Unknown);
        assert_eq!(kind_of(None, Some(("SFDC", "Salesforce"))), Unknown);
    }
}
