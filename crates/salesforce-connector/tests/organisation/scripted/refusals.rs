//! Queries and query cursors that an organisation refuses, and their replacements.

use super::*;

/// Users have two pages, so that their assignments are queried by range.
fn two_pages(refuses: Vec<(&'static str, &'static str, &'static str)>) -> Manner {
    Manner { part: 10, goes_on: false, refuses, ..Manner::default() }
}

#[tokio::test]
async fn assignments_are_queried_by_user_ids_if_ranges_are_refused() {
    let refusals = [
        ("INVALID_QUERY_FILTER_OPERATOR", "field can not be filtered in a query call"),
        ("MALFORMED_QUERY", "unexpected token: '<='"),
        ("INVALID_FIELD", "field can not be filtered in a query call"),
    ];
    for (code, words) in refusals {
        let refuses = ["AssigneeId <=", "UserId <=", "AssigneeId > ", "UserId > "].map(|range| (range, code, words));
        let organisation = brings_everything(two_pages(refuses.into())).await;
        let asked = organisation.asked();
        let of = |words: &str| asked.iter().filter(|soql| soql.contains(words)).count();
        assert_eq!(of("UserId IN ('005xx000001Sw00AAC',"), 1, "{code}: {asked:#?}");
        assert!(of("AssigneeId <=") + of("UserId <=") <= 2, "{code}: the refusal is remembered: {asked:#?}");
    }
}

#[tokio::test]
async fn frozen_users_are_known_if_ranges_are_refused() {
    let manner = two_pages(vec![("UserId <=", "INVALID_FIELD", "field can not be filtered in a query call")]);
    let organisation = Organisation::found(manner).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    let frozen = seen.pages.iter().flat_map(|page| &page.batch.accounts).filter(|a| a.frozen == Some(true));
    assert_eq!(frozen.count(), 1);
}

#[tokio::test]
async fn an_organization_that_refuses_counts_is_read_completely() {
    let calm = pass(&Organisation::found(two_pages(vec![])).await.link(), SUBSCRIPTIONS, None).await.unwrap();
    for object in ["COUNT() FROM User", "COUNT() FROM PermissionSetLicenseAssign"] {
        for code in ["MALFORMED_QUERY", "QUERY_TIMEOUT"] {
            let organisation = Organisation::found(two_pages(vec![(object, code, "not today")])).await;
            let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
            assert_eq!((seen.accounts(), seen.rows()), (calm.accounts(), calm.rows()), "{object} {code}");
            assert!(seen.pages.iter().all(|page| page.total.is_none()), "{object} {code}");
        }
    }
}

fn hidden(column: &'static str, entity: &str) -> (&'static str, &'static str) {
    let words = format!("\nSELECT Id\n ^\nERROR at Row:1:Column:12\nNo such column '{column}' on entity '{entity}'.");
    ("INVALID_FIELD", Box::leak(words.into_boxed_str()))
}

#[tokio::test]
async fn a_hidden_column_of_any_object_gives_a_finding_and_the_rest_is_read() {
    let table = [
        ("UsedLicenses FROM UserLicense", "UsedLicenses", "UserLicense"),
        ("ExpirationDate", "ExpirationDate", "PermissionSetLicense"),
        ("TotalLicenseCount", "TotalLicenseCount", "ActiveFeatureLicenseMetric"),
        ("CreatedDate, PermissionSetLicense.", "CreatedDate", "PermissionSetLicenseAssign"),
        ("PermissionSetLicense.MasterLabel", "MasterLabel", "PermissionSetLicense"),
        ("Profile.Name", "Name", "Profile"),
        ("Profile.UserLicense.Name", "Name", "UserLicense"),
    ];
    for (asked, column, entity) in table {
        let (code, words) = hidden(column, entity);
        let organisation =
            Organisation::found(Manner { refuses: vec![(asked, code, words)], ..Manner::default() }).await;
        let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap_or_else(|e| panic!("{asked}: {e:?}"));
        assert_eq!((seen.accounts(), seen.rows()), (ACCOUNTS, ROWS), "{asked}");
        assert!(seen.codes().contains("FIELD_HIDDEN"), "{asked}: {:?}", seen.codes());
    }
}

#[tokio::test]
async fn licenses_without_visible_keys_are_identified_by_name() {
    let (code, words) = hidden("LicenseDefinitionKey", "UserLicense");
    let refuses = vec![("LicenseDefinitionKey", code, words)];
    let organisation = Organisation::found(Manner { refuses, ..Manner::default() }).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!((seen.holders("SFDC"), seen.holders("SFDC/SupportUser"), seen.holders("Chatter Free")), (1, 1, 1));
    assert_eq!(seen.codes(), ["FIELD_HIDDEN"].into());
}

#[tokio::test]
async fn users_without_readable_licenses_are_not_downloaded() {
    let words = "Didn't understand relationship 'Profile' in field path.";
    let refuses = vec![("Profile.", "INVALID_FIELD", words)];
    let organisation = Organisation::found(Manner { refuses, ..Manner::default() }).await;
    let link = organisation.link();
    for attempt in ["first", "second"] {
        let error = pass(&link, SUBSCRIPTIONS, None).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.finding().unwrap().code.as_str()),
            (ErrorKind::Forbidden, "PERMISSION_MISSING"),
            "{attempt}"
        );
    }
}

