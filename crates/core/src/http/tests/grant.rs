//! OAuth grants with real sockets.

use std::time::Duration;

use url::Url;

use super::server::{Server, answer, ok};
use crate::http::grant::{Application, Grant, authorization_code, client_credentials, consent, refresh, revoke};
use crate::http::{Http, HttpOptions};
use crate::{Error, ErrorKind, GrantRefusal, OAuth, Result, Secret};

fn explain(refusal: &GrantRefusal) -> Error {
    let kind = if refusal.error == "invalid_client" { ErrorKind::Unauthenticated } else { ErrorKind::ConfigInvalid };
    Error::new(kind, format!("{}:{}:{}", refusal.status, refusal.error, refusal.description))
}

/// Compiles only if the future of a grant is `Send`.
#[expect(dead_code, reason = "the compiler is the test")]
fn a_grant_can_be_spawned(http: Http, oauth: OAuth, application: Application, scopes: Vec<&'static str>) {
    drop(tokio::spawn(async move { client_credentials(&http, &oauth, &application, &scopes).await }));
}

fn application() -> Application {
    Application { client_id: "client".to_owned(), client_secret: Some(Secret::new("s3cret")) }
}

async fn ask(server: &Server) -> Result<Grant> {
    let oauth = OAuth {
        token_url: server.url.join("/token").unwrap(),
        authorize_url: None,
        revoke_url: None,
        audience: None,
        explain,
    };
    let http = Http::new(server.url.clone(), None, HttpOptions::default());
    let granted = client_credentials(&http, &oauth, &application(), &["api", "id"]).await;
    assert_eq!(http.api_usage().calls(), 0, "a token request is not API usage");
    granted
}

#[tokio::test]
async fn a_grant_contains_the_vendors_additional_members() {
    let body = r#"{"access_token":"tok","token_type":"Bearer","scope":"api id","signature":"x",
        "instance_url":"https://acme.example","id":"https://login.example/id/1","issued_at":"1700000000123"}"#;
    let server = Server::answering([ok(body)]).await;
    let grant = ask(&server).await.unwrap();
    assert_eq!(grant.access_token.expose(), "tok");
    assert_eq!(grant.scope, ["api", "id"]);
    assert_eq!(grant.instance_url, Some(Url::parse("https://acme.example").unwrap()));
    assert_eq!(grant.identity.as_deref(), Some("https://login.example/id/1"));
    assert_eq!(grant.issued_at.map(|at| at.timestamp_millis()), Some(1_700_000_000_123));
    assert_eq!((grant.expires_in, grant.refresh_token.is_none()), (None, true));
    assert!(!format!("{grant:?}").contains("tok\""));
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /token HTTP/1.1"), "{heard}");
    for part in ["grant_type=client_credentials", "scope=api+id", "client_id=client", "client_secret=s3cret"] {
        assert!(heard.contains(part), "{part} in {heard}");
    }
}

#[tokio::test]
async fn the_connector_explains_a_refused_grant() {
    let no = r#"{"error":"invalid_client","error_description":"no such app"}"#;
    let json = "content-type: application/json\r\n";
    let refusals = [answer("401 Unauthorized", json, no), answer("403 Forbidden", "", "<html>")];
    let server = Server::answering(refusals).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unauthenticated, "401:invalid_client:no such app"));
    let foreign = ask(&server).await.unwrap_err();
    assert_eq!((foreign.kind(), foreign.message()), (ErrorKind::ConfigInvalid, "403::"));
}

