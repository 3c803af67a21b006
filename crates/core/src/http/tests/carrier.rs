//! A library's requests on real sockets.

use oauth2::http::StatusCode;
use oauth2::{AsyncHttpClient, HttpRequest};

use super::server::{Server, answer, ok};
use crate::ErrorKind;
use crate::http::{Carrier, HttpOptions};

fn request(url: &str) -> HttpRequest {
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.parse().unwrap();
    request.headers_mut().insert("authorization", "Basic aHVudGVyMg==".parse().unwrap());
    request.headers_mut().insert("x-other", "stays here".parse().unwrap());
    request
}

#[tokio::test]
async fn a_librarys_request_goes_out_with_what_it_needs() {
    let server = Server::answering([ok("{}")]).await;
    let answer = Carrier::new(HttpOptions::default()).call(request(server.url.as_str())).await.unwrap();
    assert_eq!((answer.status(), answer.body().as_slice()), (StatusCode::OK, b"{}".as_slice()));
    let asked = &server.heard()[0];
    assert!(asked.contains("authorization: Basic aHVudGVyMg=="), "{asked}");
    assert!(!asked.contains("x-other"), "{asked}");
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_alone() {
    let refused = Carrier::new(HttpOptions::default()).call(request("http://idp.example.com/")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConfigInvalid);
    assert!(refused.to_string().contains("idp.example.com"), "{refused}");
}

#[tokio::test]
async fn a_refusal_is_the_librarys_to_read_and_an_outage_is_not() {
    let server =
        Server::answering([answer("400 Bad Request", "", "{}"), answer("503 Service Unavailable", "", "")]).await;
    let carrier = Carrier::new(HttpOptions::default());
    let refusal = carrier.call(request(server.url.as_str())).await.unwrap();
    assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
    let outage = carrier.call(request(server.url.as_str())).await.unwrap_err();
    assert_eq!(outage.kind(), ErrorKind::Unavailable);
}
