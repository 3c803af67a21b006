//! The JWT bearer flow and its errors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use salesforce_simulator::{Settings, Simulator};
use serde_json::{Value, json};

use crate::client::{Api, read, settings};

const FIRST: (&str, &str) =
    (include_str!("../../../../fixtures/keys/first.key"), include_str!("../../../../fixtures/keys/first.crt"));
const SECOND: &str = include_str!("../../../../fixtures/keys/second.key");

async fn start() -> Api {
    Api::start_with(Settings { certificate: Some(FIRST.1.to_owned()), ..settings(30) }).await
}

async fn app(api: &Api, change: Value) {
    let answer = api.send(reqwest::Method::PUT, "/_control/app", Some(change)).await;
    assert_eq!(answer.status(), 200);
}

#[expect(clippy::disallowed_methods, reason = "assertions are judged by the machine's clock")]
fn in_seconds(seconds: i64) -> i64 {
    chrono::Utc::now().timestamp() + seconds
}

fn claims(api: &Api) -> Value {
    json!({
        "iss": api.simulator.client_id(), "sub": api.simulator.username(), "aud": api.simulator.url(),
        "exp": in_seconds(180),
    })
}

fn sign(key: &str, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn ask(api: &Api, assertion: &str) -> (u16, Value) {
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let pairs = [("grant_type", grant), ("assertion", assertion)];
    read(api.form("/services/oauth2/token", &pairs).await).await
}

async fn ask_with(api: &Api, change: Value) -> (u16, Value) {
    let mut claims = claims(api);
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    ask(api, &sign(FIRST.0, &json!({ "alg": "RS256" }), &claims)).await
}

fn refused(error: &str, description: &str) -> (u16, Value) {
    (400, json!({ "error": error, "error_description": description }))
}

#[tokio::test]
async fn a_signed_assertion_gives_a_session_without_a_secret_or_a_refresh_token() {
    let mut api = start().await;
    let own = api.simulator.url().to_owned();
    for audience in ["https://login.salesforce.com", "https://test.salesforce.com", &own] {
        let (status, body) = ask_with(&api, json!({ "aud": audience })).await;
        assert_eq!(status, 200, "{body}");
        assert!(body["refresh_token"].is_null() && body["scope"] == "api");
        api.token = body["access_token"].as_str().unwrap().to_owned();
        assert_eq!(api.get("/services/data/v66.0/limits").await.0, 200);
    }
}

#[tokio::test]
async fn every_claim_is_checked() {
    let api = start().await;
    let table = [
        (json!({ "iss": "3MVGnobody" }), refused("invalid_client_id", "client identifier invalid")),
        (json!({ "aud": "https://elsewhere.example" }), refused("invalid_grant", "audience is invalid")),
        (json!({ "exp": in_seconds(-1) }), refused("invalid_grant", "expired authorization code")),
        (json!({ "exp": in_seconds(3600) }), refused("invalid_grant", "invalid assertion")),
        (json!({ "exp": "soon" }), refused("invalid_grant", "invalid assertion")),
        (json!({ "sub": "nobody@acme.example" }), refused("invalid_grant", "user hasn't approved this consumer")),
    ];
    for (change, answer) in table {
        assert_eq!(ask_with(&api, change.clone()).await, answer, "{change}");
    }
}

#[tokio::test]
async fn the_signature_must_match_the_certificate() {
    let api = start().await;
    let invalid = refused("invalid_grant", "invalid assertion");
    let (rs256, claims) = (json!({ "alg": "RS256" }), claims(&api));
    assert_eq!(ask(&api, &sign(SECOND, &rs256, &claims)).await, invalid);
    let signed = sign(FIRST.0, &rs256, &claims);
    let (message, signature) = signed.rsplit_once('.').unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let claimed = message.split_once('.').unwrap().1;
    for forged in [format!("{message}."), format!("{none}.{claimed}."), format!("{none}.{claimed}.{signature}")] {
        assert_eq!(ask(&api, &forged).await, invalid, "{forged}");
    }
    assert_eq!(ask(&api, "hunter2").await, invalid);
    assert_eq!(ask(&api, &sign(FIRST.0, &json!({ "alg": "RS512" }), &claims)).await, invalid);
    app(&api, json!({ "certificate": null })).await;
    assert_eq!(ask(&api, &signed).await, refused("unsupported_grant_type", "grant type not supported"));
    app(&api, json!({ "certificate": FIRST.1 })).await;
    assert_eq!(ask(&api, &signed).await.0, 200);
}

#[tokio::test]
async fn an_invalid_certificate_is_refused() {
    let wrong = Settings { certificate: Some("hunter2".to_owned()), ..settings(30) };
    let error = Simulator::start(wrong).await.err().unwrap();
    assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
    let api = start().await;
    let answer = api.send(reqwest::Method::PUT, "/_control/app", Some(json!({ "certificate": "hunter2" }))).await;
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn only_approved_users_get_a_session() {
    let mut api = start().await;
    let other = json!({ "sub": api.simulator.username().replace("integration@", "user000005@") });
    let unapproved = refused("invalid_app_access", "user is not admin approved to access this app");
    assert_eq!(ask_with(&api, other).await, unapproved);
    app(&api, json!({ "adminApproved": false })).await;
    let own = json!({});
    assert_eq!(ask_with(&api, own.clone()).await, refused("invalid_grant", "user hasn't approved this consumer"));
    let running = api.simulator.username();
    api.log_in_as(&running).await;
    assert_eq!(ask_with(&api, own).await.0, 200);
}

#[tokio::test]
async fn the_clock_that_checks_assertions_can_be_offset() {
    let api = start().await;
    api.set_faults(json!({ "clockAheadSeconds": 3600 })).await;
    assert_eq!(ask_with(&api, json!({})).await, refused("invalid_grant", "expired authorization code"));
    api.set_faults(json!({ "clockAheadSeconds": -3600 })).await;
    assert_eq!(ask_with(&api, json!({})).await, refused("invalid_grant", "invalid assertion"));
}
