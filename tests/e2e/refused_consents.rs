//! OAuth redirects without a code: what the user sees, and the findings of the profile.

use seatgraph_store::each_backend;
use serde_json::{Value, json};
use url::Url;

use crate::consent_flow::ConsentFlow;

/// Query parameters of the callback, the code of the finding, and a word of its remedy.
const TABLE: [(&str, &str, &str, &str); 16] = [
    ("access_denied", "end-user denied authorization", "OAUTH_CONSENT_DENIED", "choose Allow"),
    ("access_denied", "ip restricted", "OAUTH_IP_RESTRICTED", "Network Access"),
    ("invalid_client_id", "client identifier invalid", "OAUTH_CLIENT_UNKNOWN", "consumer key"),
    ("redirect_uri_mismatch", "redirect_uri must match configuration", "OAUTH_REDIRECT_MISMATCH", "callback URL"),
    ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred", "OAUTH_APPROVAL_FAILED", "Assign the user"),
    ("OAUTH_APP_ACCESS_DENIED", "user is not admin approved", "OAUTH_NOT_APPROVED", "permission set"),
    ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "OAUTH_APP_BLOCKED", "Unblock the app"),
    ("OAUTH_EC_APP_NOT_FOUND", "app is not installed in this org", "OAUTH_APP_NOT_INSTALLED", "install its package"),
    ("OAUTH_AUTHORIZATION_BLOCKED", "Cross-org OAuth flows are not supported", "OAUTH_OTHER_ORGANIZATION", "Create an"),
    ("inactive_user", "user is inactive", "OAUTH_USER_INACTIVE", "Activate the user"),
    ("inactive_org", "organization is inactive", "ORGANIZATION_INACTIVE", "reactivate"),
    ("invalid_scope", "the requested scope is not allowed", "OAUTH_SCOPES", "refresh_token"),
    ("unsupported_response_type", "response type not supported", "OAUTH_FLOW_DISABLED", "Authorization Code"),
    ("invalid_request", "missing required code challenge", "OAUTH_REQUEST_INVALID", "Report this"),
    ("server_error", "an unknown error occurred", "ORGANIZATION_UNAVAILABLE", "status.salesforce.com"),
    ("a_word_of_tomorrow", "<script>alert(1)</script>", "OAUTH_REFUSED", "list of OAuth errors"),
];

async fn profile(flow: &ConsentFlow) -> Value {
    let profile = json!({ "name": "Acme", "aliasId": flow.alias });
    flow.gateway.api.mutate("CreateProfile", profile).await.unwrap()["profile"]["id"].take()
}

async fn findings(flow: &ConsentFlow, profile: &Value) -> Vec<Value> {
    let document = "query($id: ID!) { profile(by: { id: $id }) { findings { code remedy seen } } }";
    let mut found = flow.gateway.api.ask(document, json!({ "id": profile })).await.unwrap();
    found["profile"]["findings"].as_array_mut().unwrap().drain(..).collect()
}

/// The redirect URL with these parameters.
async fn sent_back(flow: &ConsentFlow, words: &[(&str, &str)]) -> Url {
    let consent = flow.start_authorization().await;
    let asked: std::collections::HashMap<_, _> = consent.query_pairs().into_owned().collect();
    let mut back: Url = asked["redirect_uri"].parse().unwrap();
    back.query_pairs_mut().extend_pairs(words).append_pair("state", &asked["state"]);
    back
}

each_backend! {
    async fn every_error_of_a_callback_is_a_page_and_a_finding(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let profile = profile(&flow).await;
        for (error, description, code, word) in TABLE {
            let back = sent_back(&flow, &[("error", error), ("error_description", description)]).await;
            let (status, page) = flow.follow_redirect(&back).await;
            assert_eq!(status, 400, "{error}");
            assert!(page.contains(code) && page.contains("What to do"), "{error}: {page}");
            assert!(!page.contains("<script"), "{page}");
            // Each callback replaces the finding of the previous one.
            let found = findings(&flow, &profile).await;
            assert_eq!((found.len(), &found[0]["code"]), (1, &json!(code)), "{error}: {found:?}");
            assert!(found[0]["remedy"].as_str().unwrap().contains(word), "{code}: {}", found[0]);
            assert_eq!(found[0]["seen"], format!("{error}: {description}"));
            assert_eq!(flow.credential().await["state"], "MISSING");
        }
        let nothing = sent_back(&flow, &[]).await;
        assert!(flow.follow_redirect(&nothing).await.1.contains("OAUTH_REQUEST_INVALID"));

        flow.consent().await;
        assert_eq!(findings(&flow, &profile).await, Vec::<Value>::new());
        flow.end().await;
    }

    async fn a_code_that_is_refused_is_a_finding_too_and_a_validation_clears_it(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let profile = profile(&flow).await;
        flow.consent().await;
        let back = sent_back(&flow, &[("code", "wrong")]).await;
        assert_eq!(flow.follow_redirect(&back).await.0, 400);
        let found = findings(&flow, &profile).await;
        assert_eq!((found.len(), &found[0]["code"]), (1, &json!("OAUTH_GRANT_GONE")), "{found:?}");
        flow.gateway.api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
        let left = findings(&flow, &profile).await;
        assert!(left.iter().all(|finding| finding["code"] != "OAUTH_GRANT_GONE"), "{left:?}");
        flow.end().await;
    }

    async fn a_callback_with_an_unknown_state_leaves_no_finding(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let profile = profile(&flow).await;
        let mut forged = sent_back(&flow, &[]).await;
        forged.query_pairs_mut().clear().extend_pairs([("error", "access_denied"), ("state", "forged")]);
        let (status, page) = flow.follow_redirect(&forged).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        assert_eq!(findings(&flow, &profile).await, Vec::<Value>::new());
        flow.end().await;
    }
}
