//! The client with real sockets.

mod assertion;
mod grant;
mod oauth_client;
mod server;

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use url::Url;

use self::server::{Server, answer, ok};
use super::*;
use crate::{AccessToken, ErrorKind, Secret};

/// Gives `token-1` first and a higher number with each renewal.
#[derive(Debug, Default)]
struct Counting {
    version: AtomicU64,
    instance_url: Mutex<Option<Url>>,
}

#[async_trait]
impl TokenSource for Counting {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        let version = self.version.load(Ordering::SeqCst);
        Ok(Arc::new(AccessToken {
            bearer: Secret::new(format!("token-{}", version + 1)),
            instance_url: self.instance_url.lock().unwrap().clone(),
            version,
        }))
    }

    async fn renew(&self, refused: &AccessToken) -> Result<Arc<AccessToken>> {
        let _ = self.version.compare_exchange(refused.version, refused.version + 1, Ordering::SeqCst, Ordering::SeqCst);
        self.token().await
    }
}

fn client(server: &Server) -> Http {
    Http::new(server.url.clone(), Some(Arc::<Counting>::default()), HttpOptions::default())
}

fn bearer(request: &str) -> Option<&str> {
    request.lines().find_map(|line| line.strip_prefix("authorization: Bearer "))
}

#[tokio::test]
async fn a_request_contains_the_token_the_query_and_the_body() {
    let server = Server::answering([ok(r#"{"done":true}"#)]).await;
    let body: Value = client(&server)
        .request(Method::Post, "/v1/things")
        .query("q", "a b&c")
        .header("x-why", "because")
        .json(&json!({"n": 1}))
        .json_body()
        .await
        .unwrap();
    let heard = server.heard().remove(0);
    assert_eq!(body, json!({"done": true}));
    assert!(heard.starts_with("POST /v1/things?q=a+b%26c HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("x-why: because\r\n") && heard.ends_with(r#"{"n":1}"#), "{heard}");
    assert_eq!(bearer(&heard), Some("token-1"));
}

#[tokio::test]
async fn a_form_can_be_sent_without_a_token() {
    let server = Server::answering([ok("{}")]).await;
    client(&server).request(Method::Post, "/f").form([("a", "1 2"), ("b", "ü")]).without_token().send().await.unwrap();
    let heard = server.heard().remove(0);
    assert!(heard.ends_with("\r\n\r\na=1+2&b=%C3%BC"), "{heard}");
    assert_eq!(bearer(&heard), None);
}

#[tokio::test]
async fn requests_go_to_the_instance_url_of_the_token() {
    let (base, instance) = (Server::answering([ok("{}")]).await, Server::answering([ok("{}")]).await);
    let tokens = Counting { instance_url: Mutex::new(Some(instance.url.clone())), ..Counting::default() };
    Http::new(base.url.clone(), Some(Arc::new(tokens)), HttpOptions::default()).get("/x").send().await.unwrap();
    assert_eq!((base.heard().len(), instance.heard().len()), (0, 1));
}

#[test]
fn a_path_that_leaves_the_base_url_is_refused() {
    let base = Url::parse("https://acme.example/api/").unwrap();
    assert_eq!(resolve_path(&base, "/v1/x?y=1").unwrap().as_str(), "https://acme.example/api/v1/x?y=1");
    let bare = Url::parse("https://acme.example").unwrap();
    for path in
        ["https://evil.example/", "//evil.example/x", "x", "@evil.example/", "/\\evil.example/", "\\\\evil.example"]
    {
        let located = resolve_path(&bare, path);
        let stays = located.as_ref().is_ok_and(|url| url.host_str() == Some("acme.example"));
        assert!(stays || located.is_err_and(|e| e.kind() == ErrorKind::Malformed), "{path}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::answering([ok("{}")]).await;
    let server = Server::answering([answer("302 Found", &format!("location: {}\r\n", elsewhere.url), "")]).await;
    let error = client(&server).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), error.get("status")), (ErrorKind::Refused, Some("302")));
    assert_eq!(elsewhere.heard().len(), 0);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_repeated() {
    let server = Server::answering([answer("401 Unauthorized", "", ""), ok("{}")]).await;
    let http = client(&server);
    http.request(Method::Post, "/x").json(&json!([1])).send().await.unwrap();
    let heard = server.heard();
    assert_eq!(heard.iter().map(|r| bearer(r)).collect::<Vec<_>>(), [Some("token-1"), Some("token-2")]);
    assert!(heard.iter().all(|r| r.ends_with("[1]")), "the body is sent again");
    assert_eq!(http.api_usage().calls(), 2);
}

#[tokio::test]
async fn a_token_refused_twice_is_an_error() {
    let server = Server::answering([answer("401 Unauthorized", "", ""), answer("401 Unauthorized", "", "")]).await;
    let error = client(&server).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), server.heard().len()), (ErrorKind::Unauthenticated, 2));
}

#[tokio::test]
async fn every_status_has_a_kind() {
    let kinds = [
        ("400 Bad Request", ErrorKind::Refused),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("404 Not Found", ErrorKind::NotFound),
        ("409 Conflict", ErrorKind::Conflict),
        ("420 Calm", ErrorKind::Unavailable),
        ("429 Slow", ErrorKind::RateLimited { retry_after: None }),
        ("500 Oops", ErrorKind::Unavailable),
        ("503 Away", ErrorKind::Unavailable),
    ];
    let server = Server::answering(kinds.map(|(status, _)| answer(status, "", ""))).await;
    for (status, kind) in kinds {
        assert_eq!(client(&server).get("/x").send().await.unwrap_err().kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_parsed_as_seconds_and_as_a_date() {
    let dated = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    let past = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:00:00 GMT\r\n";
    let cases = [("retry-after: 7\r\n", Some(7)), (dated, Some(30)), (past, Some(0)), ("retry-after: soon\r\n", None)];
    let server = Server::answering(cases.map(|(headers, _)| answer("429 Slow", headers, ""))).await;
    for (headers, seconds) in cases {
        let error = client(&server).get("/x").send().await.unwrap_err();
        let retry_after = seconds.map(Duration::from_secs);
        assert_eq!(error.kind(), ErrorKind::RateLimited { retry_after }, "{headers}");
    }
}

#[tokio::test]
async fn an_unavailable_vendor_may_send_retry_after() {
    let server = Server::answering([answer("503 Away", "retry-after: 9\r\n", "")]).await;
    let error = client(&server).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), error.get("retry_after_s")), (ErrorKind::Unavailable, Some("9")));
}

#[tokio::test]
async fn an_incomplete_response_is_unavailable() {
    let short_body = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":".to_vec();
    let short_head = b"HTTP/1.1 200 O".to_vec();
    let no_length = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"a\":".to_vec();
    for (case, answer) in [("body", short_body), ("head", short_head), ("text without a length", no_length)] {
        let server = Server::answering([answer.clone(), answer]).await;
        let error = client(&server).get("/x").json_body::<Value>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{case}");
    }
}

#[tokio::test]
async fn an_incomplete_read_is_repeated_once_and_a_write_is_not() {
    let short_body = || b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":".to_vec();
    let server = Server::answering([short_body(), ok("{\"a\":7}")]).await;
    let answer: Value = client(&server).get("/x").json_body().await.unwrap();
    assert_eq!((answer["a"].as_u64(), server.heard().len()), (Some(7), 2));

    let server = Server::answering([short_body(), ok("{\"a\":7}")]).await;
    let error = client(&server).request(Method::Patch, "/x").send().await.unwrap_err();
    assert_eq!((error.kind(), server.heard().len()), (ErrorKind::Unavailable, 1));
}

#[tokio::test]
async fn a_timeout_and_a_refused_connection_are_unavailable() {
    let server = Server::answering([Vec::new()]).await;
    let options = HttpOptions { timeout: Duration::from_millis(50), ..HttpOptions::default() };
    let silent = Http::new(server.url, None, options).get("/x").send().await.unwrap_err();
    let nobody = Http::new(Url::parse("http://127.0.0.1:1").unwrap(), None, HttpOptions::default());
    let absent = nobody.get("/x").send().await.unwrap_err();
    assert_eq!([silent.kind(), absent.kind()], [ErrorKind::Unavailable; 2]);
    assert_eq!(silent.message(), "vendor did not respond in time");
}

#[tokio::test]
async fn a_server_without_tls_is_unavailable_to_an_https_client() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secure = Url::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let error = Http::new(secure, None, HttpOptions::default()).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unavailable, "vendor cannot be reached"));
}

