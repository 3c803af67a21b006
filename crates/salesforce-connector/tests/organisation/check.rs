//! Checks of a connection.

use salesforce_simulator::{Faults, TokenRefusal};
use seatgraph_core::{Diagnosis, Process, Severity};

use crate::org::Organisation;

async fn organisation() -> Organisation {
    Organisation::found(5).await
}

fn severity(diagnosis: &Diagnosis, process: Process, code: &str) -> Option<Severity> {
    diagnosis.findings.iter().find(|f| f.process == Some(process) && f.code == code).map(|f| f.severity)
}

#[tokio::test]
async fn a_healthy_connection_reports_its_organization_and_user() {
    let organisation = organisation().await;
    let diagnosis = organisation.link().check().await;
    let seen = diagnosis.organization.as_ref().unwrap();
    assert_eq!(seen.external_id, organisation.simulator.organization_id());
    assert_eq!(seen.name, organisation.simulator.expected().organization_name);
    assert_eq!(diagnosis.principal.as_ref().unwrap().external_id.len(), 18);
    assert!(diagnosis.allowance.unwrap().limit > 0);
    let worse: Vec<_> = diagnosis.findings.iter().filter(|f| f.severity != Severity::Info).collect();
    assert_eq!(worse, Vec::<&seatgraph_core::Finding>::new());
}

#[tokio::test]
async fn missing_permissions_are_reported_per_process() {
    let organisation = organisation().await;
    organisation.revoke(&["ManageUsers", "ViewSetup", "MonitorLoginHistory"]).await;
    let diagnosis = organisation.link().check().await;
    let missing = |process| severity(&diagnosis, process, "PERMISSION_MISSING");
    assert_eq!(missing(Process::DownloadSubscriptions), Some(Severity::Error));
    assert_eq!(missing(Process::PullUserActivity), Some(Severity::Warning));
    assert_eq!(missing(Process::DownloadConsumption), Some(Severity::Error));
    assert_eq!(missing(Process::ReclaimSubscription), Some(Severity::Error));
    assert!(diagnosis.is_broken(Process::DownloadSubscriptions) && !diagnosis.is_broken(Process::PullUserActivity));
}

#[tokio::test]
async fn the_minimum_set_is_enough_for_both_downloads() {
    let organisation = organisation().await;
    let more = ["ManageUsers", "ManageInternalUsers", "FreezeUsers", "AssignPermissionSets", "ViewDeveloperName"];
    organisation.revoke(&more).await;
    let diagnosis = organisation.link().check().await;
    assert!(!diagnosis.is_broken(Process::DownloadSubscriptions), "{:#?}", diagnosis.findings);
    assert!(!diagnosis.is_broken(Process::PullUserActivity), "{:#?}", diagnosis.findings);
    assert!(diagnosis.is_broken(Process::ReclaimSubscription));
}

#[tokio::test]
async fn silently_hidden_records_give_findings() {
    let organisation = organisation().await;
    organisation.revoke(&["ManageUsers", "ViewAllUsers", "ViewAllProfiles"]).await;
    let hiding = Faults { profile_filtering: true, private_users: true, ..Faults::default() };
    organisation.simulator.set_faults(hiding);
    let diagnosis = organisation.link().check().await;
    for code in ["PROFILES_HIDDEN", "USERS_HIDDEN"] {
        let seen = severity(&diagnosis, Process::DownloadSubscriptions, code);
        assert_eq!(seen, Some(Severity::Warning), "{code}: {:#?}", diagnosis.findings);
    }
}

#[tokio::test]
async fn a_history_of_own_logins_gives_a_finding_despite_permissions() {
    let organisation = organisation().await;
    organisation.simulator.set_faults(Faults { own_logins_only: true, ..Faults::default() });
    let diagnosis = organisation.link().check().await;
    let seen = severity(&diagnosis, Process::PullUserActivity, "LOGIN_HISTORY_RESTRICTED");
    assert_eq!(seen, Some(Severity::Warning));
}

#[tokio::test]
async fn a_hidden_object_gives_a_finding_of_the_affected_processes() {
    let organisation = organisation().await;
    let hide_objects = vec!["TenantUsageEntitlement".into(), "LoginHistory".into()];
    organisation.simulator.set_faults(Faults { hide_objects, ..Faults::default() });
    let diagnosis = organisation.link().check().await;
    assert_eq!(severity(&diagnosis, Process::DownloadConsumption, "OBJECT_HIDDEN"), Some(Severity::Warning));
    assert_eq!(severity(&diagnosis, Process::PullUserActivity, "LOGIN_HISTORY_RESTRICTED"), Some(Severity::Warning));
}

#[tokio::test]
async fn a_refused_grant_ends_the_check_with_its_remedy() {
    let organisation = organisation().await;
    let token_refusal = Some(TokenRefusal {
        error: "invalid_grant".into(),
        error_description: "no client credentials user enabled".into(),
        times: None,
    });
    organisation.simulator.set_faults(Faults { expire_sessions: true, token_refusal, ..Faults::default() });
    let diagnosis = organisation.link().check().await;
    let errors: Vec<_> = diagnosis.findings.iter().filter(|f| f.severity == Severity::Error).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].code, "OAUTH_NO_RUN_AS_USER");
    assert!(errors[0].remedy.contains("Run As"));
    assert!(diagnosis.is_broken(Process::DownloadSubscriptions));
}

#[tokio::test]
async fn a_user_without_api_enabled_gives_a_finding() {
    let organisation = organisation().await;
    organisation.revoke(&["ApiEnabled"]).await;
    let diagnosis = organisation.link().check().await;
    assert!(diagnosis.findings.iter().any(|f| f.code == "API_DISABLED"), "{:#?}", diagnosis.findings);
}