#[tokio::test]
async fn an_unavailable_token_endpoint_does_not_refuse_the_grant() {
    let slow = answer("429 Slow", "retry-after: 3\r\n", "");
    let server = Server::answering([answer("503 Away", "", "<html>"), slow, b"HTTP/1.1 200 OK\r\nco".to_vec()]).await;
    let expected = [
        ErrorKind::Unavailable,
        ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(3)) },
        ErrorKind::Unavailable,
    ];
    for kind in expected {
        assert_eq!(ask(&server).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn the_error_of_a_malformed_grant_contains_no_token() {
    let server = Server::answering([ok(r#"{"access_token":"s3cret-token","token_type":7}"#)]).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!((error.kind(), error.get("json_path")), (ErrorKind::Malformed, Some("token_type")));
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

pub(super) fn with_consent(server: &Server) -> OAuth {
    let at = |path: &str| server.url.join(path).unwrap();
    OAuth {
        token_url: at("/token"),
        authorize_url: Some(at("/authorize")),
        revoke_url: Some(at("/revoke")),
        audience: Some("https://login.example".to_owned()),
        explain,
    }
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_pkce_verifier() {
    let server =
        Server::answering([ok(r#"{"access_token":"tok","token_type":"Bearer","refresh_token":"again"}"#)]).await;
    let (oauth, redirect) = (with_consent(&server), Url::parse("https://ours.example/oauth/x/callback").unwrap());
    let begun = consent(&oauth, "client", &redirect, &["api", "refresh_token"]).unwrap();
    let asked: std::collections::HashMap<_, _> = begun.url.query_pairs().into_owned().collect();
    assert_eq!(begun.url.path(), "/authorize");
    assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "client"));
    assert_eq!((asked["scope"].as_str(), asked["redirect_uri"].as_str()), ("api refresh_token", redirect.as_str()));
    assert_eq!((asked["state"].as_str(), asked["code_challenge_method"].as_str()), (begun.state.expose(), "S256"));
    assert!(begun.state.expose().len() >= 22 && begun.verifier.expose().len() >= 43);
    assert!(!begun.url.as_str().contains(begun.verifier.expose()), "the verifier stays here");

    let http = Http::new(server.url.clone(), None, HttpOptions::default());
    let code = Secret::new("aPrx==");
    let grant = authorization_code(&http, &oauth, &application(), &code, &begun.verifier, &redirect).await.unwrap();
    assert_eq!(grant.refresh_token.unwrap().expose(), "again");
    let heard = server.heard().remove(0);
    let verifier = format!("code_verifier={}", begun.verifier.expose());
    for part in
        ["grant_type=authorization_code", "code=aPrx%3D%3D", &verifier, "redirect_uri=https%3A%2F%2Fours.example"]
    {
        assert!(heard.contains(part), "{part} in {heard}");
    }
}

#[tokio::test]
async fn a_refresh_sends_no_scope_and_needs_no_secret() {
    let server = Server::answering([ok(r#"{"access_token":"tok","token_type":"Bearer"}"#)]).await;
    let http = Http::new(server.url.clone(), None, HttpOptions::default());
    let public = Application { client_id: "client".to_owned(), client_secret: None };
    let grant = refresh(&http, &with_consent(&server), &public, &Secret::new("again")).await.unwrap();
    assert!(grant.refresh_token.is_none());
    let heard = server.heard().remove(0);
    assert!(heard.contains("grant_type=refresh_token") && heard.contains("refresh_token=again"), "{heard}");
    assert!(!heard.contains("scope=") && !heard.contains("client_secret"), "{heard}");
}

#[tokio::test]
async fn revoking_an_invalid_token_succeeds() {
    let dead = answer("400 Bad", "", "error=invalid_token&error_description=invalid+token");
    let (away, closed) = (answer("503 Away", "", ""), answer("403 Closed", "", ""));
    let server = Server::answering([ok(""), dead, away, closed]).await;
    let (http, oauth) = (Http::new(server.url.clone(), None, HttpOptions::default()), with_consent(&server));
    let token = Secret::new("a/b");
    assert!(revoke(&http, &oauth, &token).await.is_ok());
    assert!(revoke(&http, &oauth, &token).await.is_ok());
    assert_eq!(revoke(&http, &oauth, &token).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(revoke(&http, &oauth, &token).await.unwrap_err().kind(), ErrorKind::Refused);
    assert!(server.heard().remove(0).contains("token=a%2Fb"));
    let no_revocation = OAuth { revoke_url: None, ..oauth };
    assert!(revoke(&http, &no_revocation, &token).await.is_ok());
}
