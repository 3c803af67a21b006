//! Checks a connection: what it may read and write, per process, and how to grant what is missing.
//!
//! A request that fails becomes a finding and the check continues, unless no later request can succeed.

mod clock;
mod columns;
mod objects;
mod permissions;
mod principal;
mod report;
mod visibility;
mod writes;

use std::cmp::Reverse;

use seatgraph_core::{Allowance, Diagnosis, Finding, ProcessSpec, Severity};
use serde::Deserialize;

use self::report::CheckReport;
use crate::connection::Connection;
use crate::{findings, manifest};

/// Checks the whole connection.
pub(crate) async fn check(connection: &Connection) -> Diagnosis {
    let (org, mut report) = (&connection.org, CheckReport::default());
    if let Some(used) = report.read("the list of API versions", org.version()).await
        && used != org.configured()
    {
        report.add([findings::version_not_served(org.configured(), used)]);
    }
    let ahead = report.read("the time", clock::ahead(connection)).await;
    report.add(ahead.flatten().and_then(clock::skew));
    let identity = report.read("the identity of the connected user", principal::identity(org)).await;
    let organization = report.read("the Organization object", principal::organization(org)).await;
    report.add(organization.iter().filter_map(principal::sandbox));
    let user = match &identity {
        Some(id) => report.read("the connected user", principal::connected_user(org, id)).await,
        None => None,
    };
    report.add(user.iter().filter_map(|user| principal::license_finding(&connection.settings, user)));
    let objects = report.read("the list of objects", objects::visible(connection)).await;
    let granted = report.read("the permissions of the connected user", permissions::granted(org)).await;
    report.add(matches!(granted, Some(None)).then(findings::permissions_unknown));
    let granted = granted.flatten();
    if let Some(granted) = &granted {
        report.add(permissions::missing(granted));
    }
    if let Some(objects) = &objects {
        report.add(objects::findings(objects, granted.as_ref()));
        columns::check(connection, &mut report, objects).await;
        writes::check(connection, &mut report, objects, granted.as_ref()).await;
        visibility::check(connection, &mut report, objects, identity.as_ref()).await;
    }
    report.add(manifest::MANIFEST.processes.iter().filter(|spec| !spec.available).map(not_supported));
    let allowance = if report.is_over { None } else { allowance(connection).await };
    report.add(allowance.as_ref().and_then(running_out));
    let mut findings = report.findings;
    findings.sort_by_key(|finding| (finding.process, Reverse(finding.severity)));
    Diagnosis { organization, principal: user.map(|user| user.principal), findings, allowance }
}

fn not_supported(spec: &ProcessSpec) -> Finding {
    Finding::new(
        "PROCESS_NOT_AVAILABLE",
        Severity::Info,
        "This version of the connector does not support the process. Its permissions are checked nevertheless.",
        "No action is needed. Update the gateway once a version supports the process.",
    )
    .with_process(spec.process)
    .with_seen(concat!("connector version ", env!("CARGO_PKG_VERSION")))
    .with_docs(findings::PERMISSIONS)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Limits {
    daily_api_requests: Limit,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Limit {
    max: u64,
    remaining: u64,
}

/// The API calls used and allowed, from the limits if they are visible, otherwise from the response headers.
async fn allowance(connection: &Connection) -> Option<Allowance> {
    let at = connection.clock.now();
    if let Ok(Limits { daily_api_requests: limit }) = connection.org.get::<Limits>("/limits").await {
        return Some(Allowance { limit: limit.max, used: limit.max.saturating_sub(limit.remaining), at });
    }
    let reported = connection.org.http().api_usage().reported()?;
    Some(Allowance { limit: reported.limit, used: reported.used, at })
}

/// Warns at 80 %, where a sync pauses.
fn running_out(allowance: &Allowance) -> Option<Finding> {
    let is_low = allowance.limit > 0 && allowance.used.saturating_mul(5) >= allowance.limit.saturating_mul(4);
    is_low.then(|| {
        Finding::new(
            "DAILY_LIMIT_NEAR",
            Severity::Warning,
            "The organisation has used more than 80 % of the API calls that it may make in 24 hours.",
            "Wait until the 24-hour window has moved on, or buy more API calls from Salesforce. Syncs pause until then.",
        )
        .with_seen(format!("{} of {} used", allowance.used, allowance.limit))
        .with_docs(findings::LIMITS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(used: u64, limit: u64) -> Allowance {
        Allowance { limit, used, at: "2026-10-02T08:15:30Z".parse().unwrap() }
    }

    #[test]
    fn a_warning_starts_at_80_percent() {
        assert!(running_out(&allowance(80, 100)).is_some());
        assert!(running_out(&allowance(79, 100)).is_none());
        assert!(running_out(&allowance(0, 0)).is_none(), "no limit");
    }

    #[test]
    fn limits_of_single_apps_are_ignored() {
        let limits = serde_json::json!({
            "DailyApiRequests": {"Max": 15000, "Remaining": 14982, "Dataloader Bulk": {"Max": 0, "Remaining": 0}},
            "MassEmail": {"Max": 5000, "Remaining": 5000}
        });
        let limits: Limits = serde_json::from_value(limits).unwrap();
        assert_eq!((limits.daily_api_requests.max, limits.daily_api_requests.remaining), (15000, 14982));
    }
}
