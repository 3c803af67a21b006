//! Checks and findings.

use seatgraph_core::{Diagnosis, Finding, Severity};

use crate::pass::read_processes;
use crate::result::ensure;
use crate::{ContractResult, Fault, Fixture, NotMet, Violation};

/// Without faults, available processes are not broken, unavailable processes have a finding, and every finding has a
/// remedy.
///
/// Unavailable processes are checked too, so that an administrator can grant their permissions in advance.
pub async fn diagnoses_every_process(fixture: &dyn Fixture) -> ContractResult {
    let diagnosis = fixture.organization().await.connect().check().await;
    for spec in fixture.manifest().processes {
        if spec.available {
            ensure(!diagnosis.is_broken(spec.process), || {
                Violation::of(spec.process, format!("broken without a fault: {:?}", diagnosis.findings))
            })?;
        } else {
            ensure(diagnosis.findings.iter().any(|f| f.process == Some(spec.process)), || {
                Violation::of(spec.process, "unavailable without a finding")
            })?;
        }
    }
    can_be_acted_on(fixture, &diagnosis)?;
    Ok(())
}

/// A finding has a stable code, a message and a remedy, and concerns a process of the manifest.
fn can_be_acted_on(fixture: &dyn Fixture, diagnosis: &Diagnosis) -> Result<(), Violation> {
    let is_code =
        |code: &str| !code.is_empty() && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    for finding in &diagnosis.findings {
        let Finding { code, message, remedy, process, .. } = finding;
        ensure(is_code(code), || Violation::new(format!("finding code {code:?} is not in UPPER_SNAKE")))?;
        ensure(!message.is_empty() && !remedy.is_empty(), || {
            Violation::new(format!("{code} lacks message or remedy"))
        })?;
        let listed = process.is_none_or(|process| fixture.manifest().process(process).is_some());
        ensure(listed, || Violation::new(format!("{code} has the process {process:?}, which is not in the manifest")))?;
    }
    Ok(())
}

/// A check changes nothing: two checks have the same result, and the organisation is unchanged.
///
/// Checks run on request and on a schedule.
pub async fn check_changes_nothing(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    let before = (org.expected_records().await, org.fingerprint().await);
    let connector = org.connect();
    // The allowance is not compared, because a check uses calls.
    let look = async || Diagnosis { allowance: None, ..connector.check().await };
    let (first, second) = (look().await, look().await);
    ensure(first == second, || Violation::new(format!("two checks differ: {first:?} and {second:?}")))?;
    let after = (org.expected_records().await, org.fingerprint().await);
    ensure(before == after, || Violation::new("the check changed the organisation"))?;
    Ok(())
}

/// A broken connection is a finding of severity `Error`. The check itself does not fail.
///
/// An error contains one problem, but a user who sets up a connection needs to see all of them.
pub async fn check_reports_broken_connections(fixture: &dyn Fixture) -> ContractResult {
    let faults = [Fault::CredentialRefused, Fault::Forbidden, Fault::Unavailable { calls: 1_000 }];
    let mut tried = false;
    for fault in faults {
        let org = fixture.organization().await;
        if !org.set_fault(fault).await {
            continue;
        }
        tried = true;
        let diagnosis = org.connect().check().await;
        ensure(diagnosis.findings.iter().any(|f| f.severity == Severity::Error), || {
            Violation::new(format!("no error was found under {fault:?}: {diagnosis:?}"))
        })?;
        can_be_acted_on(fixture, &diagnosis)?;
    }
    for fault in [Fault::DroppedBody, Fault::Nonsense] {
        let org = fixture.organization().await;
        if org.set_fault(fault).await {
            can_be_acted_on(fixture, &org.connect().check().await)?;
        }
    }
    if tried { Ok(()) } else { Err(NotMet::Skipped("the fixture cannot provoke a broken connection")) }
}

/// Nothing printable contains a secret: the connector, pages, diagnoses, and errors.
///
/// `Debug` output is logged, and errors are shown to users. The fixture supplies the canaries.
pub async fn keeps_secrets(fixture: &dyn Fixture) -> ContractResult {
    let faults = [Fault::None, Fault::CredentialRefused, Fault::Forbidden, Fault::Nonsense, Fault::DroppedBody];
    let mut tried = false;
    for fault in faults {
        let org = fixture.organization().await;
        if org.canaries().is_empty() || (fault != Fault::None && !org.set_fault(fault).await) {
            continue;
        }
        tried = true;
        let connector = org.connect();
        let mut printed = format!("{connector:?} {connector:#?}");
        for process in read_processes(fixture).unwrap_or_default() {
            printed += &match connector.pull(process, None).await {
                Ok(page) => format!("{page:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
        }
        printed += &format!("{:?} {connector:?}", connector.check().await);
        let shown = org.canaries().into_iter().any(|canary| printed.contains(&canary));
        ensure(!shown, || Violation::new(format!("a secret was printed under {fault:?}")))?;
    }
    if tried { Ok(()) } else { Err(NotMet::Skipped("the fixture names no secrets")) }
}
