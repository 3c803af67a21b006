//! Compares the connected user's permissions with those that each process needs.

use std::collections::HashSet;

use seatgraph_core::{Finding, Permission, ProcessSpec, Requirement, Result, Severity};

use crate::findings::PERMISSIONS;
use crate::granted;
use crate::manifest::MANIFEST;
use crate::permissions::has;
use crate::query::Org;

const PROCESSES: &[ProcessSpec] = MANIFEST.processes;

/// Reads which of the manifest's permissions the connected user has; `None` when the organisation does not say.
pub(super) async fn granted(org: &Org) -> Result<Option<HashSet<String>>> {
    let wanted = PROCESSES.iter().flat_map(|spec| spec.permissions).map(|permission| permission.api_name);
    granted::among(org, wanted.collect()).await
}

/// The findings for missing permissions, per process.
pub(super) fn missing(granted: &HashSet<String>) -> Vec<Finding> {
    let lacks =
        |permission: &&Permission| has(|name| granted.contains(name), permission.api_name) != permission.enabled;
    let of = |spec: &'static ProcessSpec| spec.permissions.iter().filter(lacks).map(move |p| finding(spec, p));
    PROCESSES.iter().flat_map(of).collect()
}

fn finding(spec: &ProcessSpec, permission: &Permission) -> Finding {
    let severity = match permission.requirement {
        Requirement::Minimal => Severity::Error,
        Requirement::Recommended => Severity::Warning,
        Requirement::IfRestricted => Severity::Info,
    };
    let remedy = format!("Grant the connected user {}, in its profile or a permission set.", permission.name);
    let message = format!("The permission {} is missing. {}", permission.name, permission.without);
    Finding::new("PERMISSION_MISSING", severity, message, remedy)
        .with_process(spec.process)
        .with_seen(format!("{}.{} is false", granted::OBJECT, permission.api_name))
        .with_docs(PERMISSIONS)
}

#[cfg(test)]
mod tests {
    use seatgraph_core::Process;

    use super::*;

    fn found(granted: &[&str]) -> Vec<(Option<Process>, Severity, String)> {
        let granted = granted.iter().map(ToString::to_string).collect();
        let name = |message: &str| message.split(" is missing").next().unwrap().replace("The permission ", "");
        missing(&granted).into_iter().map(|f| (f.process, f.severity, name(&f.message))).collect()
    }

    #[test]
    fn an_administrator_lacks_no_permission() {
        let all = ["PermissionsApiEnabled", "PermissionsManageUsers", "PermissionsViewAllProfiles"];
        assert_eq!(found(&all), []);
    }

    #[test]
    fn without_view_setup_downloads_fail_and_activity_is_degraded() {
        let found = found(&["PermissionsApiEnabled", "PermissionsMonitorLoginHistory"]);
        let view_setup = |process| {
            let of = found.iter().find(|(p, _, name)| *p == Some(process) && name == "View Setup and Configuration");
            of.map(|(_, severity, _)| *severity)
        };
        assert_eq!(view_setup(Process::DownloadSubscriptions), Some(Severity::Error));
        assert_eq!(view_setup(Process::PullUserActivity), Some(Severity::Warning));
        assert_eq!(view_setup(Process::DownloadConsumption), Some(Severity::Error));
    }

    #[test]
    fn the_minimum_set_is_enough_for_downloads() {
        let weak = [
            "PermissionsApiEnabled",
            "PermissionsViewSetup",
            "PermissionsViewAllUsers",
            "PermissionsViewAllProfiles",
            "PermissionsMonitorLoginHistory",
        ];
        let errors: Vec<_> = found(&weak).into_iter().filter(|(_, severity, _)| *severity == Severity::Error).collect();
        assert!(errors.iter().all(|(process, ..)| *process == Some(Process::ReclaimSubscription)), "{errors:?}");
        assert_eq!(errors.len(), 2, "Manage Users and Manage Internal Users: {errors:?}");
    }
}
