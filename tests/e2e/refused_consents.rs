//! Every way in which a vendor sends a person back without a consent, and what the person and the profile are told.

use seatgraph_store::each_backend;
use serde_json::{Value, json};
use url::Url;

use crate::consent_flow::ConsentFlow;

/// What the vendor puts behind the callback's address, the finding's code, and a word of its remedy.
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

async fn profile(story: &ConsentFlow) -> Value {
    let profile = json!({ "name": "Acme", "aliasId": story.alias });
    story.world.api.mutate("CreateProfile", profile).await.unwrap()["profile"]["id"].take()
}

async fn findings(story: &ConsentFlow, profile: &Value) -> Vec<Value> {
    let document = "query($id: ID!) { profile(by: { id: $id }) { findings { code remedy seen } } }";
    let mut found = story.world.api.ask(document, json!({ "id": profile })).await.unwrap();
    found["profile"]["findings"].as_array_mut().unwrap().drain(..).collect()
}

/// Where the vendor would send the person, with these words.
async fn sent_back(story: &ConsentFlow, words: &[(&str, &str)]) -> Url {
    let consent = story.ask().await;
    let asked: std::collections::HashMap<_, _> = consent.query_pairs().into_owned().collect();
    let mut back: Url = asked["redirect_uri"].parse().unwrap();
    back.query_pairs_mut().extend_pairs(words).append_pair("state", &asked["state"]);
    back
}

each_backend! {
    async fn every_error_on_the_way_back_is_a_page_and_a_finding(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let profile = profile(&story).await;
        for (error, description, code, word) in TABLE {
            let back = sent_back(&story, &[("error", error), ("error_description", description)]).await;
            let (status, page) = story.come_back(&back).await;
            assert_eq!(status, 400, "{error}");
            assert!(page.contains(code) && page.contains("What to do"), "{error}: {page}");
            assert!(!page.contains("<script"), "{page}");
            // One finding: each consent's takes the place of the last one's.
            let found = findings(&story, &profile).await;
            assert_eq!((found.len(), &found[0]["code"]), (1, &json!(code)), "{error}: {found:?}");
            assert!(found[0]["remedy"].as_str().unwrap().contains(word), "{code}: {}", found[0]);
            assert_eq!(found[0]["seen"], format!("{error}: {description}"));
            assert_eq!(story.credential().await["state"], "MISSING");
        }
        let nothing = sent_back(&story, &[]).await;
        assert!(story.come_back(&nothing).await.1.contains("OAUTH_REQUEST_INVALID"));

        story.consent().await;
        assert_eq!(findings(&story, &profile).await, Vec::<Value>::new());
        story.end().await;
    }

    async fn a_code_that_is_refused_is_a_finding_too_and_a_validation_clears_it(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let profile = profile(&story).await;
        story.consent().await;
        let back = sent_back(&story, &[("code", "wrong")]).await;
        assert_eq!(story.come_back(&back).await.0, 400);
        let found = findings(&story, &profile).await;
        assert_eq!((found.len(), &found[0]["code"]), (1, &json!("OAUTH_GRANT_GONE")), "{found:?}");
        story.world.api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
        let left = findings(&story, &profile).await;
        assert!(left.iter().all(|finding| finding["code"] != "OAUTH_GRANT_GONE"), "{left:?}");
        story.end().await;
    }

    async fn a_stranger_who_knows_no_state_leaves_no_finding(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let profile = profile(&story).await;
        let mut forged = sent_back(&story, &[]).await;
        forged.query_pairs_mut().clear().extend_pairs([("error", "access_denied"), ("state", "forged")]);
        let (status, page) = story.come_back(&forged).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        assert_eq!(findings(&story, &profile).await, Vec::<Value>::new());
        story.end().await;
    }
}
