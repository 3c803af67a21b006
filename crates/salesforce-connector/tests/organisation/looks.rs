//! Checks other than permissions: clock, sandbox, licence, API allowance, columns, and write access.

use salesforce_simulator::Faults;
use seatgraph_core::http::Method;
use seatgraph_core::{Diagnosis, Finding, Process, Severity};
use serde_json::{Value, json};

use crate::org::Organisation;

async fn organisation() -> Organisation {
    Organisation::found(6).await
}

async fn under(organisation: &Organisation, faults: Faults) -> Diagnosis {
    organisation.simulator.set_faults(faults);
    organisation.link().check().await
}

fn found<'a>(diagnosis: &'a Diagnosis, code: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.code == code).collect()
}

#[tokio::test]
async fn only_a_wrong_clock_gives_a_finding() {
    let organisation = organisation().await;
    for (offset, seen) in [(300, "about 5 minutes ahead of"), (-1200, "about 20 minutes behind")] {
        let diagnosis = under(&organisation, Faults { clock_offset_seconds: offset, ..Faults::default() }).await;
        let skew = found(&diagnosis, "CLOCK_SKEW");
        assert_eq!((skew.len(), skew[0].severity, skew[0].process), (1, Severity::Warning, None));
        assert!(skew[0].seen.as_deref().unwrap().contains(seen), "{skew:?}");
    }
    let diagnosis = under(&organisation, Faults { clock_offset_seconds: 30, ..Faults::default() }).await;
    assert_eq!(found(&diagnosis, "CLOCK_SKEW"), Vec::<&Finding>::new());
}

#[tokio::test]
async fn sandboxes_and_production_are_distinguished() {
    let organisation = organisation().await;
    let diagnosis = under(&organisation, Faults { sandbox: true, ..Faults::default() }).await;
    assert!(diagnosis.organization.as_ref().unwrap().sandbox);
    assert_eq!(found(&diagnosis, "SANDBOX")[0].severity, Severity::Info);
    let diagnosis = under(&organisation, Faults::default()).await;
    assert!(!diagnosis.organization.as_ref().unwrap().sandbox && found(&diagnosis, "SANDBOX").is_empty());
}

#[tokio::test]
async fn a_nearly_used_api_allowance_gives_a_warning_with_its_numbers() {
    let organisation = organisation().await;
    let diagnosis = under(&organisation, Faults { daily_limit_remaining: Some(15_000), ..Faults::default() }).await;
    let allowance = diagnosis.allowance.unwrap();
    assert_eq!(allowance.limit, 100_000);
    assert!((85_000..85_100).contains(&allowance.used), "{allowance:?}");
    assert_eq!(found(&diagnosis, "DAILY_LIMIT_NEAR")[0].severity, Severity::Warning);
}

#[tokio::test]
async fn a_connected_user_without_a_license_gives_a_finding() {
    let organisation = organisation().await;
    let me = organisation.link().check().await.principal.unwrap().external_id;
    let http = organisation.http();
    let query = http.get("/services/data/v66.0/query");
    let query = query.query("q", "SELECT Id FROM Profile WHERE Name = 'Standard Platform User'");
    let mut profile: Value = query.json_body().await.unwrap();
    let change = json!({ "ProfileId": profile["records"][0]["Id"].take() });
    let patch = http.request(Method::Patch, format!("/services/data/v66.0/sobjects/User/{me}"));
    patch.json(&change).send().await.unwrap();
    let diagnosis = organisation.link().check().await;
    let license = found(&diagnosis, "LICENSE_OF_CONNECTION");
    assert_eq!((license.len(), license[0].severity), (1, Severity::Warning));
    assert_eq!(license[0].seen.as_deref(), Some("Salesforce Platform (AUL)"));
}

#[tokio::test]
async fn a_hidden_column_gives_a_finding_of_the_process_that_reads_it() {
    let organisation = organisation().await;
    let hidden = [
        (Process::DownloadSubscriptions, "UserLicense.TotalLicenses"),
        (Process::DownloadSubscriptions, "PermissionSetLicense.ExpirationDate"),
        (Process::PullUserActivity, "LoginHistory.LoginType"),
        (Process::DownloadConsumption, "TenantUsageEntitlement.AmountUsed"),
    ];
    let hide_fields = hidden.iter().map(|(_, field)| (*field).to_owned()).collect();
    let diagnosis = under(&organisation, Faults { hide_fields, ..Faults::default() }).await;
    let findings = found(&diagnosis, "FIELD_HIDDEN");
    for (process, field) in hidden {
        let seen = format!("{field} is not visible");
        assert!(
            findings.iter().any(|f| f.process == Some(process) && f.seen.as_ref() == Some(&seen)),
            "{field}: {findings:#?}"
        );
    }
    assert_eq!(findings.len(), hidden.len());
}

#[tokio::test]
async fn reclaim_is_checked_by_write_permissions() {
    let organisation = organisation().await;
    let read_only_fields = vec!["User.IsActive".to_owned(), "UserLogin.IsFrozen".to_owned()];
    let diagnosis = under(&organisation, Faults { read_only_fields, ..Faults::default() }).await;
    let findings: Vec<_> = found(&diagnosis, "READ_ONLY").iter().map(|f| (f.process.unwrap(), f.severity)).collect();
    let reclaim = Process::ReclaimSubscription;
    assert_eq!(findings, [(reclaim, Severity::Error), (reclaim, Severity::Warning)]);
    assert!(diagnosis.is_broken(reclaim) && !diagnosis.is_broken(Process::DownloadSubscriptions));
}

#[tokio::test]
async fn checking_sends_read_requests_only() {
    let organisation = organisation().await;
    let situations = [
        Faults::default(),
        Faults { profile_filtering: true, private_users: true, own_logins_only: true, ..Faults::default() },
        Faults { hide_fields: vec!["User.IsActive".into(), "UserLicense.UsedLicenses".into()], ..Faults::default() },
        Faults { hide_objects: vec!["UserLicense".into(), "UserPermissionAccess".into()], ..Faults::default() },
        Faults { expire_session_every: Some(3), ..Faults::default() },
    ];
    for faults in situations {
        let diagnosis = under(&organisation, faults.clone()).await;
        assert_eq!(organisation.writes().await, Vec::<Value>::new(), "{faults:?}: {diagnosis:#?}");
    }
    organisation.simulator.set_faults(Faults::default());
    organisation.revoke(&["ManageUsers", "ViewSetup", "FreezeUsers", "AssignPermissionSets"]).await;
    organisation.link().check().await;
    assert_eq!(organisation.writes().await, Vec::<Value>::new());
}
