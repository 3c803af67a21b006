//! The kinds of licence, and the one feature that makes another product of a licence.

use seatgraph_core::{Identifier, IdentifierKey};

/// Licences that every user has exactly one of, through the profile.
pub(crate) const USER_LICENSE: &str = "USER_LICENSE";
/// Licences that are added to a user.
pub(crate) const PERMISSION_SET_LICENSE: &str = "PERMISSION_SET_LICENSE";
/// Switches on the user record that are sold.
pub(crate) const FEATURE_LICENSE: &str = "FEATURE_LICENSE";

/// The full CRM licence: one pool, out of which both Sales Cloud and Service Cloud seats are taken.
const CRM: &str = "SFDC";
/// What the vendor calls that licence.
const CRM_NAME: &str = "Salesforce";
/// The feature that makes a CRM seat a Service Cloud seat.
const SERVICE: &str = "SupportUser";
/// What the vendor calls that feature.
const SERVICE_NAME: &str = "Service Cloud User";
/// The column that says whether a user has it.
pub(crate) const SERVICE_COLUMN: &str = "UserPermissionsSupportUser";

/// The key that a licence goes by: the vendor's, or where that is missing or hidden its name, except for the licence
/// whose key everything else depends on.
pub(crate) fn license_key(key: Option<String>, name: Option<&str>) -> Option<String> {
    let named =
        || name.filter(|name| !name.is_empty()).map(|name| if name == CRM_NAME { CRM } else { name }.to_owned());
    key.filter(|key| !key.is_empty()).or_else(named)
}

/// Says whether a licence is the full CRM licence.
pub(crate) fn is_crm(key: &str) -> bool {
    key == CRM
}

/// Names what a user holds, and the pool that the seat is taken from.
pub(crate) fn seat(key: &str, name: &str, has_service: bool) -> (Identifier, IdentifierKey) {
    let pool = IdentifierKey::new(USER_LICENSE, key);
    let held = if is_crm(key) && has_service {
        Identifier::new(USER_LICENSE, format!("{CRM}/{SERVICE}"), format!("{name} + {SERVICE_NAME}"))
    } else {
        Identifier::new(USER_LICENSE, key, name)
    };
    (held, pool)
}

/// Names the pool of a feature.
pub(crate) fn feature(kind: &str) -> Identifier {
    Identifier::new(FEATURE_LICENSE, kind, if kind == SERVICE { SERVICE_NAME } else { kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_without_a_key_goes_by_its_name() {
        let key = |key: Option<&str>, name| license_key(key.map(str::to_owned), name);
        assert_eq!(key(Some("AUL"), Some("Salesforce Platform")).as_deref(), Some("AUL"));
        assert_eq!(key(None, Some("Salesforce Integration")).as_deref(), Some("Salesforce Integration"));
        assert_eq!(key(Some(""), Some("Salesforce")).as_deref(), Some("SFDC"));
        assert_eq!(key(None, None), None);
    }
}
