//! Salesforce's error responses, and the kind of error that each becomes.

use super::*;

fn refused(status: u16, body: &str) -> Error {
    SalesforceErrors.parse(&ErrorResponse { status, headers: &Headers::of(&[]), body: body.as_bytes() })
}

fn coded(status: u16, code: &str, message: &str) -> Error {
    refused(status, &serde_json::json!([{ "message": message, "errorCode": code }]).to_string())
}

#[test]
fn the_error_code_decides_the_kind() {
    use ErrorKind::*;
    let limited = RateLimited { retry_after: None };
    let table = [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", Unauthenticated),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", QuotaExhausted { until: None }),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", limited),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", limited),
        (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", Forbidden),
        (403, "API_CURRENTLY_DISABLED", "API is disabled for this User", Forbidden),
        (403, "INSUFFICIENT_ACCESS", "You do not have the right access", Forbidden),
        (400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", Forbidden),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", Forbidden),
        (400, "INVALID_TYPE", "sObject type 'UserLicense' is not supported.", Forbidden),
        (400, "INVALID_TYPE_FOR_OPERATION", "entity type X does not support query", Unsupported),
        (400, "MALFORMED_QUERY", "unexpected token: 'FORM'", Unexpected),
        (400, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: 123", Unexpected),
        (400, "INVALID_QUERY_LOCATOR", "invalid query locator", CursorExpired),
        (400, "QUERY_TIMEOUT", "Your query request was running for too long.", Unavailable),
        (404, "NOT_FOUND", "The requested resource does not exist", NotFound),
        (404, "ENTITY_IS_DELETED", "entity is deleted", NotFound),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", Unavailable),
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "a rule of the customer's", Refused),
        (400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", Refused),
        (503, "SERVER_UNAVAILABLE", "Server is unavailable", Unavailable),
        (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.", Unavailable),
        (400, "UNKNOWN_EXCEPTION", "You cannot deactivate the Default Workflow User", Refused),
        (400, "SOME_NEW_CODE", "something new", Refused),
        (403, "SOME_NEW_CODE", "something new", Refused),
    ];
    for (status, code, message, expected) in table {
        let error = coded(status, code, message);
        assert_eq!(error.kind(), expected, "{status} {code} {message}");
        assert_eq!(error.get("code"), Some(code));
    }
}

#[test]
fn a_locator_may_be_refused_where_its_query_is_not() {
    for (status, code) in
        [(400, "INVALID_QUERY_LOCATOR"), (404, "NOT_FOUND"), (400, "QUERY_TIMEOUT"), (401, "INVALID_SESSION_ID")]
    {
        assert!(is_refused_locator(&coded(status, code, "Session expired or invalid")), "{code}");
    }
    for (status, code, message) in [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        (403, "API_DISABLED_FOR_ORG", "no"),
        (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
        (503, "SERVER_UNAVAILABLE", "Server is unavailable"),
    ] {
        assert!(!is_refused_locator(&coded(status, code, message)), "{code}");
    }
    let of_the_token_source = Error::new(ErrorKind::Unauthenticated, "grant was revoked");
    assert!(!is_refused_locator(&of_the_token_source));
}

#[test]
fn the_status_decides_where_there_is_no_code() {
    let bodies =
        ["", "<html><body>Down for maintenance</body></html>", "<?xml version=\"1.0\"?><Errors/>", "[]", "null"];
    for body in bodies {
        for status in [406, 420, 500, 502, 503, 504] {
            assert_eq!(refused(status, body).kind(), ErrorKind::Unavailable, "{status} {body}");
        }
        assert_eq!(refused(401, body).kind(), ErrorKind::Unauthenticated, "{body}");
        assert_eq!(refused(403, body).kind(), ErrorKind::Forbidden, "{body}");
        assert_eq!(refused(429, body).kind(), ErrorKind::RateLimited { retry_after: None }, "{body}");
    }
}

#[test]
fn a_session_that_is_not_valid_for_rest_is_not_renewed() {
    for message in ["This session is not valid for use with the REST API", "Connected app is not attached to Agent"] {
        for code in ["INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "SOME_OTHER"] {
            assert_ne!(coded(401, code, message).kind(), ErrorKind::Unauthenticated, "{code} {message}");
        }
        assert_eq!(refused(401, message).kind(), ErrorKind::Forbidden, "as plain text: {message}");
    }
}

#[test]
fn a_hidden_column_is_read_from_the_message() {
    let message = "\nSELECT Id, Foo FROM User\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo' on entity \
                   'User'. If you are attempting to use a custom field, be sure to append the '__c'.";
    let error = coded(400, "INVALID_FIELD", message);
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!((error.get("column"), error.get("entity")), (Some("Foo"), Some("User")));
    assert!(error.get("reported").unwrap().starts_with("No such column 'Foo'"));
}

#[test]
fn a_long_message_is_cut() {
    assert_eq!(coded(400, "SOME_NEW_CODE", &"ä".repeat(1000)).get("reported").unwrap().chars().count(), 300);
}

#[test]
fn a_single_error_object_is_parsed() {
    let error = refused(400, r#"{"exceptionCode":"InvalidSessionId","exceptionMessage":"Unable to find session ID"}"#);
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[test]
fn the_code_is_found_among_other_members() {
    let bodies = [
        r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":null,"fields":[]}]"#,
        r#"[{"message":"no code"},{"errorCode":"REQUEST_LIMIT_EXCEEDED","extendedErrorDetails":[{}]}]"#,
        r#"{"errorCode":"REQUEST_LIMIT_EXCEEDED","error":"twice","message":"TotalRequests Limit exceeded."}"#,
        "<Errors><Error><errorCode>REQUEST_LIMIT_EXCEEDED</errorCode><message>TotalRequests</message></Error></Errors>",
    ];
    for body in bodies {
        assert_eq!(refused(403, body).kind(), ErrorKind::QuotaExhausted { until: None }, "{body}");
    }
}

#[test]
fn the_api_usage_is_read_in_both_forms() {
    let usage = |text| SalesforceErrors.api_usage(&Headers::of(&[("Sforce-Limit-Info", text)]));
    assert_eq!(usage("api-usage=18/15000"), Some((18, 15000)));
    assert_eq!(usage("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)"), Some((25, 5000)));
    assert_eq!(usage("per-app-api-usage=17/250(appName=x)"), None);
    assert_eq!(usage("api-usage=many"), None);
}
