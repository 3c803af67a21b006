//! Signing for a user, and keys that cannot.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::grant::with_consent;
use super::server::{Server, answer, ok};
use crate::http::grant::{Assertion, SigningKey, UnusableKey, jwt_bearer};
use crate::http::{Http, HttpOptions};
use crate::{ErrorKind, OAuth, Secret};

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../../../../fixtures/keys/", $name))
    };
}

fn parse(text: &str) -> Result<SigningKey, UnusableKey> {
    SigningKey::parse(&Secret::new(text))
}

fn assertion(key: &SigningKey) -> Assertion<'_> {
    let at = "2026-11-26T10:00:00Z".parse().unwrap();
    Assertion { client_id: "3MVG9.app", username: "svc@acme.example", key, at }
}

fn part(token: &str, number: usize) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap()
}

#[tokio::test]
async fn an_assertion_has_issuer_subject_audience_expiry_and_signature() {
    let server = Server::answering([ok(r#"{"access_token":"tok","token_type":"Bearer","scope":"api"}"#)]).await;
    let http = Http::new(server.url.clone(), None, HttpOptions::default());
    let key = parse(key!("first.key")).unwrap();
    let grant = jwt_bearer(&http, &with_consent(&server), &assertion(&key)).await.unwrap();
    assert_eq!((grant.access_token.expose(), grant.refresh_token.is_none()), ("tok", true));

    let heard = server.heard().remove(0);
    let form = form_urlencoded::parse(heard.rsplit("\r\n\r\n").next().unwrap().as_bytes());
    let form: std::collections::HashMap<_, _> = form.into_owned().collect();
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(form.len(), 2, "neither secret nor scope: {heard}");
    let token = &form["assertion"];
    let read = |number| -> Value { serde_json::from_slice(&part(token, number)).unwrap() };
    assert_eq!(read(0), json!({ "alg": "RS256", "typ": "JWT" }));
    // Three minutes after ten o'clock.
    let claims = json!({
        "iss": "3MVG9.app", "sub": "svc@acme.example", "aud": "https://login.example", "exp": 1_795_687_380,
    });
    assert_eq!(read(1), claims);
    let certificate = CertificateDer::from_pem_slice(key!("first.crt").as_bytes()).unwrap();
    let certificate = webpki::EndEntityCert::try_from(&certificate).unwrap();
    let (message, _) = token.rsplit_once('.').unwrap();
    let algorithm = webpki::ring::RSA_PKCS1_2048_8192_SHA256;
    certificate.verify_signature(algorithm, message.as_bytes(), &part(token, 2)).unwrap();
}

#[tokio::test]
async fn the_error_of_a_refused_assertion_does_not_contain_it() {
    let no = r#"{"error":"invalid_grant","error_description":"invalid assertion"}"#;
    let broken = ok(r#"{"access_token":"s3cret-token","token_type":7}"#);
    let refusals = [answer("400 Bad Request", "", no), answer("403 Forbidden", "", "<html>"), broken];
    let server = Server::answering(refusals).await;
    let http = Http::new(server.url.clone(), None, HttpOptions::default());
    let (oauth, key) = (with_consent(&server), parse(key!("first.key")).unwrap());
    let refused = jwt_bearer(&http, &oauth, &assertion(&key)).await.unwrap_err();
    assert_eq!(refused.message(), "400:invalid_grant:invalid assertion");
    let page = jwt_bearer(&http, &oauth, &assertion(&key)).await.unwrap_err();
    assert_eq!(page.message(), "403::");
    let malformed = jwt_bearer(&http, &oauth, &assertion(&key)).await.unwrap_err();
    assert_eq!((malformed.kind(), malformed.get("json_path")), (ErrorKind::Malformed, Some("token_type")));
    assert!(!format!("{malformed} {malformed:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_connector_without_an_audience_signs_nothing() {
    let unused: Url = "http://127.0.0.1:9".parse().unwrap();
    let explain = |_: &_| unreachable!("nobody was asked");
    let oauth = OAuth { token_url: unused.clone(), authorize_url: None, revoke_url: None, audience: None, explain };
    let key = parse(key!("first.key")).unwrap();
    let http = Http::new(unused, None, HttpOptions::default());
    let refused = jwt_bearer(&http, &oauth, &assertion(&key)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn pkcs8_and_pkcs1_keys_are_accepted_and_others_are_refused() {
    for good in [key!("first.key"), key!("pkcs1.key"), &format!("  {}\n\n", key!("second.key"))] {
        assert!(parse(good).is_ok());
    }
    let cut = &key!("first.key")[..900];
    let bare = key!("first.key").lines().filter(|line| !line.contains("KEY-")).collect::<String>();
    let table = [
        ("", UnusableKey::Malformed),
        ("hunter2", UnusableKey::Malformed),
        (cut, UnusableKey::Malformed),
        (&bare, UnusableKey::Malformed),
        (key!("encrypted.key"), UnusableKey::Encrypted),
        (key!("encrypted-pkcs1.key"), UnusableKey::Encrypted),
        (key!("public.pem"), UnusableKey::NotPrivate),
        (key!("first.crt"), UnusableKey::NotPrivate),
        (key!("elliptic.key"), UnusableKey::NotRsa),
        (key!("short.key"), UnusableKey::TooShort),
    ];
    for (text, why) in table {
        assert_eq!(parse(text).unwrap_err(), why, "{text}");
    }
}

#[test]
fn debug_does_not_contain_the_key() {
    let key = parse(key!("first.key")).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(…)");
    assert!(format!("{:?}", assertion(&key)).ends_with("key: SigningKey(…), at: 2026-11-26T10:00:00Z }"));
}
