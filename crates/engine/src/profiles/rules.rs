//! Validation of profiles.

use seatgraph_core::{Manifest, Process};
use seatgraph_store::{Alias, Health, ProfileProcess};

use crate::refusal::{Refusal, RefusalCode};

const NAME_LIMIT: usize = 100;

/// Checks a profile's name.
pub(crate) fn name(name: &str) -> Option<Refusal> {
    let (code, fault) = if name.trim().is_empty() {
        (RefusalCode::Required, "the name is empty; enter a name")
    } else if name.trim() != name || name.chars().any(char::is_control) {
        (RefusalCode::Invalid, "the name starts or ends with a space or contains control characters; remove them")
    } else if name.chars().count() > NAME_LIMIT {
        (RefusalCode::Invalid, "the name is too long; the maximum is 100 characters")
    } else {
        return None;
    };
    Some(Refusal::new(code, fault).at(["name"]))
}

/// Returns a new profile's processes, with the connector's defaults.
pub(crate) fn initial(manifest: &Manifest) -> Vec<ProfileProcess> {
    let process = |spec: &seatgraph_core::ProcessSpec| ProfileProcess {
        process: spec.process,
        enabled: spec.available && (spec.mandatory || spec.enabled_by_default),
        health: Health::Unknown,
        bookmark: None,
        last_succeeded_at: None,
    };
    manifest.processes.iter().map(process).collect()
}

/// Enables or disables processes. Returns the refusals.
pub(crate) fn switch(
    manifest: &Manifest,
    processes: &mut [ProfileProcess],
    switches: &[(Process, bool)],
) -> Vec<Refusal> {
    let mut faults = Vec::new();
    for &(process, enabled) in switches {
        let row = processes.iter_mut().find(|row| row.process == process);
        match (manifest.process(process), row) {
            (Some(spec), _) if enabled && !spec.available => faults.push(cannot(
                RefusalCode::Unsupported,
                format!("this version of connector {} does not support {process}; do not enable it", manifest.key),
            )),
            (Some(spec), _) if !enabled && spec.mandatory => {
                faults.push(cannot(RefusalCode::Invalid, format!("{process} is mandatory and cannot be disabled")));
            }
            (Some(_), Some(row)) => row.enabled = enabled,
            (None, _) | (_, None) => faults.push(cannot(
                RefusalCode::Unsupported,
                format!("connector {} does not support {process}", manifest.key),
            )),
        }
    }
    faults
}

fn cannot(code: RefusalCode, message: String) -> Refusal {
    Refusal::new(code, message).at(["processes"])
}

/// Returns the processes that a sync of the profile runs, in order.
pub(crate) fn readable(manifest: &Manifest, processes: &[ProfileProcess]) -> Vec<Process> {
    let enabled = |process: Process| processes.iter().any(|row| row.process == process && row.enabled);
    Process::ALL
        .into_iter()
        .filter(|&process| process.is_read() && manifest.supports(process) && enabled(process))
        .collect()
}

/// Checks whether a profile may use `alias`, given the profiles that already use it and its family.
pub(crate) fn alias_free(alias: &Alias, used_by: Option<&str>, family_used_by: Option<&str>) -> Option<Refusal> {
    let is_parent = alias.parent_id.is_none();
    let (code, message) = match (used_by, family_used_by) {
        (Some(user), _) if !is_parent => (
            RefusalCode::Conflict,
            format!("alias {} is already used by profile {user}; create a child alias for this profile", alias.name),
        ),
        (Some(user), _) | (None, Some(user)) if is_parent => (
            RefusalCode::NeedsChildAlias,
            format!(
                "profile {user} already uses parent alias {0}; create a child alias of {0} for this profile",
                alias.name
            ),
        ),
        _ => return None,
    };
    Some(Refusal::new(code, message).at(["aliasId"]))
}

#[cfg(test)]
mod tests {
    use seatgraph_core::ProcessSpec;
    use serde_json::json;

    use super::*;
    use crate::aliases::tests_support::alias;

    const fn spec(process: Process, available: bool, mandatory: bool, default: bool) -> ProcessSpec {
        ProcessSpec {
            process,
            snapshot_of: &[],
            available,
            mandatory,
            enabled_by_default: default,
            permissions: &[],
            scopes: &[],
        }
    }

    const MANIFEST: Manifest = Manifest {
        key: "memory",
        name: "Memory",
        version: "1",
        docs_url: None,
        hosts: &[],
        grants: &[],
        processes: &[
            spec(Process::DownloadSubscriptions, true, true, true),
            spec(Process::PullUserActivity, true, false, false),
            spec(Process::ReclaimSubscription, false, false, true),
        ],
        catalogue: "",
    };

    fn enabled(processes: &[ProfileProcess]) -> Vec<Process> {
        processes.iter().filter(|row| row.enabled).map(|row| row.process).collect()
    }

    #[test]
    fn a_new_profile_has_the_mandatory_ones_on_and_none_that_is_not_carried_out() {
        assert_eq!(enabled(&initial(&MANIFEST)), [Process::DownloadSubscriptions]);
    }

    #[test]
    fn a_switch_is_refused_where_it_means_nothing() {
        let mut processes = initial(&MANIFEST);
        let switches = [
            (Process::DownloadSubscriptions, false),
            (Process::ReclaimSubscription, true),
            (Process::DownloadConsumption, true),
            (Process::PullUserActivity, true),
        ];
        let codes: Vec<_> = switch(&MANIFEST, &mut processes, &switches).iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [RefusalCode::Invalid, RefusalCode::Unsupported, RefusalCode::Unsupported]);
        assert_eq!(enabled(&processes), [Process::DownloadSubscriptions, Process::PullUserActivity]);
    }

    #[test]
    fn what_is_off_anyway_may_be_switched_off() {
        let mut processes = initial(&MANIFEST);
        assert_eq!(switch(&MANIFEST, &mut processes, &[(Process::ReclaimSubscription, false)]), []);
    }

    #[test]
    fn a_sync_runs_what_reads_in_the_contracts_order() {
        let mut processes = initial(&MANIFEST);
        processes.reverse();
        processes.iter_mut().for_each(|row| row.enabled = true);
        assert_eq!(readable(&MANIFEST, &processes), [Process::DownloadSubscriptions, Process::PullUserActivity]);
    }

    #[test]
    fn only_the_first_profile_of_a_family_uses_the_parent() {
        let parent = alias("parent", json!({}), None);
        let child = Alias { parent_id: Some(parent.id), ..alias("child", json!({}), None) };
        let code = |alias, used, family| alias_free(alias, used, family).map(|refusal| refusal.code);
        assert_eq!(code(&parent, None, None), None);
        assert_eq!(code(&parent, Some("a"), Some("a")), Some(RefusalCode::NeedsChildAlias));
        assert_eq!(code(&parent, None, Some("a")), Some(RefusalCode::NeedsChildAlias));
        assert_eq!(code(&child, None, Some("a")), None);
        assert_eq!(code(&child, Some("a"), Some("a")), Some(RefusalCode::Conflict));
    }

    #[test]
    fn names_are_trimmed_lines() {
        assert_eq!(name("Acme EMEA (production)"), None);
        for bad in ["", "  ", " a", "a\nb"] {
            assert!(name(bad).is_some(), "{bad:?}");
        }
    }
}
