//! Passes with faults: a finding and a complete pass, or an error with a remedy.

use std::collections::BTreeMap;

use salesforce_simulator::{Faults, QueryTimeout};
use seatgraph_core::http::Method;
use seatgraph_core::{ActivityKind, ErrorKind, Next, Process, Severity};
use serde_json::{Value, json};

use crate::org::Organisation;
use crate::pass::pass;

const SUBSCRIPTIONS: Process = Process::DownloadSubscriptions;
const ACTIVITY: Process = Process::PullUserActivity;

async fn organisation(faults: Faults) -> Organisation {
    let organisation = Organisation::found(3).await;
    organisation.simulator.set_faults(faults);
    organisation
}

#[tokio::test]
async fn every_count_matches_the_organization() {
    let organisation = organisation(Faults::default()).await;
    let (expected, seen) =
        (organisation.simulator.expected(), pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap());
    let pools: BTreeMap<_, _> = seen.pages[0].batch.pools.iter().map(|pool| (&pool.identifier.id.key, pool)).collect();
    for (key, licence) in &expected.licenses {
        let pool = pools[key];
        let numbers = (pool.total, pool.used, pool.identifier.name.as_str());
        assert_eq!(numbers, (Some(licence.total as i64), Some(licence.used as i64), licence.name.as_str()), "{key}");
    }
    let accounts: Vec<_> = seen.pages.iter().flat_map(|page| &page.batch.accounts).collect();
    let count = |is: fn(&seatgraph_core::Account) -> bool| accounts.iter().filter(|a| is(a)).count() as u64;
    assert_eq!(count(|a| a.active), expected.users.active);
    assert_eq!(count(|a| a.frozen == Some(true)), expected.users.frozen);
    assert_eq!(count(|a| a.frozen.is_none()), 0);
    for (key, holders) in &expected.subscriptions {
        assert_eq!(seen.holders(key), *holders, "{key}");
    }
    assert_eq!(seen.codes(), [].into());
    assert!(seen.pages.iter().all(|page| page.rejected.is_empty()));
}

#[tokio::test]
async fn a_hidden_feature_column_merges_sales_and_service_with_a_finding() {
    let hide_fields = vec!["User.UserPermissionsSupportUser".into()];
    let organisation = organisation(Faults { hide_fields, ..Faults::default() }).await;
    let expected = organisation.simulator.expected();
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!(seen.holders("SFDC"), expected.sfdc_with_support_user + expected.sfdc_without_support_user);
    assert_eq!(seen.holders("SFDC/SupportUser"), 0);
    assert_eq!(seen.codes(), ["FIELD_HIDDEN"].into());
}

#[tokio::test]
async fn a_column_that_becomes_hidden_during_a_pass_is_left_out_from_then_on() {
    let organisation = organisation(Faults::default()).await;
    let link = organisation.link();
    let first = link.pull(SUBSCRIPTIONS, None).await.unwrap();
    let Next::More(users) = first.next else { panic!("users follow pools") };
    link.pull(SUBSCRIPTIONS, Some(&users)).await.unwrap();
    let hide_fields = vec!["User.Department".into(), "User.Title".into()];
    organisation.simulator.set_faults(Faults { hide_fields, ..Faults::default() });
    let page = link.pull(SUBSCRIPTIONS, Some(&users)).await.unwrap();
    let hidden: Vec<_> = page.findings.iter().map(|f| f.seen.as_deref().unwrap()).collect();
    assert_eq!(hidden, ["User.Department is not visible", "User.Title is not visible"]);
    assert_eq!(page.batch.accounts.len(), 200);
}

#[tokio::test]
async fn without_view_setup_the_download_fails_and_names_the_permission() {
    let organisation = organisation(Faults::default()).await;
    organisation.revoke(&["ManageUsers", "ViewSetup"]).await;
    let error = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let finding = error.finding().unwrap();
    assert_eq!((finding.code.as_str(), finding.severity), ("PERMISSION_MISSING", Severity::Error));
    assert!(finding.remedy.contains("View Setup and Configuration"));
}

