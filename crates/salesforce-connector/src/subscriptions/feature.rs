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
/// The feature that makes a CRM seat a Service Cloud seat.
const SERVICE: &str = "SupportUser";
/// What the vendor calls that feature.
const SERVICE_NAME: &str = "Service Cloud User";
/// The column that says whether a user has it.
pub(crate) const SERVICE_COLUMN: &str = "UserPermissionsSupportUser";

/// Names what a user holds, and the pool that the seat is taken from.
pub(crate) fn seat(key: &str, name: &str, has_service: bool) -> (Identifier, IdentifierKey) {
    let pool = IdentifierKey::new(USER_LICENSE, key);
    let held = if key == CRM && has_service {
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