#[tokio::test]
async fn the_size_limit_applies_to_the_decompressed_body() {
    let bomb = vec![b'0'; 1_000_000];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&bomb).unwrap();
    let packed = gzip.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    let raw = [head.into_bytes(), packed].concat();
    let server = Server::answering([raw.clone(), raw]).await;
    let with_limit = |max_body| Http::new(server.url.clone(), None, HttpOptions { max_body, ..Default::default() });
    let error = with_limit(999_999).get("/x").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(with_limit(1_000_000).get("/x").send().await.unwrap().bytes().len(), 1_000_000);
}

#[derive(Debug, Deserialize)]
struct Listing {
    #[serde(rename = "records")]
    _records: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(rename = "Seats")]
    _seats: u32,
}

#[tokio::test]
async fn a_malformed_response_gives_its_json_path_and_no_content() {
    let text = r#"{"records":[{"Seats":1},{"Seats":"s3cret, expected s3cret"}]}"#;
    let server = Server::answering([ok(text)]).await;
    let error = client(&server).get("/q").query("email", "s3cret").json_body::<Listing>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!((error.get("json_path"), error.get("path")), (Some("records[1].Seats"), Some("/q")));
    assert!(error.get("reason").unwrap().starts_with("expected u32"), "{error}");
    assert!(!format!("{error:?} {error}").contains("s3cret"));
}