#[tokio::test]
async fn hidden_assignments_fail_the_download() {
    let hide_objects = vec!["PermissionSetLicenseAssign".into()];
    let organisation = organisation(Faults { hide_objects, ..Faults::default() }).await;
    let error = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!((error.kind(), error.finding().unwrap().code.as_str()), (ErrorKind::Forbidden, "OBJECT_HIDDEN"));
}

#[tokio::test]
async fn without_manage_users_only_the_frozen_state_is_unknown() {
    let hide_objects = vec!["UserLogin".into()];
    let organisation = organisation(Faults { hide_objects, ..Faults::default() }).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert!(seen.pages.iter().flat_map(|page| &page.batch.accounts).all(|account| account.frozen.is_none()));
    assert_eq!(seen.accounts() as u64, organisation.simulator.expected().users.total);
    assert_eq!(seen.codes(), ["FROZEN_UNKNOWN"].into());
}

#[tokio::test]
async fn filtered_profiles_leave_accounts_without_a_license_with_a_finding() {
    let organisation = organisation(Faults { profile_filtering: true, ..Faults::default() }).await;
    organisation.revoke(&["ManageUsers", "ViewAllProfiles"]).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!(seen.accounts() as u64, organisation.simulator.expected().users.total);
    assert!(seen.codes().contains("LICENSE_UNREADABLE"), "{:?}", seen.codes());
}

#[tokio::test]
async fn hidden_users_are_not_part_of_the_total() {
    let organisation = organisation(Faults { private_users: true, ..Faults::default() }).await;
    organisation.revoke(&["ManageUsers", "ViewAllUsers"]).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert!((seen.accounts() as u64) < organisation.simulator.expected().users.total);
    assert_eq!(Some(seen.rows()), seen.pages[0].total);
}

#[tokio::test]
async fn a_small_organization_takes_a_dozen_calls() {
    let organisation = organisation(Faults::default()).await;
    let mut config = organisation.config();
    config["pageSize"] = json!(2000);
    let (http, link) = (organisation.http(), organisation.link_with(config));
    let reset = http.request(Method::Delete, "/_control/requests").without_token();
    reset.send().await.unwrap();
    pass(&link, SUBSCRIPTIONS, None).await.unwrap();
    let log: Vec<Value> = http.get("/_control/requests/log").without_token().json_body().await.unwrap();
    // Versions; three sorts of pool; two counts; one describe; users, assignments and frozen flags.
    assert!(log.len() <= 1 + 3 + 2 + 1 + 3, "{log:#?}");
}

#[tokio::test]
async fn an_edition_without_feature_metrics_has_no_feature_pools() {
    let hide_objects = vec!["ActiveFeatureLicenseMetric".into()];
    let organisation = organisation(Faults { hide_objects, ..Faults::default() }).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert!(seen.pages[0].batch.pools.iter().all(|pool| pool.identifier.id.kind != "FEATURE_LICENSE"));
    assert_eq!(seen.codes(), ["FEATURE_TOTALS_UNKNOWN"].into());
    assert_eq!(Some(seen.rows()), seen.pages[0].total);
}

#[tokio::test]
async fn logins_of_all_kinds_are_read() {
    let organisation = organisation(Faults::default()).await;
    let seen = pass(&organisation.link(), ACTIVITY, None).await.unwrap();
    let expected = [ActivityKind::Interactive, ActivityKind::Api, ActivityKind::Sso, ActivityKind::Other];
    assert!(expected.iter().all(|kind| seen.kinds().contains(kind)), "{:?}", seen.kinds());
    assert_eq!(seen.codes(), [].into());
    let history = seen.activity().filter(|activity| activity.source == "LoginHistory").count() as u64;
    assert!(history > 0 && history <= seen.rows());
}

