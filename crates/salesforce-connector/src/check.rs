//! What a connection may see, process by process, and what to do about the rest.
//!
//! Every step that fails becomes a finding and the next one goes on, except where nothing behind it can succeed.

mod clock;
mod columns;
mod deeds;
mod hiding;
mod objects;
pub(crate) mod permissions;
mod principal;

use std::cmp::Reverse;

use seatgraph_core::{Allowance, Diagnosis, Error, ErrorKind, Finding, ProcessSpec, Result, Severity};
use serde::Deserialize;

use crate::connector::Salesforce;
use crate::describe::said;
use crate::{findings, manifest};

/// The findings so far, and whether there is any use in going on.
#[derive(Debug, Default)]
struct Look {
    findings: Vec<Finding>,
    over: bool,
}

impl Look {
    /// Takes one step; `None` when it failed or an earlier one made it useless.
    async fn at<T>(&mut self, what: &str, step: impl Future<Output = Result<T>>) -> Option<T> {
        if self.over {
            return None;
        }
        match step.await {
            Ok(seen) => Some(seen),
            Err(error) => {
                self.over = ends_it(&error);
                self.findings.push(match error.finding() {
                    // Nothing was seen, so even what passes by itself is an error here.
                    Some(finding) => Finding { severity: Severity::Error, ..finding.clone() },
                    None if self.over => broken(&error),
                    None => incomplete(what, &error),
                });
                None
            }
        }
    }

    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

/// Looks at everything.
pub(crate) async fn check(link: &Salesforce) -> Diagnosis {
    let (org, mut look) = (&link.org, Look::default());
    if let Some(spoken) = look.at("the API versions", org.version()).await
        && spoken != org.configured()
    {
        look.add([findings::version_not_served(org.configured(), spoken)]);
    }
    let ahead = look.at("the organisation's clock", clock::ahead(link)).await;
    look.add(ahead.flatten().and_then(clock::skew));
    let identity = look.at("the connection's identity", principal::identity(org)).await;
    let me = identity.as_ref();
    let organization = look.at("the organisation", principal::organization(org)).await;
    look.add(organization.iter().filter_map(principal::sandbox));
    let itself = match me {
        Some(me) => look.at("the connection's user", principal::itself(link, me)).await,
        None => None,
    };
    look.add(itself.iter().filter_map(|itself| principal::license_finding(&link.settings, itself)));
    let shown = look.at("the objects", objects::look(link)).await;
    let granted = look.at("the connection's permissions", permissions::granted(org)).await;
    look.add(matches!(granted, Some(None)).then(findings::permissions_unknown));
    let granted = granted.flatten();
    if let Some(granted) = &granted {
        look.add(permissions::missing(granted));
    }
    if let Some(shown) = &shown {
        look.add(objects::findings(shown, granted.as_ref()));
        columns::look(link, &mut look, shown).await;
        deeds::look(org, &mut look, shown, granted.as_ref()).await;
        hiding::look(link, &mut look, shown, me).await;
    }
    look.add(manifest::MANIFEST.processes.iter().filter(|spec| !spec.available).map(not_carried_out));
    let allowance = if look.over { None } else { allowance(link).await };
    look.add(allowance.as_ref().and_then(running_out));
    let mut findings = look.findings;
    findings.sort_by_key(|finding| (finding.process, Reverse(finding.severity)));
    Diagnosis { organization, principal: itself.map(|itself| itself.principal), findings, allowance }
}

fn not_carried_out(spec: &ProcessSpec) -> Finding {
    Finding::new(
        "PROCESS_NOT_AVAILABLE",
        Severity::Info,
        "This version of the connector does not carry the process out; what it needs is checked all the same.",
        "Nothing; a later version does.",
    )
    .with_process(spec.process)
    .with_seen(concat!("connector version ", env!("CARGO_PKG_VERSION")))
    .with_docs(findings::PERMISSIONS)
}

fn ends_it(error: &Error) -> bool {
    let for_all = matches!(
        error.kind(),
        ErrorKind::Unauthenticated
            | ErrorKind::ConfigInvalid
            | ErrorKind::Unavailable
            | ErrorKind::QuotaExhausted { .. }
            | ErrorKind::RateLimited { .. }
    );
    // A refusal that says what to do about the connection concerns everything that is asked with it.
    for_all || error.finding().is_some_and(|finding| finding.process.is_none())
}

/// The finding for a connection as a whole.
fn broken(error: &Error) -> Finding {
    let (message, remedy) = match error.kind() {
        ErrorKind::Unauthenticated => ("Salesforce does not accept the credential.", "Enter the credentials again."),
        ErrorKind::ConfigInvalid => ("The connection is not set up correctly.", "Check the connection's properties."),
        ErrorKind::RateLimited { .. } | ErrorKind::QuotaExhausted { .. } => {
            ("Salesforce allows no more calls at the moment.", "Wait, or ask Salesforce for more calls.")
        }
        _ => ("Salesforce does not answer at the moment.", "Check instanceUrl, then status.salesforce.com."),
    };
    Finding::new(error.kind().code(), Severity::Error, message, remedy)
        .with_seen(said(error))
        .with_docs(findings::ERROR_CODES)
}

fn incomplete(what: &str, error: &Error) -> Finding {
    Finding::new(
        "CHECK_INCOMPLETE",
        Severity::Warning,
        format!("Salesforce did not let us look at {what}."),
        "Look at what was seen; the processes may work all the same.",
    )
    .with_seen(said(error))
    .with_docs(findings::ERROR_CODES)
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

/// Calls left, by the list of limits where it is shown, otherwise by the headers of what was asked.
async fn allowance(link: &Salesforce) -> Option<Allowance> {
    let at = link.clock.now();
    if let Ok(Limits { daily_api_requests: limit }) = link.org.get::<Limits>("/limits").await {
        return Some(Allowance { limit: limit.max, used: limit.max.saturating_sub(limit.remaining), at });
    }
    let observed = link.org.http().meter().allowance()?;
    Some(Allowance { limit: observed.limit, used: observed.used, at })
}

/// A sync pauses at four fifths; below that a person need not care.
fn running_out(allowance: &Allowance) -> Option<Finding> {
    let is_low = allowance.limit > 0 && allowance.used.saturating_mul(5) >= allowance.limit.saturating_mul(4);
    is_low.then(|| {
        Finding::new(
            "DAILY_LIMIT_NEAR",
            Severity::Warning,
            "Most of the organisation's API calls of the last 24 hours are used up.",
            "Nothing, or ask Salesforce for more calls; syncs pause until the window has moved.",
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
    fn four_fifths_used_is_worth_a_warning() {
        assert!(running_out(&allowance(80, 100)).is_some());
        assert!(running_out(&allowance(79, 100)).is_none());
        assert!(running_out(&allowance(0, 0)).is_none(), "no limit is told");
    }

    #[test]
    fn limits_of_single_applications_do_not_matter() {
        let limits = serde_json::json!({
            "DailyApiRequests": {"Max": 15000, "Remaining": 14982, "Dataloader Bulk": {"Max": 0, "Remaining": 0}},
            "MassEmail": {"Max": 5000, "Remaining": 5000}
        });
        let limits: Limits = serde_json::from_value(limits).unwrap();
        assert_eq!((limits.daily_api_requests.max, limits.daily_api_requests.remaining), (15000, 14982));
    }
}
