//! Which objects and columns the organisation shows: what is hidden is absent.

use std::collections::HashSet;

use seatgraph_core::{Finding, Result};
use serde::Deserialize;

use crate::connector::Salesforce;
use crate::findings as say;
use crate::subscriptions;

/// What is shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    objects: HashSet<String>,
    hidden_user_columns: Vec<&'static str>,
}

impl Shown {
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

/// Asks for the list of objects, and for the columns of users.
pub(super) async fn look(link: &Salesforce) -> Result<Shown> {
    let global: Global = link.org.get("/sobjects").await?;
    let objects = global.sobjects.into_iter().filter(|listed| listed.queryable).map(|listed| listed.name).collect();
    let hidden_user_columns = subscriptions::hidden_columns(link).await?;
    Ok(Shown { objects, hidden_user_columns })
}

/// Says what the hidden objects mean, unless a missing permission already says it.
pub(super) fn findings(shown: &Shown, granted: Option<&HashSet<String>>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        shown.hidden_user_columns.iter().filter_map(|c| subscriptions::column_finding(c)).collect();
    let lacks =
        |permission: &str| granted.is_some_and(|granted| !crate::permissions::has(|p| granted.contains(p), permission));
    let mut when_hidden = |object: &str, permission: &str, finding: fn(&str) -> Finding| {
        if !shown.has(object) && !lacks(permission) {
            findings.push(finding(&format!("{object} is absent")));
        }
    };
    when_hidden("UserLicense", "PermissionsViewSetup", |seen| say::view_setup_missing(seen));
    when_hidden("PermissionSetLicense", "PermissionsViewSetup", |seen| say::permission_set_licenses_hidden(seen));
    when_hidden("PermissionSetLicenseAssign", "PermissionsViewSetup", |seen| say::permission_set_licenses_hidden(seen));
    when_hidden("ActiveFeatureLicenseMetric", "PermissionsViewSetup", |seen| say::feature_metrics_absent(seen));
    when_hidden("UserLogin", "PermissionsManageUsers", |seen| say::frozen_unknown(seen));
    when_hidden("LoginHistory", "PermissionsMonitorLoginHistory", |seen| say::login_history_hidden(seen));
    when_hidden("TenantUsageEntitlement", "PermissionsViewSetup", |_| say::usage_entitlements_absent());
    findings
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

    fn shown_without(object: &str) -> Shown {
        let objects = ALL.iter().filter(|name| **name != object).map(ToString::to_string).collect();
        Shown { objects, hidden_user_columns: Vec::new() }
    }

    #[test]
    fn nothing_hidden_is_nothing_to_say() {
        assert_eq!(findings(&shown_without("nothing"), None), []);
    }

    #[test]
    fn every_hidden_object_is_told_of() {
        for object in ALL {
            let told = findings(&shown_without(object), None);
            assert_eq!(told.len(), 1, "{object}");
        }
    }

    #[test]
    fn a_missing_permission_is_not_told_of_twice() {
        let granted = HashSet::from(["PermissionsApiEnabled".to_owned()]);
        assert_eq!(findings(&shown_without("UserLicense"), Some(&granted)), []);
    }
}
