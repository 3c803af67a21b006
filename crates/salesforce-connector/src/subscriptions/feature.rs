//! The kinds of licence, and the feature that turns a Sales Cloud licence into a Service Cloud licence.

use seatgraph_core::{Identifier, IdentifierKey};

/// Every user has exactly one, through its profile.
pub(crate) const USER_LICENSE: &str = "USER_LICENSE";
/// Assigned to a user in addition.
pub(crate) const PERMISSION_SET_LICENSE: &str = "PERMISSION_SET_LICENSE";
/// A paid switch on the user record.
pub(crate) const FEATURE_LICENSE: &str = "FEATURE_LICENSE";

/// The full CRM licence: one pool for Sales Cloud and Service Cloud.
const CRM: &str = "SFDC";
/// Salesforce's name for that licence.
const CRM_NAME: &str = "Salesforce";
/// The feature that makes a CRM licence a Service Cloud licence.
const SERVICE: &str = "SupportUser";
/// Salesforce's name for that feature.
const SERVICE_NAME: &str = "Service Cloud User";
/// The column of User that says whether a user has the feature.
pub(crate) const SERVICE_COLUMN: &str = "UserPermissionsSupportUser";

/// The key of a licence: Salesforce's key, or its name where the key is missing or hidden. The CRM licence has its key
/// in both cases, because other rules depend on it.
pub(crate) fn license_key(key: Option<String>, name: Option<&str>) -> Option<String> {
    let named =
        || name.filter(|name| !name.is_empty()).map(|name| if name == CRM_NAME { CRM } else { name }.to_owned());
    key.filter(|key| !key.is_empty()).or_else(named)
}

/// Says whether a licence is the full CRM licence.
pub(crate) fn is_crm(key: &str) -> bool {
    key == CRM
}

/// The identifier that a user holds through its licence, and the pool it is taken from.
pub(crate) fn held(key: &str, name: &str, has_service: bool) -> (Identifier, IdentifierKey) {
    let pool = IdentifierKey::new(USER_LICENSE, key);
    let identifier = if is_crm(key) && has_service {
        Identifier::new(USER_LICENSE, format!("{CRM}/{SERVICE}"), format!("{name} + {SERVICE_NAME}"))
    } else {
        Identifier::new(USER_LICENSE, key, name)
    };
    (identifier, pool)
}

/// The pool of a feature.
pub(crate) fn feature(kind: &str) -> Identifier {
    Identifier::new(FEATURE_LICENSE, kind, if kind == SERVICE { SERVICE_NAME } else { kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_without_a_key_is_identified_by_its_name() {
        let key = |key: Option<&str>, name| license_key(key.map(str::to_owned), name);
        assert_eq!(key(Some("AUL"), Some("Salesforce Platform")).as_deref(), Some("AUL"));
        assert_eq!(key(None, Some("Salesforce Integration")).as_deref(), Some("Salesforce Integration"));
        assert_eq!(key(Some(""), Some("Salesforce")).as_deref(), Some("SFDC"));
        assert_eq!(key(None, None), None);
    }
}
