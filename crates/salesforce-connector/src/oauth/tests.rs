//! The finding of every refusal, and the audience of an assertion.

use super::*;

fn refused(grant: GrantType, status: u16, error: &str, description: &str) -> Error {
    explain(&GrantRefusal { grant, status, error: error.into(), description: description.into() })
}

#[test]
fn every_refusal_has_a_kind_and_a_remedy() {
    use ErrorKind::*;
    let table = [
        ("invalid_grant", "expired authorization code", Unauthenticated, "OAUTH_GRANT_GONE"),
        ("invalid_grant", "expired access/refresh token", Unauthenticated, "OAUTH_GRANT_GONE"),
        ("invalid_grant", "authentication failure", ConfigInvalid, "OAUTH_AUTHENTICATION_FAILURE"),
        ("invalid_grant", "request not supported on this domain", ConfigInvalid, "OAUTH_WRONG_DOMAIN"),
        ("invalid_grant", "no client credentials user enabled", ConfigInvalid, "OAUTH_NO_RUN_AS_USER"),
        ("invalid_grant", "no valid scopes defined", ConfigInvalid, "OAUTH_SCOPES"),
        ("invalid_grant", "ip restricted or invalid login hours", ConfigInvalid, "OAUTH_IP_RESTRICTED"),
        ("invalid_grant", "user hasn't approved this consumer", ConfigInvalid, "OAUTH_NOT_APPROVED"),
        ("invalid_grant", "user is inactive", Unauthenticated, "OAUTH_USER_INACTIVE"),
        ("access_denied", "end-user denied authorization", ConfigInvalid, "OAUTH_CONSENT_DENIED"),
        ("access_denied", "ip restricted", ConfigInvalid, "OAUTH_IP_RESTRICTED"),
        ("access_denied", "user is not admin approved to access this app", ConfigInvalid, "OAUTH_NOT_APPROVED"),
        ("OAUTH_APPROVAL_ERROR_GENERIC", "an error occurred", ConfigInvalid, "OAUTH_APPROVAL_FAILED"),
        ("OAUTH_APPROVAL_ERROR_GENERIC", "IP restricted", ConfigInvalid, "OAUTH_IP_RESTRICTED"),
        ("OAUTH_APP_ACCESS_DENIED", "user is not admin approved", ConfigInvalid, "OAUTH_NOT_APPROVED"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", ConfigInvalid, "OAUTH_APP_BLOCKED"),
        ("OAUTH_EC_APP_NOT_FOUND", "not installed in this org", ConfigInvalid, "OAUTH_APP_NOT_INSTALLED"),
        ("OAUTH_AUTHORIZATION_BLOCKED", "Cross-org OAuth flows", ConfigInvalid, "OAUTH_OTHER_ORGANIZATION"),
        ("invalid_app_access", "user is not admin approved", ConfigInvalid, "OAUTH_NOT_APPROVED"),
        ("invalid_client_id", "client identifier invalid", Unauthenticated, "OAUTH_CLIENT_UNKNOWN"),
        ("invalid_client", "invalid client credentials", Unauthenticated, "OAUTH_CLIENT_REFUSED"),
        ("invalid_client", "Client credentials flow not enabled", ConfigInvalid, "OAUTH_FLOW_DISABLED"),
        ("inactive_user", "user is inactive", Unauthenticated, "OAUTH_USER_INACTIVE"),
        ("inactive_org", "organization is inactive", ConfigInvalid, "ORGANIZATION_INACTIVE"),
        ("unsupported_grant_type", "grant type not supported", ConfigInvalid, "OAUTH_FLOW_DISABLED"),
        ("unsupported_response_type", "response type not supported", ConfigInvalid, "OAUTH_FLOW_DISABLED"),
        ("invalid_request", "must use HTTP POST", Unexpected, "OAUTH_REQUEST_INVALID"),
        ("invalid_request", "refresh_token scope is required", ConfigInvalid, "OAUTH_SCOPES"),
        ("invalid_scope", "the requested scope is not allowed", ConfigInvalid, "OAUTH_SCOPES"),
        ("rate_limit_exceeded", "login rate exceeded", RateLimited { retry_after: None }, "OAUTH_LOGIN_RATE"),
        ("redirect_uri_mismatch", "redirect_uri must match", ConfigInvalid, "OAUTH_REDIRECT_MISMATCH"),
        ("redirect_uri_missing", "no redirect_uri", ConfigInvalid, "OAUTH_REDIRECT_MISMATCH"),
        ("temporarily_unavailable", "try later", Unavailable, "ORGANIZATION_UNAVAILABLE"),
        ("some_new_error", "some description", ConfigInvalid, "OAUTH_REFUSED"),
    ];
    for (error, description, kind, code) in table {
        let explained = refused(GrantType::AuthorizationCode, 400, error, description);
        let finding = explained.finding().unwrap();
        assert_eq!((explained.kind(), finding.code.as_str()), (kind, code), "{error} {description}");
        assert_eq!(finding.seen.as_deref(), Some(format!("{error}: {description}").as_str()));
        assert!(finding.remedy.ends_with('.') && finding.remedy.len() > 20, "{code}: {}", finding.remedy);
    }
}

#[test]
fn refusals_of_an_assertion_are_distinguished() {
    use ErrorKind::*;
    let table = [
        ("invalid_grant", "invalid assertion", Unauthenticated, "OAUTH_ASSERTION_REFUSED", "certificate"),
        ("invalid_grant", "audience is invalid", ConfigInvalid, "OAUTH_AUDIENCE", "jwtAudience"),
        ("invalid_grant", "expired authorization code", ConfigInvalid, "OAUTH_ASSERTION_EXPIRED", "clock"),
        ("invalid_grant", "user hasn't approved this consumer", ConfigInvalid, "OAUTH_NOT_APPROVED", "username"),
        ("unsupported_grant_type", "grant type not supported", ConfigInvalid, "OAUTH_FLOW_DISABLED", "JWT Bearer Flow"),
    ];
    for (error, description, kind, code, word) in table {
        let explained = refused(GrantType::JwtBearer, 400, error, description);
        let finding = explained.finding().unwrap();
        assert_eq!((explained.kind(), finding.code.as_str()), (kind, code), "{error} {description}");
        assert!(finding.remedy.contains(word), "{code}: {}", finding.remedy);
    }
}

#[test]
fn maintenance_is_unavailability() {
    let kind = |status, error| refused(GrantType::ClientCredentials, status, error, "").kind();
    assert_eq!(kind(503, ""), ErrorKind::Unavailable);
    assert_eq!(kind(500, "server_error"), ErrorKind::Unavailable);
}

#[test]
fn a_long_description_is_cut() {
    let long = "x".repeat(5000);
    let explained = refused(GrantType::AuthorizationCode, 400, &long, &long);
    assert_eq!(explained.finding().unwrap().seen.as_ref().unwrap().len(), 402);
}

#[test]
fn the_audience_is_the_login_host_of_the_organization() {
    let table = [
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com/", "https://test.salesforce.com"),
        ("https://acme--uat.my.salesforce.com", "https://test.salesforce.com"),
        ("https://page-1.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.mil", "https://login.salesforce.mil"),
        ("https://acme.my.sfcrmproducts.cn", "https://login.sfcrmproducts.cn"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ];
    for (instance, expected) in table {
        assert_eq!(audience(&instance.parse().unwrap()), expected, "{instance}");
    }
}

#[test]
fn a_scope_may_be_granted_by_another_name_or_a_wider_scope() {
    assert!(covers("api", "api") && covers("full", "api") && covers("offline_access", "refresh_token"));
    assert!(!covers("id", "api") && !covers("full", "refresh_token") && !covers("api", "full"));
}