#[tokio::test]
async fn an_edition_that_refuses_metrics_has_no_feature_pools() {
    let refuses = vec![("MetricsDate DESC", "MALFORMED_QUERY", "field 'MetricsDate' can not be sorted")];
    let organisation = Organisation::found(Manner { refuses, ..Manner::default() }).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert!(seen.pages[0].batch.pools.iter().all(|pool| pool.identifier.id.kind != "FEATURE_LICENSE"));
    assert_eq!(seen.codes(), ["FEATURE_TOTALS_UNKNOWN"].into());
}

#[tokio::test]
async fn a_connection_without_userinfo_is_checked() {
    let refuses = vec![("IsSandbox", hidden("IsSandbox", "Organization").0, hidden("IsSandbox", "Organization").1)];
    let organisation = Organisation::found(Manner { refuses, ..Manner::default() }).await;
    let diagnosis = organisation.link().check().await;
    let codes: Vec<_> = diagnosis.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(diagnosis.organization.as_ref().unwrap().name, "Acme", "{codes:?}");
    for code in ["CHECK_INCOMPLETE", "PERMISSIONS_UNKNOWN", "LOGIN_HISTORY_RESTRICTED"] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
    assert!(!codes.contains(&"CONNECTION_REFUSED") && !diagnosis.is_broken(SUBSCRIPTIONS), "{codes:?}");
}

#[tokio::test]
async fn every_finding_has_an_observation_and_a_documentation_link() {
    let manners = [
        Manner::default(),
        Manner { versions: vec![], ..Manner::default() },
        Manner { versions: vec!["40.0"], ..Manner::default() },
        Manner { empty: vec!["UserLicense", "User"], ..Manner::default() },
        Manner { refuses: vec![("SELECT", "NEVER_HEARD_OF", "no")], ..Manner::default() },
        Manner { refuses: vec![("SELECT", "API_DISABLED_FOR_ORG", "no")], ..Manner::default() },
        Manner {
            refuses: vec![("SELECT", "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")],
            ..Manner::default()
        },
    ];
    for manner in manners {
        let diagnosis = Organisation::found(manner).await.link().check().await;
        assert!(!diagnosis.findings.is_empty());
        for finding in diagnosis.findings {
            assert!(finding.seen.as_deref().is_some_and(|seen| !seen.is_empty()), "{finding:?}");
            assert!(finding.docs_url.as_deref().is_some_and(|docs| docs.starts_with("https://")), "{finding:?}");
            assert!(finding.message.ends_with('.') && finding.remedy.ends_with('.'), "{finding:?}");
        }
    }
}

#[tokio::test]
async fn optional_queries_may_be_refused_for_any_reason() {
    let refuses = vec![
        ("FROM UserLogin", "NEVER_HEARD_OF", "not for you"),
        ("FROM ActiveFeatureLicenseMetric", "NEVER_HEARD_OF", "not for you"),
    ];
    let organisation = Organisation::found(Manner { refuses, ..Manner::default() }).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!(seen.accounts(), ACCOUNTS);
    assert_eq!(seen.codes(), ["FEATURE_TOTALS_UNKNOWN", "FROZEN_UNKNOWN"].into());
}

#[tokio::test]
async fn no_object_depends_on_its_query_cursors() {
    let organisation = brings_everything(Manner { part: 1, forgets: usize::MAX, ..Manner::default() }).await;
    for object in ["UserLicense", "PermissionSetLicense", "ActiveFeatureLicenseMetric", "User", "UserLogin"] {
        let asked = organisation.asked();
        let of_object = |soql: &&String| soql.contains(&format!("FROM {object} ")) && !soql.contains("COUNT()");
        assert!(asked.iter().filter(of_object).count() > 1, "{object}: {asked:#?}");
    }
}

#[tokio::test]
async fn a_refused_query_by_key_keeps_its_error() {
    let refuses = vec![("Id > '", "INVALID_SESSION_ID", "Session expired or invalid")];
    let organisation = Organisation::found(Manner { part: 3, forgets: 3, refuses, ..Manner::default() }).await;
    let error = organisation.link().pull(SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(organisation.asked().iter().filter(|soql| soql.contains("Id > '")).count(), 1);
}
