//! Whether RECLAIM_SUBSCRIPTION could do its deeds, by what the organisation says may be written. Nothing is.

use std::collections::HashSet;

use seatgraph_core::{Finding, Process, Result, Severity};
use serde::Deserialize;

use crate::check::Look;
use crate::check::objects::Shown;
use crate::findings::{PERMISSION_SET_LICENSE_ASSIGN, USER, USER_LOGIN};
use crate::permissions;
use crate::query::Org;

/// A field that a deed writes, or the row itself that it deletes.
struct Deed {
    object: &'static str,
    /// `None` where the row is deleted.
    field: Option<&'static str>,
    permission: &'static str,
    severity: Severity,
    without: &'static str,
    remedy: &'static str,
    docs: &'static str,
}

const DEEDS: [Deed; 3] = [
    Deed {
        object: "User",
        field: Some("IsActive"),
        permission: "PermissionsManageUsers",
        severity: Severity::Error,
        without: "No user can be deactivated.",
        remedy: "Give the user Manage Users, and let it edit the field Active of users.",
        docs: USER,
    },
    Deed {
        object: "UserLogin",
        field: Some("IsFrozen"),
        permission: "PermissionsFreezeUsers",
        severity: Severity::Warning,
        without: "A user that Salesforce will not deactivate cannot be frozen instead.",
        remedy: "Give the user Freeze Users, and let it edit the field IsFrozen.",
        docs: USER_LOGIN,
    },
    Deed {
        object: "PermissionSetLicenseAssign",
        field: None,
        permission: "PermissionsAssignPermissionSets",
        severity: Severity::Warning,
        without: "Permission-set licences cannot be taken back.",
        remedy: "Give the user Assign Permission Sets.",
        docs: PERMISSION_SET_LICENSE_ASSIGN,
    },
];

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    updateable: bool,
    #[serde(default)]
    deletable: bool,
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    #[serde(default)]
    updateable: bool,
}

impl Described {
    fn allows(&self, deed: &Deed) -> bool {
        match deed.field {
            Some(name) => self.updateable && self.fields.iter().any(|field| field.updateable && field.name == name),
            None => self.deletable,
        }
    }
}

/// Asks what may be written, of the objects that are shown; a permission that is missing says enough by itself.
pub(super) async fn look(org: &Org, look: &mut Look, shown: &Shown, granted: Option<&HashSet<String>>) {
    let lacks =
        |permission: &str| granted.is_some_and(|granted| !permissions::has(|p| granted.contains(p), permission));
    for deed in DEEDS.iter().filter(|deed| shown.has(deed.object) && !lacks(deed.permission)) {
        let what = format!("what may be written of {}", deed.object);
        if let Some(described) = look.at(&what, describe(org, deed.object)).await {
            look.add((!described.allows(deed)).then(|| read_only(deed)));
        }
    }
}

async fn describe(org: &Org, object: &str) -> Result<Described> {
    org.get(&format!("/sobjects/{object}/describe")).await
}

fn read_only(deed: &Deed) -> Finding {
    let (what, seen) = match deed.field {
        Some(field) => (format!("may not change {}.{field}", deed.object), "is not updateable"),
        None => (format!("may not delete {}", deed.object), "is not deletable"),
    };
    let name = deed.field.map_or_else(|| deed.object.to_owned(), |field| format!("{}.{field}", deed.object));
    Finding::new("READ_ONLY", deed.severity, format!("The connection {what}. {}", deed.without), deed.remedy)
        .with_process(Process::ReclaimSubscription)
        .with_seen(format!("{name} {seen}"))
        .with_docs(deed.docs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(value: serde_json::Value) -> Described {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_deed_needs_both_the_object_and_the_field() {
        let [active, _, assignment] = &DEEDS;
        let user = |object, field| {
            described(json!({ "updateable": object, "fields": [{ "name": "IsActive", "updateable": field }] }))
        };
        assert!(user(true, true).allows(active));
        assert!(!user(true, false).allows(active) && !user(false, true).allows(active));
        assert!(!described(json!({ "updateable": true, "fields": [] })).allows(active), "hidden");
        assert!(described(json!({ "deletable": true, "fields": [] })).allows(assignment));
        assert!(!described(json!({ "updateable": true, "fields": [] })).allows(assignment));
    }
}
