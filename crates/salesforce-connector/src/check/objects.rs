//! The objects and the columns of User that the organisation shows; hidden ones are absent.

use std::collections::HashSet;

use seatgraph_core::{Finding, Result};
use serde::Deserialize;

use crate::connection::Connection;
use crate::{findings, permissions, subscriptions};

/// The visible objects.
#[derive(Debug, Default)]
pub(super) struct VisibleObjects {
    objects: HashSet<String>,
    hidden_user_columns: Vec<&'static str>,
}

impl VisibleObjects {
    pub(super) fn has(&self, object: &str) -> bool {
        self.objects.contains(object)
    }
}

#[derive(Deserialize)]
struct Global {
    sobjects: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default = "yes")]
    queryable: bool,
}

const fn yes() -> bool {
    true
}

/// Reads the list of objects and the hidden columns of User.
pub(super) async fn visible(connection: &Connection) -> Result<VisibleObjects> {
    let global: Global = connection.org.get("/sobjects").await?;
    let objects = global.sobjects.into_iter().filter(|listed| listed.queryable).map(|listed| listed.name).collect();
    let hidden_user_columns = subscriptions::hidden_columns(connection).await?;
    Ok(VisibleObjects { objects, hidden_user_columns })
}

/// The findings for hidden objects, unless the missing permission is reported already.
pub(super) fn findings(visible: &VisibleObjects, granted: Option<&HashSet<String>>) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        visible.hidden_user_columns.iter().filter_map(|c| subscriptions::column_finding(c)).collect();
    let lacks =
        |permission: &str| granted.is_some_and(|granted| !permissions::has(|p| granted.contains(p), permission));
    let mut when_hidden = |object: &str, permission: &str, finding: fn(&str) -> Finding| {
        if !visible.has(object) && !lacks(permission) {
            found.push(finding(&format!("{object} is not visible")));
        }
    };
    when_hidden("UserLicense", "PermissionsViewSetup", |seen| findings::view_setup_missing(seen));
    when_hidden("PermissionSetLicense", "PermissionsViewSetup", |seen| findings::permission_set_licenses_hidden(seen));
    when_hidden("PermissionSetLicenseAssign", "PermissionsViewSetup", |seen| {
        findings::permission_set_licenses_hidden(seen)
    });
    when_hidden("ActiveFeatureLicenseMetric", "PermissionsViewSetup", |seen| findings::feature_metrics_hidden(seen));
    when_hidden("UserLogin", "PermissionsManageUsers", |seen| findings::frozen_unknown(seen));
    when_hidden("LoginHistory", "PermissionsMonitorLoginHistory", |seen| findings::login_history_restricted(seen));
    when_hidden("TenantUsageEntitlement", "PermissionsViewSetup", |_| findings::usage_entitlements_hidden());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 7] = [
        "UserLicense",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "ActiveFeatureLicenseMetric",
        "UserLogin",
        "LoginHistory",
        "TenantUsageEntitlement",
    ];

    fn visible_without(object: &str) -> VisibleObjects {
        let objects = ALL.iter().filter(|name| **name != object).map(ToString::to_string).collect();
        VisibleObjects { objects, hidden_user_columns: Vec::new() }
    }

    #[test]
    fn no_hidden_object_means_no_finding() {
        assert_eq!(findings(&visible_without("nothing"), None), []);
    }

    #[test]
    fn every_hidden_object_gives_one_finding() {
        for object in ALL {
            let found = findings(&visible_without(object), None);
            assert_eq!(found.len(), 1, "{object}");
        }
    }

    #[test]
    fn a_missing_permission_is_not_reported_twice() {
        let granted = HashSet::from(["PermissionsApiEnabled".to_owned()]);
        assert_eq!(findings(&visible_without("UserLicense"), Some(&granted)), []);
    }
}
