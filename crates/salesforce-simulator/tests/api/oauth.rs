//! OAuth flows and their errors.

use reqwest::Method;
use salesforce_simulator::Settings;
use serde_json::{Value, json};

use crate::client::{Api, read, settings};

const CALLBACK: &str = "http://localhost/callback";
/// From RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Approves or denies on the consent page, and returns the parameters of the redirect.
async fn decide(api: &Api, decision: &str, extra: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    let id = api.simulator.client_id();
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", id.as_str()),
        ("redirect_uri", CALLBACK),
        ("state", "s=1&x"),
        ("decision", decision),
    ];
    pairs.extend_from_slice(extra);
    let response = api.form("/services/oauth2/authorize", &pairs).await;
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let url = url::Url::parse(&location).unwrap();
    assert!(location.starts_with(CALLBACK));
    url.query_pairs().into_owned().collect()
}

async fn code(api: &Api) -> String {
    decide(api, "approve", &[]).await.remove("code").unwrap()
}

async fn exchange(api: &Api, code: &str, verifier: Option<&str>) -> (u16, Value) {
    let mut pairs = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    pairs.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    api.token(&pairs).await
}

async fn refresh(api: &Api, token: &str) -> (u16, Value) {
    api.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

fn assert_refused(answer: &(u16, Value), error: &str, description: &str) {
    assert_eq!(*answer, (400, json!({ "error": error, "error_description": description })));
}

#[tokio::test]
async fn client_credentials_give_a_session_and_no_refresh_token() {
    let api = Api::start(30).await;
    let (_, body) = api.token(&[("grant_type", "client_credentials"), ("scope", "api refresh_token")]).await;
    assert_eq!(body["scope"], "api");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["instance_url"], api.simulator.url());
    assert!(body["refresh_token"].is_null() && body["expires_in"].is_null());
    assert!(body["issued_at"].as_str().unwrap().parse::<i64>().unwrap() > 1_700_000_000_000);
    assert!(body["access_token"].as_str().unwrap().starts_with(&api.simulator.organization_id()[..15]));
    assert!(body["id"].as_str().unwrap().contains(&format!("/id/{}/005", api.simulator.organization_id())));
}

#[tokio::test]
async fn token_requests_are_refused_with_the_documented_pairs() {
    let api = Api::start(30).await;
    let id = api.simulator.client_id();
    let credentials = ("grant_type", "client_credentials");
    let token = |pairs: Vec<(&'static str, String)>| {
        let api = &api;
        async move {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            read(api.form("/services/oauth2/token", &pairs).await).await
        }
    };
    let answer = token(vec![(credentials.0, credentials.1.into()), ("client_id", "3MVGnobody".into())]).await;
    assert_refused(&answer, "invalid_client_id", "client identifier invalid");
    let answer =
        token(vec![(credentials.0, credentials.1.into()), ("client_id", id), ("client_secret", "no".into())]).await;
    assert_refused(&answer, "invalid_client", "invalid client credentials");
    assert_refused(&api.token(&[("grant_type", "magic")]).await, "unsupported_grant_type", "grant type not supported");
    let answer = api.token(&[credentials, ("scope", "refresh_token full")]).await;
    assert_refused(&answer, "invalid_grant", "no valid scopes defined");
    let answer = api.token(&[credentials, ("scope", "everything")]).await;
    assert_refused(&answer, "invalid_scope", "the requested scope is not allowed");
    assert_refused(&api.get("/services/oauth2/token").await, "invalid_request", "must use HTTP POST");
    let request = api.http.post(api.url("/services/oauth2/token")).header("Host", "login.salesforce.com");
    let request = request.basic_auth(api.simulator.client_id(), Some(api.simulator.client_secret()));
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").body("grant_type=client_credentials");
    assert_refused(&read(request.send().await.unwrap()).await, "invalid_grant", "request not supported on this domain");
    api.set_faults(json!({ "tokenRefusal": { "error": "invalid_grant", "errorDescription": "no client credentials user enabled", "times": 1 } })).await;
    assert_refused(&api.token(&[credentials]).await, "invalid_grant", "no client credentials user enabled");
    assert_eq!(api.token(&[credentials]).await.0, 200);
}

