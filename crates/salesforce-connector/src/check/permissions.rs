//! The connection's own permissions, as the organisation sees them, against the table of each process.

use std::collections::{BTreeSet, HashSet};

use seatgraph_core::{Finding, Necessity, Permission, ProcessSpec, Result, Severity};
use serde_json::Value;

use crate::describe::is_hidden_object;
use crate::dialect::CODE;
use crate::findings::PERMISSIONS;
use crate::manifest::MANIFEST;
use crate::permissions::has;
use crate::query::{Org, Select};

const OBJECT: &str = "UserPermissionAccess";

const PROCESSES: &[ProcessSpec] = MANIFEST.processes;

/// Reads which of the permissions in the manifest the connection has; `None` when the organisation cannot be asked.
pub(super) async fn granted(org: &Org) -> Result<Option<HashSet<String>>> {
    among(org, PROCESSES.iter().flat_map(|spec| spec.permissions).map(|permission| permission.api_name).collect()).await
}

/// Reads which of `wanted` the connection has; `None` when the organisation cannot be asked.
pub(crate) async fn among(org: &Org, wanted: BTreeSet<&'static str>) -> Result<Option<HashSet<String>>> {
    match org.query(&Select::from(OBJECT).columns(wanted.iter().copied())).await {
        Ok(answer) => Ok(answer.records.first().map(|row| read(row, wanted))),
        // Which permissions there are depends on the organisation; one that there is not is not granted.
        Err(e) if e.get(CODE) == Some("INVALID_FIELD") => one_by_one(org, wanted).await,
        Err(e) if is_hidden_object(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

async fn one_by_one(org: &Org, wanted: BTreeSet<&'static str>) -> Result<Option<HashSet<String>>> {
    let mut granted = HashSet::new();
    for permission in wanted {
        match org.query(&Select::from(OBJECT).columns([permission])).await {
            Ok(answer) => match answer.records.first() {
                Some(row) => granted.extend(read(row, [permission])),
                None => return Ok(None),
            },
            Err(e) if e.get(CODE) == Some("INVALID_FIELD") => {}
            Err(e) => return Err(e),
        }
    }
    Ok(Some(granted))
}

fn read(row: &Value, wanted: impl IntoIterator<Item = &'static str>) -> HashSet<String> {
    let is_granted = |permission: &&str| row.get(*permission).and_then(Value::as_bool) == Some(true);
    wanted.into_iter().filter(is_granted).map(str::to_owned).collect()
}

/// Says, per process, which permissions are missing and what that does.
pub(super) fn missing(granted: &HashSet<String>) -> Vec<Finding> {
    let lacks =
        |permission: &&Permission| has(|name| granted.contains(name), permission.api_name) != permission.enabled;
    let of = |spec: &'static ProcessSpec| spec.permissions.iter().filter(lacks).map(move |p| finding(spec, p));
    PROCESSES.iter().flat_map(of).collect()
}

fn finding(spec: &ProcessSpec, permission: &Permission) -> Finding {
    let severity = match permission.necessity {
        Necessity::Minimal => Severity::Error,
        Necessity::Recommended => Severity::Warning,
        Necessity::IfRestricted => Severity::Info,
    };
    let remedy = format!("Give the user {}, in its profile or a permission set.", permission.name);
    let message = format!("{} is missing. {}", permission.name, permission.without);
    Finding::new("PERMISSION_MISSING", severity, message, remedy)
        .with_process(spec.process)
        .with_seen(format!("{}.{} is false", OBJECT, permission.api_name))
        .with_docs(PERMISSIONS)
}

#[cfg(test)]
mod tests {
    use seatgraph_core::Process;

    use super::*;

    fn told(granted: &[&str]) -> Vec<(Option<Process>, Severity, String)> {
        let granted = granted.iter().map(ToString::to_string).collect();
        let told = missing(&granted).into_iter();
        told.map(|f| (f.process, f.severity, f.message.split(" is missing").next().unwrap().to_owned())).collect()
    }

    #[test]
    fn an_administrator_lacks_nothing() {
        let all = ["PermissionsApiEnabled", "PermissionsManageUsers", "PermissionsViewAllProfiles"];
        assert_eq!(told(&all), []);
    }

    #[test]
    fn without_view_setup_the_download_cannot_work_and_activity_can() {
        let told = told(&["PermissionsApiEnabled", "PermissionsMonitorLoginHistory"]);
        let view_setup = |process| {
            let of = told.iter().find(|(p, _, name)| *p == Some(process) && name == "View Setup and Configuration");
            of.map(|(_, severity, _)| *severity)
        };
        assert_eq!(view_setup(Process::DownloadSubscriptions), Some(Severity::Error));
        assert_eq!(view_setup(Process::PullUserActivity), Some(Severity::Warning));
        assert_eq!(view_setup(Process::DownloadConsumption), Some(Severity::Error));
    }

    #[test]
    fn the_weak_reading_set_breaks_no_download() {
        let weak = [
            "PermissionsApiEnabled",
            "PermissionsViewSetup",
            "PermissionsViewAllUsers",
            "PermissionsViewAllProfiles",
            "PermissionsMonitorLoginHistory",
        ];
        let errors: Vec<_> = told(&weak).into_iter().filter(|(_, severity, _)| *severity == Severity::Error).collect();
        assert!(errors.iter().all(|(process, ..)| *process == Some(Process::ReclaimSubscription)), "{errors:?}");
        assert_eq!(errors.len(), 2, "Manage Users and Manage Internal Users: {errors:?}");
    }
}
