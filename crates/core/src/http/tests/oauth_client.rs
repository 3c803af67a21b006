//! Requests of the OAuth library with real sockets.

use oauth2::http::StatusCode;
use oauth2::{AsyncHttpClient, HttpRequest};

use super::server::{Server, answer, ok};
use crate::ErrorKind;
use crate::http::{HttpOptions, OAuthHttpClient};

fn request(url: &str) -> HttpRequest {
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.parse().unwrap();
    request.headers_mut().insert("authorization", "Basic aHVudGVyMg==".parse().unwrap());
    request.headers_mut().insert("x-other", "stays here".parse().unwrap());
    request
}

#[tokio::test]
async fn only_the_needed_headers_are_forwarded() {
    let server = Server::answering([ok("{}")]).await;
    let answer = OAuthHttpClient::new(HttpOptions::default()).call(request(server.url.as_str())).await.unwrap();
    assert_eq!((answer.status(), answer.body().as_slice()), (StatusCode::OK, b"{}".as_slice()));
    let asked = &server.heard()[0];
    assert!(asked.contains("authorization: Basic aHVudGVyMg=="), "{asked}");
    assert!(!asked.contains("x-other"), "{asked}");
}

#[tokio::test]
async fn plain_http_is_allowed_for_loopback_only() {
    let refused =
        OAuthHttpClient::new(HttpOptions::default()).call(request("http://idp.example.com/")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConfigInvalid);
    assert!(refused.to_string().contains("idp.example.com"), "{refused}");
}

#[tokio::test]
async fn a_4xx_response_is_returned_and_a_5xx_response_is_an_error() {
    let server =
        Server::answering([answer("400 Bad Request", "", "{}"), answer("503 Service Unavailable", "", "")]).await;
    let client = OAuthHttpClient::new(HttpOptions::default());
    let refusal = client.call(request(server.url.as_str())).await.unwrap();
    assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
    let outage = client.call(request(server.url.as_str())).await.unwrap_err();
    assert_eq!(outage.kind(), ErrorKind::Unavailable);
}