#[tokio::test]
async fn a_code_is_valid_once_with_its_verifier_and_redirect() {
    let api = Api::start(30).await;
    let granted = decide(&api, "approve", &[("code_challenge", CHALLENGE)]).await;
    assert_eq!(granted["state"], "s=1&x");
    assert!(granted["code"].starts_with("aPrx") && granted["code"].ends_with("=="));
    let code = granted["code"].as_str();
    assert_refused(&exchange(&api, code, Some("wrong")).await, "invalid_grant", "invalid code verifier");
    assert_refused(&exchange(&api, code, None).await, "invalid_grant", "invalid code verifier");
    let elsewhere = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "http://localhost/other")];
    assert_refused(&api.token(&elsewhere).await, "redirect_uri_mismatch", "redirect_uri must match configuration");
    let (status, body) = exchange(&api, code, Some(VERIFIER)).await;
    assert_eq!(status, 200);
    assert!(body["refresh_token"].as_str().unwrap().starts_with("5Aep861"));
    assert_refused(&exchange(&api, code, Some(VERIFIER)).await, "invalid_grant", "expired authorization code");
    assert_refused(&exchange(&api, "aPrxNothing==", None).await, "invalid_grant", "invalid authorization code");
}

#[tokio::test]
async fn an_old_code_has_expired() {
    let api = Api::start_with(Settings { code_seconds: 0, ..settings(30) }).await;
    let code = code(&api).await;
    assert_refused(&exchange(&api, &code, None).await, "invalid_grant", "expired authorization code");
}

#[tokio::test]
async fn the_consent_page_shows_a_form_and_a_denial_comes_back() {
    let api = Api::start(30).await;
    let id = api.simulator.client_id();
    let page = |client: &str, callback: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", client),
                ("redirect_uri", callback),
                ("state", "<\">"),
            ])
            .finish();
        api.send(Method::GET, Box::leak(format!("/services/oauth2/authorize?{query}").into_boxed_str()), None)
    };
    let response = page(&id, CALLBACK).await;
    assert_eq!(response.headers()["content-type"], "text/html;charset=UTF-8");
    let html = response.text().await.unwrap();
    assert!(html.contains("value=\"approve\"") && html.contains("&lt;&quot;&gt;") && !html.contains("<\">"));
    for (client, callback, error) in
        [("nobody", CALLBACK, "invalid_client_id"), (&id, "http://localhost/", "redirect_uri_mismatch")]
    {
        let response = page(client, callback).await;
        assert!(response.headers().get("location").is_none());
        assert!(response.text().await.unwrap().contains(error));
    }
    let denied = decide(&api, "deny", &[]).await;
    assert_eq!(
        (denied["error"].as_str(), denied["error_description"].as_str()),
        ("access_denied", "end-user denied authorization")
    );
    api.control(Method::PUT, "app", json!({ "requirePkce": true })).await;
    assert_eq!(decide(&api, "approve", &[]).await["error"], "invalid_request");
}