#[tokio::test]
async fn a_response_that_is_not_json_is_malformed() {
    let server = Server::answering([ok(""), ok("<html>"), ok(r#"{} {}"#)]).await;
    for case in ["empty", "HTML", "two texts"] {
        let error = client(&server).get("/x").json_body::<Value>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{case}");
    }
}

/// A vendor that reports its API usage in a header and errors in the body.
#[derive(Debug)]
struct Acme;

impl ErrorParser for Acme {
    fn parse(&self, response: &ErrorResponse<'_>) -> Error {
        match response.body {
            b"SESSION" => Error::new(ErrorKind::Unauthenticated, "session expired"),
            _ => StatusErrors.parse(response),
        }
    }

    fn api_usage(&self, headers: &Headers<'_>) -> Option<(u64, u64)> {
        let (used, limit) = headers.get("X-Usage")?.split_once('/')?;
        Some((used.parse().ok()?, limit.parse().ok()?))
    }
}

#[tokio::test]
async fn an_error_parser_decides_the_kind_and_reads_the_api_usage() {
    let refused = answer("400 Bad Request", "x-usage: 18/5000\r\n", "SESSION");
    let server = Server::answering([refused, answer("204 No Content", "x-usage: 19/5000\r\n", "")]).await;
    let http = client(&server);
    let with_error_parser = http.with_error_parser(Arc::new(Acme));
    assert_eq!(with_error_parser.get("/x").send().await.unwrap().status(), 204);
    assert_eq!(http.api_usage().reported(), Some(ReportedUsage { used: 19, limit: 5000 }));
    assert_eq!((http.api_usage().calls(), bearer(&server.heard()[1])), (2, Some("token-2")));
}

#[tokio::test]
async fn debug_and_errors_contain_no_token_and_no_url() {
    let short = || b"HTTP/1.1 200 O".to_vec();
    let server = Server::answering([answer("400 Bad Request", "", "token-1"), short(), short()]).await;
    let http = client(&server);
    let request = http.get("/x").query("q", "token-1").header("x-key", "token-1").json(&"token-1");
    let mut printed = format!("{http:?} {request:?}");
    for request in [request, http.get("/x").query("q", "token-1")] {
        let error = request.send().await.unwrap_err();
        printed += &format!("{error} {error:?}");
    }
    assert!(!printed.contains("token-1"), "{printed}");
    assert!(!printed.contains(server.url.as_str()), "{printed}");
}

#[tokio::test]
async fn a_token_that_is_not_valid_in_a_header_is_refused() {
    #[derive(Debug)]
    struct Broken;
    #[async_trait]
    impl TokenSource for Broken {
        async fn token(&self) -> Result<Arc<AccessToken>> {
            Ok(Arc::new(AccessToken { bearer: Secret::new("a\r\nb"), instance_url: None, version: 1 }))
        }
        async fn renew(&self, _: &AccessToken) -> Result<Arc<AccessToken>> {
            self.token().await
        }
    }
    let http = Http::new(Url::parse("http://127.0.0.1:1").unwrap(), Some(Arc::new(Broken)), HttpOptions::default());
    assert_eq!(http.get("/x").send().await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_private_address_is_refused_without_a_connection() {
    let http = Http::new(Url::parse("http://169.254.169.254").unwrap(), None, HttpOptions::default());
    assert_eq!(http.get("/latest").send().await.unwrap_err().kind(), ErrorKind::ConfigInvalid);
    let server = Server::answering([ok("{}")]).await;
    let mut named = server.url.clone();
    named.set_host(Some("localhost")).unwrap();
    let options = HttpOptions { egress: EgressPolicy::Public, ..HttpOptions::default() };
    let error = Http::new(named, None, options).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), server.heard().len()), (ErrorKind::ConfigInvalid, 0));
}
