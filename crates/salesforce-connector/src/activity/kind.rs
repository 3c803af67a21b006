//! The kind of use that a login is evidence of.

use seatgraph_core::ActivityKind;

/// Derives the kind from Salesforce's login type and subtype; a pair that is not listed is `Other`.
pub(super) fn kind(login_type: Option<&str>, subtype: Option<&str>) -> ActivityKind {
    let (login_type, subtype) = (lower(login_type), lower(subtype));
    let is_one_of = |words: &[&str]| words.iter().any(|word| login_type.contains(word));
    if is_one_of(&["sso", "saml", "single sign", "openid"]) {
        ActivityKind::Sso
    } else if subtype.starts_with("oauth") || is_one_of(&["remote access", "api", "partner product", "appexchange"]) {
        ActivityKind::Api
    } else if subtype.starts_with("ui")
        || login_type == "application"
        || is_one_of(&["communit", "passwordless", "lightning login", "certificate-based", "portal"])
    {
        ActivityKind::Interactive
    } else {
        ActivityKind::Other
    }
}

fn lower(text: Option<&str>) -> String {
    text.unwrap_or_default().trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use seatgraph_core::ActivityKind::{Api, Interactive, Other, Sso};

    use super::*;

    #[test]
    fn interactive_api_and_single_sign_on_logins_are_distinguished() {
        let table = [
            ("Application", None, Interactive),
            ("Application", Some("UiUsernamePassword"), Interactive),
            ("Remote Access 2.0", Some("OauthClientCredentials"), Api),
            ("Remote Access 2.0", Some("OauthRefreshToken"), Api),
            ("Remote Access 2.0", None, Api),
            ("SAML Sfdc Initiated SSO", None, Sso),
            ("Third Party SSO", Some("UiUsernamePassword"), Sso),
            ("Other Apex API", None, Api),
            ("Partner Product", None, Api),
            ("Some New Type", None, Other),
            ("", None, Other),
        ];
        for (login_type, subtype, expected) in table {
            assert_eq!(kind(Some(login_type), subtype), expected, "{login_type} {subtype:?}");
        }
        assert_eq!(kind(None, None), Other);
    }
}