#[tokio::test]
async fn a_refresh_keeps_or_rotates_the_token() {
    let api = Api::start(30).await;
    let (_, first) = exchange(&api, &code(&api).await, None).await;
    let token = first["refresh_token"].as_str().unwrap();
    let (status, again) = refresh(&api, token).await;
    assert_eq!((status, again["refresh_token"].clone()), (200, Value::Null));
    api.set_faults(json!({ "rotateRefreshTokens": true })).await;
    let (_, rotated) = refresh(&api, token).await;
    let next = rotated["refresh_token"].as_str().unwrap();
    assert_ne!(next, token);
    assert_refused(&refresh(&api, token).await, "invalid_grant", "expired access/refresh token");
    assert_refused(&refresh(&api, next).await, "invalid_grant", "expired access/refresh token");
    let url = api.url("/services/data/v62.0/limits");
    let response = api.http.get(url).bearer_auth(rotated["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.status(), 401, "reuse ends the sessions of the grant as well");
}

#[tokio::test]
async fn without_reuse_detection_the_new_token_stays_valid() {
    let api = Api::start(30).await;
    let (_, first) = exchange(&api, &code(&api).await, None).await;
    let token = first["refresh_token"].as_str().unwrap();
    api.set_faults(json!({ "rotateRefreshTokens": true, "detectRefreshTokenReuse": false })).await;
    let (_, rotated) = refresh(&api, token).await;
    assert_eq!(refresh(&api, token).await.0, 400);
    assert_eq!(refresh(&api, rotated["refresh_token"].as_str().unwrap()).await.0, 200);
}

#[tokio::test]
async fn the_sixth_approval_revokes_the_first() {
    let api = Api::start(30).await;
    let mut tokens = Vec::new();
    for _ in 0..6 {
        let (_, body) = exchange(&api, &code(&api).await, None).await;
        tokens.push(body["refresh_token"].as_str().unwrap().to_owned());
    }
    assert_refused(&refresh(&api, &tokens[0]).await, "invalid_grant", "expired access/refresh token");
    for token in &tokens[1..] {
        assert_eq!(refresh(&api, token).await.0, 200);
    }
}

#[tokio::test]
async fn a_revoked_refresh_token_ends_its_sessions_and_refreshes_nothing() {
    let mut api = Api::start(30).await;
    let (_, body) = exchange(&api, &code(&api).await, None).await;
    let (access, token) = (body["access_token"].as_str().unwrap(), body["refresh_token"].as_str().unwrap());
    api.token = access.to_owned();
    assert_eq!(api.get("/services/data/v62.0/limits").await.0, 200);
    assert_eq!(api.form("/services/oauth2/revoke", &[("token", token)]).await.status(), 200);
    assert_eq!(api.get("/services/data/v62.0/limits").await.0, 401);
    let again = read(api.form("/services/oauth2/revoke", &[("token", token)]).await).await;
    assert_refused(&again, "invalid_token", "invalid token");
    assert_refused(&refresh(&api, token).await, "invalid_grant", "expired access/refresh token");
}

#[tokio::test]
async fn logins_beyond_the_supported_ones_are_refused() {
    let api = Api::start(30).await;
    let password =
        [("grant_type", "password"), ("username", "integration@acme-7.example"), ("password", "correct horse")];
    assert_refused(&api.token(&password).await, "unsupported_grant_type", "grant type not supported");
    for path in ["/services/Soap/u/59.0", "/services/oauth2/introspect"] {
        assert_eq!(api.form(path, &[("token", "x")]).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn userinfo_and_the_identity_url_name_user_and_organisation() {
    let api = Api::start(30).await;
    let (_, userinfo) = api.get("/services/oauth2/userinfo").await;
    assert_eq!(userinfo["organization_id"], api.simulator.organization_id());
    assert_eq!(userinfo["preferred_username"], "integration@acme-7.example");
    let identity = userinfo["sub"].as_str().unwrap().strip_prefix(api.simulator.url()).unwrap();
    assert_eq!(api.get(identity).await.1["username"], "integration@acme-7.example");
    let response = api.http.get(api.url("/services/oauth2/userinfo")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (403, "Missing_OAuth_Token"));
    let wrong = format!("/id/00D000000000001EAA/{}", userinfo["user_id"].as_str().unwrap());
    let response = api.send(Method::GET, &wrong, None).await;
    assert_eq!(response.text().await.unwrap(), "Wrong_Org");
}

#[tokio::test]
async fn an_inactive_user_refreshes_nothing() {
    let api = Api::start(60).await;
    let soql = "SELECT Id, Username FROM User WHERE IsActive = true AND Profile.Name = 'Sales Manager' LIMIT 1";
    let row = api.query(soql).await["records"][0].clone();
    let (user, username) = (row["Id"].as_str().unwrap(), row["Username"].as_str().unwrap());
    let named = [("login_hint", username)];
    let code = decide(&api, "approve", &named).await.remove("code").unwrap();
    let (_, body) = exchange(&api, &code, None).await;
    let token = body["refresh_token"].as_str().unwrap();
    api.control(Method::POST, &format!("users/{user}"), json!({ "isActive": false })).await;
    assert_refused(&refresh(&api, token).await, "inactive_user", "user is inactive");
}
