//! Tests of the GraphiQL page and its files.

use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;

async fn ask(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let tab = Operation { name: "Accounts".into(), query: "{ __typename }".into(), variables: None };
    let response = router_for(&[tab]).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8_lossy(&body).into_owned())
}

async fn fetch(path: &str) -> (StatusCode, HeaderMap, String) {
    ask(Request::get(path).body(Body::empty()).unwrap()).await
}

fn addresses(page: &str) -> Vec<&str> {
    let quoted = page.split(['"', '\'']);
    quoted.filter(|text| text.starts_with('/') || text.contains("//")).collect()
}

#[tokio::test]
async fn every_url_on_the_page_is_served_by_the_gateway() {
    let (status, headers, page) = fetch("/").await;
    assert_eq!(
        (status, &headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.contains("<title>Seatgraph</title>"));

    let addresses = addresses(&page);
    assert!(addresses.iter().any(|address| address.ends_with(".js")), "{addresses:?}");
    for address in addresses {
        assert!(address.starts_with("/assets/"), "{address}");
        let (status, headers, _) = fetch(address).await;
        assert_eq!(status, StatusCode::OK, "{address}");
        assert_ne!(headers[header::CONTENT_TYPE], "application/octet-stream", "{address}");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    }
}

#[test]
fn every_file_of_the_bundle_has_a_content_type_and_a_hash_in_its_name() {
    let files: Vec<_> = BUNDLE.get_dir("assets").unwrap().files().collect();
    assert!(files.len() > 1, "{files:?}");
    for file in files {
        let name = file.path().file_name().unwrap().to_str().unwrap();
        assert_ne!(content_type(name), "application/octet-stream", "{name}");
        let (stem, _) = name.rsplit_once('.').unwrap();
        assert!(stem.len() > 9 && stem.as_bytes()[stem.len() - 9] == b'-', "{name}");
    }
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let (_, headers, _) = fetch("/").await;
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    let again = Request::get("/").header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    let (status, _, body) = ask(again.body(Body::empty()).unwrap()).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    for (path, status) in [
        ("/", StatusCode::OK),
        ("/graphiql/operations.json", StatusCode::OK),
        ("/assets/missing.js", StatusCode::NOT_FOUND),
        ("/assets/../index.html", StatusCode::NOT_FOUND),
        ("/assets/%2e%2e/index.html", StatusCode::NOT_FOUND),
    ] {
        let (answered, headers, _) = fetch(path).await;
        assert_eq!(answered, status, "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("http") && !policy.contains("unsafe-eval"), "{policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[tokio::test]
async fn the_documents_are_served_as_tabs() {
    let (_, headers, body) = fetch("/graphiql/operations.json").await;
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    let tabs: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(tabs, json!([{ "name": "Accounts", "query": "{ __typename }", "variables": null }]));
}

#[test]
fn a_header_comment_gives_the_variables_and_stays_out_of_the_document() {
    let text = "# Subscriptions.\n# variables: {\"first\": 20}\nquery Subscriptions { a }\n";
    let operation = Operation::read("Subscriptions", text).unwrap();
    assert_eq!(operation.query, "# Subscriptions.\nquery Subscriptions { a }\n");
    assert_eq!(operation.variables, Some(json!({ "first": 20 })));
    assert!(Operation::read("Subscriptions", "# variables: {first}\n{ a }").is_err());
}

#[test]
fn each_embedded_document_has_one_operation_with_the_name_of_its_file() {
    let documents = operations();
    assert!(documents.len() > 25, "{} documents", documents.len());
    for Operation { name, query, .. } in documents {
        let begins = ["query", "mutation", "subscription"].map(|kind| format!("{kind} {name}"));
        let heads = query.lines().filter(|line| begins.iter().any(|head| line.starts_with(head.as_str())));
        assert_eq!(heads.count(), 1, "{name}: GraphiQL names a tab by its operation");
    }
}
