//! Compares granted OAuth scopes with the scopes that enabled processes need.

use seatgraph_core::{Finding, GrantType, Process, Registration, Severity};

/// Scope for a refresh token (OpenID Connect Core 1.0, section 11).
const RENEWAL: &str = "offline_access";

/// Returns the missing scopes per process.
///
/// If the vendor returns no scopes, it granted the requested ones (RFC 6749, section 5.1), and nothing is missing.
pub(crate) fn missing(
    connector: &Registration,
    grant: GrantType,
    processes: impl Iterator<Item = Process>,
    granted: &[String],
) -> Vec<(Process, Vec<&'static str>)> {
    if granted.is_empty() {
        return Vec::new();
    }
    let covered = |needed: &str| granted.iter().any(|granted| connector.covers(granted, needed));
    // An assertion gets nothing that renews its token, so no answer names the scope for that; a vendor that asks for it
    // all the same gives no token without it.
    let renews = |needed: &str| grant == GrantType::JwtBearer && connector.covers(RENEWAL, needed);
    let lacks = |process: Process| {
        let needed = connector.manifest().process(process)?.scopes(grant).iter().copied();
        let missing: Vec<_> = needed.filter(|scope| !covered(scope) && !renews(scope)).collect();
        (!missing.is_empty()).then_some((process, missing))
    };
    processes.filter_map(lacks).collect()
}

/// A process lacks scopes.
pub(crate) fn finding(vendor: &str, process: Process, missing: &[&str], granted: &[String]) -> Finding {
    let scopes = missing.join(" and ");
    Finding::new(
        "SCOPE_MISSING",
        Severity::Error,
        format!("The vendor did not grant the scopes that the process needs: {scopes}."),
        format!(
            "Add {scopes} to the scopes of the application at {vendor}, then enter the credential or consent again."
        ),
    )
    .with_process(process)
    .with_seen(format!("granted: {}", granted.join(" ")))
}

#[cfg(test)]
mod tests {
    use connector_testkit::memory::REGISTRATION;

    use super::*;

    const READ: Process = Process::DownloadSubscriptions;
    const RECLAIM: Process = Process::ReclaimSubscription;

    fn lacking(granted: &[&str]) -> Vec<(Process, Vec<&'static str>)> {
        let granted: Vec<_> = granted.iter().map(ToString::to_string).collect();
        missing(&REGISTRATION, GrantType::ClientCredentials, [READ, RECLAIM].into_iter(), &granted)
    }

    #[test]
    fn what_was_not_granted_is_missed_by_the_process_that_needs_it() {
        assert_eq!(lacking(&["members.read"]), [(RECLAIM, vec!["seats.write"])]);
        assert_eq!(lacking(&["seats.write", "members.read", "more"]), []);
    }

    #[test]
    fn a_vendor_that_does_not_say_granted_what_it_was_asked_for() {
        assert_eq!(lacking(&[]), []);
    }

    #[test]
    fn the_finding_names_what_to_add_and_what_was_seen() {
        let found = finding("Memory", RECLAIM, &["seats.write"], &["members.read".to_owned()]);
        assert_eq!(found.seen.as_deref(), Some("granted: members.read"));
        assert!(found.remedy.starts_with("Add seats.write to the scopes of the application at Memory"));
    }
}