#[tokio::test]
async fn restricted_history_gives_a_finding_and_last_logins_are_read() {
    let organisation = organisation(Faults { own_logins_only: true, ..Faults::default() }).await;
    let seen = pass(&organisation.link(), ACTIVITY, None).await.unwrap();
    assert_eq!(seen.codes(), ["LOGIN_HISTORY_RESTRICTED"].into());
    let swept = seen.activity().filter(|activity| activity.source == "User.LastLoginDate").count() as u64;
    let expected = organisation.simulator.expected();
    assert_eq!(swept, expected.users.total - expected.activity_all.never_logged_in);
}

#[tokio::test]
async fn without_history_last_logins_are_read() {
    let hide_objects = vec!["LoginHistory".into()];
    let organisation = organisation(Faults { hide_objects, ..Faults::default() }).await;
    let seen = pass(&organisation.link(), ACTIVITY, None).await.unwrap();
    assert_eq!(seen.codes(), ["LOGIN_HISTORY_RESTRICTED"].into());
    assert_eq!(seen.kinds(), [ActivityKind::Other].into());
}

#[tokio::test]
async fn a_connection_that_loses_api_access_fails() {
    let organisation = organisation(Faults::default()).await;
    let link = organisation.link();
    for process in [SUBSCRIPTIONS, ACTIVITY] {
        let mut from = None;
        while let Next::More(position) = link.pull(process, from.as_ref()).await.unwrap().next {
            organisation.change("revoke", &["ApiEnabled"]).await;
            let error = link.pull(process, Some(&position)).await.unwrap_err();
            let found = (error.kind(), error.finding().unwrap().code.as_str());
            assert_eq!(found, (ErrorKind::Forbidden, "API_DISABLED"), "{position:?}");
            organisation.change("grant", &["ApiEnabled"]).await;
            from = Some(position);
        }
        assert!(from.is_some(), "{process} took a second page");
    }
}

#[tokio::test]
async fn a_later_pass_starts_at_the_bookmark() {
    let organisation = organisation(Faults::default()).await;
    let first = pass(&organisation.link(), ACTIVITY, None).await.unwrap();
    organisation.advance(24);
    let second = pass(&organisation.link(), ACTIVITY, first.bookmark.as_ref()).await.unwrap();
    assert!(second.rows() * 20 < first.rows(), "{} rows after {}", second.rows(), first.rows());
    assert!(second.bookmark.is_some());
}

#[tokio::test]
async fn history_that_times_out_is_read_in_shorter_spans() {
    let calm = organisation(Faults::default()).await;
    let whole = pass(&calm.link(), ACTIVITY, None).await.unwrap();
    let query_timeout = Some(QueryTimeout { object: "LoginHistory".into(), until_days: 5 });
    let slow = organisation(Faults { query_timeout, ..Faults::default() }).await;
    let seen = pass(&slow.link(), ACTIVITY, None).await.unwrap();
    let evidence = |pass: &crate::pass::Pass| {
        let mut evidence: Vec<_> = pass.activity().map(|a| (a.account.clone(), a.at.date_naive(), a.kind)).collect();
        evidence.sort();
        evidence.dedup();
        evidence
    };
    assert_eq!(evidence(&seen), evidence(&whole));
    assert_eq!(seen.pages[0].total, None, "the count took too long as well");
}

#[tokio::test]
async fn the_daily_and_the_concurrent_limit_are_distinguished() {
    let spent = organisation(Faults { daily_limit_remaining: Some(0), ..Faults::default() }).await;
    let error = spent.link().pull(SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted { until: None });
    assert_eq!(error.finding().unwrap().code, "DAILY_LIMIT_REACHED");
    let busy = organisation(Faults { concurrent_limit: 1, ..Faults::default() }).await;
    let error = busy.link().pull(SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited { retry_after: None });
}

#[tokio::test]
async fn pages_of_every_size_return_the_same_records() {
    let organisation = organisation(Faults::default()).await;
    let mut config = organisation.config();
    let small = pass(&organisation.link_with(config.clone()), SUBSCRIPTIONS, None).await.unwrap();
    config["pageSize"] = json!(2000);
    let large = pass(&organisation.link_with(config), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!((small.pages.len(), large.pages.len()), (4, 2));
    assert_eq!((small.rows(), small.accounts()), (large.rows(), large.accounts()));
}
