//! Refused locators: each is replaced by a query by key, and a pass returns the same pages.

use salesforce_simulator::{BulkFaults, Faults, LocatorRefusal};
use seatgraph_core::{Connector, Process};
use serde_json::Value;

use crate::org::Organisation;
use crate::pass::{Pass, pass};

const SUBSCRIPTIONS: Process = Process::DownloadSubscriptions;
const ACTIVITY: Process = Process::PullUserActivity;

/// Small enough that every object has several responses.
const ROWS_PER_ANSWER: Option<u64> = Some(4);

fn refusals(object: &str) -> [LocatorRefusal; 4] {
    let refusals = [
        (400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        (400, "QUERY_TIMEOUT", "Your query request was running for too long."),
        (401, "INVALID_SESSION_ID", "Session expired or invalid"),
        (404, "NOT_FOUND", "The requested resource does not exist"),
    ];
    refusals.map(|(status, error_code, message)| LocatorRefusal {
        object: Some(object.into()),
        status,
        error_code: error_code.into(),
        message: message.into(),
    })
}

async fn organisation() -> Organisation {
    Organisation::of_users(60, 3).await
}

/// The number of refused locators.
async fn refused(organisation: &Organisation) -> usize {
    let log = organisation.http().get("/_control/requests/log").without_token();
    let log: Vec<Value> = log.json_body().await.unwrap();
    let is_refused = |call: &Value| {
        let path = call["path_and_query"].as_str().unwrap();
        (path.contains("/query/01g") || path.contains("/results?locator=")) && call["status"].as_u64().unwrap() >= 400
    };
    log.iter().filter(|call| is_refused(call)).count()
}

/// Refuses the locators of `object` in every way, in passes of `link`.
async fn replaces(organisation: &Organisation, link: &dyn Connector, process: Process, object: &str, faults: Faults) {
    let calm: Pass = pass(link, process, None).await.unwrap();
    assert!(calm.codes().is_empty(), "{:?}", calm.codes());
    for refusal in refusals(object) {
        let before = refused(organisation).await;
        let code = refusal.error_code.clone();
        organisation.simulator.set_faults(Faults { locator_refusal: Some(refusal), ..faults.clone() });
        let seen = pass(link, process, None).await.unwrap_or_else(|error| panic!("{code}: {error:?}"));
        assert!(refused(organisation).await > before, "{code}: no locator was refused");
        assert_eq!(seen.pages, calm.pages, "{code}: other pages");
        assert_eq!(seen.bookmark, calm.bookmark, "{code}");
    }
}

async fn replaces_in_queries(process: Process, object: &str) {
    let organisation = organisation().await;
    let faults = Faults { rows_per_answer: ROWS_PER_ANSWER, ..Faults::default() };
    replaces(&organisation, organisation.link().as_ref(), process, object, faults).await;
}

#[tokio::test]
async fn refused_locators_of_user_licenses_are_replaced() {
    replaces_in_queries(SUBSCRIPTIONS, "UserLicense").await;
}

#[tokio::test]
async fn refused_locators_of_permission_set_licenses_are_replaced() {
    replaces_in_queries(SUBSCRIPTIONS, "PermissionSetLicense").await;
}

#[tokio::test]
async fn refused_locators_of_feature_metrics_are_replaced() {
    replaces_in_queries(SUBSCRIPTIONS, "ActiveFeatureLicenseMetric").await;
}

#[tokio::test]
async fn refused_locators_of_users_are_replaced() {
    replaces_in_queries(SUBSCRIPTIONS, "User").await;
}

#[tokio::test]
async fn refused_locators_of_assignments_are_replaced() {
    replaces_in_queries(SUBSCRIPTIONS, "PermissionSetLicenseAssign").await;
}

#[tokio::test]
async fn refused_locators_of_frozen_users_are_replaced() {
    replaces_in_queries(SUBSCRIPTIONS, "UserLogin").await;
}

#[tokio::test]
async fn refused_locators_of_last_logins_are_replaced() {
    replaces_in_queries(ACTIVITY, "User").await;
}

#[tokio::test]
async fn refused_locators_of_login_history_are_replaced() {
    replaces_in_queries(ACTIVITY, "LoginHistory").await;
}

#[tokio::test]
async fn refused_locators_of_bulk_results_are_replaced_by_pages() {
    let organisation = Organisation::found(3).await;
    let bulk = BulkFaults { page_size: Some(70), ..BulkFaults::default() };
    for refusal in refusals("LoginHistory") {
        let link = organisation.link_by_jobs_from(1);
        organisation.simulator.set_faults(Faults { bulk: bulk.clone(), ..Faults::default() });
        let (calm, before) = (pass(link.as_ref(), ACTIVITY, None).await.unwrap(), refused(&organisation).await);
        let code = refusal.error_code.clone();
        let faults = Faults { bulk: bulk.clone(), locator_refusal: Some(refusal), ..Faults::default() };
        organisation.simulator.set_faults(faults);
        let seen = pass(link.as_ref(), ACTIVITY, None).await.unwrap_or_else(|error| panic!("{code}: {error:?}"));
        assert!(refused(&organisation).await > before, "{code}: no locator was refused");
        assert!(seen.pages == calm.pages, "{code}: other pages");
        assert_eq!(seen.bookmark, calm.bookmark, "{code}");
    }
}

#[tokio::test]
async fn a_check_reads_every_license_if_locators_are_refused() {
    let organisation = organisation().await;
    organisation.revoke(&["ManageUsers", "ViewAllUsers"]).await;
    let hiding = Faults { private_users: true, ..Faults::default() };
    organisation.simulator.set_faults(hiding.clone());
    let calm = organisation.link().check().await;
    assert!(calm.findings.iter().any(|finding| finding.code == "USERS_HIDDEN"), "{:#?}", calm.findings);
    for refusal in refusals("UserLicense") {
        let (before, code) = (refused(&organisation).await, refusal.error_code.clone());
        let short = Faults { rows_per_answer: ROWS_PER_ANSWER, locator_refusal: Some(refusal), ..hiding.clone() };
        organisation.simulator.set_faults(short);
        let seen = organisation.link().check().await;
        assert!(refused(&organisation).await > before, "{code}: no locator was refused");
        assert_eq!(seen.findings, calm.findings, "{code}");
    }
}
