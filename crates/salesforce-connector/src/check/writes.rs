//! Checks whether RECLAIM_SUBSCRIPTION could write, from what describe says. Nothing is written.

use std::collections::HashSet;

use seatgraph_core::{Finding, Process, Severity};

use super::objects::VisibleObjects;
use super::report::CheckReport;
use crate::connection::Connection;
use crate::describe::Columns;
use crate::findings::{PERMISSION_SET_LICENSE_ASSIGN, USER, USER_LOGIN};
use crate::permissions;

/// A field that reclaim changes, or the object whose rows it deletes.
struct WriteCheck {
    object: &'static str,
    /// `None` where rows are deleted.
    field: Option<&'static str>,
    columns: fn(&Connection) -> &Columns,
    permission: &'static str,
    severity: Severity,
    lost: &'static str,
    remedy: &'static str,
    docs: &'static str,
}

const WRITE_CHECKS: [WriteCheck; 3] = [
    WriteCheck {
        object: "User",
        field: Some("IsActive"),
        columns: |connection| &connection.user_columns,
        permission: "PermissionsManageUsers",
        severity: Severity::Error,
        lost: "No user can be deactivated.",
        remedy: "Grant the connected user Manage Users, and edit access to the field Active of User.",
        docs: USER,
    },
    WriteCheck {
        object: "UserLogin",
        field: Some("IsFrozen"),
        columns: |connection| &connection.frozen_columns,
        permission: "PermissionsFreezeUsers",
        severity: Severity::Warning,
        lost: "A user that Salesforce refuses to deactivate cannot be frozen instead.",
        remedy: "Grant the connected user Freeze Users, and edit access to the field IsFrozen of UserLogin.",
        docs: USER_LOGIN,
    },
    WriteCheck {
        object: "PermissionSetLicenseAssign",
        field: None,
        columns: |connection| &connection.assignment_columns,
        permission: "PermissionsAssignPermissionSets",
        severity: Severity::Warning,
        lost: "Permission-set licences cannot be reclaimed.",
        remedy: "Grant the connected user Assign Permission Sets.",
        docs: PERMISSION_SET_LICENSE_ASSIGN,
    },
];

/// Describes the visible objects whose permission is not reported as missing already.
pub(super) async fn check(
    connection: &Connection,
    report: &mut CheckReport,
    objects: &VisibleObjects,
    granted: Option<&HashSet<String>>,
) {
    let lacks =
        |permission: &str| granted.is_some_and(|granted| !permissions::has(|p| granted.contains(p), permission));
    for check in WRITE_CHECKS.iter().filter(|check| objects.has(check.object) && !lacks(check.permission)) {
        let what = format!("the description of {}", check.object);
        let description = (check.columns)(connection).description(&connection.org);
        if let Some(Some(description)) = report.read(&what, description).await {
            report.add((!description.allows_write(check.field)).then(|| read_only(check)));
        }
    }
}

fn read_only(check: &WriteCheck) -> Finding {
    let object = check.object;
    let (message, seen) = match check.field {
        Some(field) => (
            format!("The connected user may not change {object}.{field}. {}", check.lost),
            format!("{object}.{field} is not updateable"),
        ),
        None => (
            format!("The connected user may not delete {object} records. {}", check.lost),
            format!("{object} is not deletable"),
        ),
    };
    Finding::new("READ_ONLY", check.severity, message, check.remedy)
        .with_process(Process::ReclaimSubscription)
        .with_seen(seen)
        .with_docs(check.docs)
}
