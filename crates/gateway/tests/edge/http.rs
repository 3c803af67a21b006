//! GraphQL over HTTP: formats, status codes, error codes, and origins.

use std::sync::atomic::Ordering;
use std::time::Duration;

use seatgraph::edge::{HostPolicy, Limits, Settings};
use serde_json::{Value, json};

use crate::server::{Ask, Server};

const STRICT: &str = "application/graphql-response+json";

#[tokio::test]
async fn a_query_is_answered_in_the_form_that_was_asked_for() {
    let server = Server::start().await;
    for (accept, form) in [
        (None, "application/json; charset=utf-8"),
        (Some("*/*"), "application/json; charset=utf-8"),
        (Some("application/json"), "application/json; charset=utf-8"),
        (Some(STRICT), "application/graphql-response+json; charset=utf-8"),
    ] {
        let ask = Ask::post("{ hello }", Value::Null);
        let reply = server.request(accept.map_or(ask.clone(), |accept| ask.accept(accept))).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some(form), "{accept:?}");
        assert_eq!(reply.json(), json!({ "data": { "hello": "world" } }));
    }
}

#[tokio::test]
async fn nothing_acceptable_is_406() {
    let server = Server::start().await;
    let reply = server.request(Ask::post("{ hello }", Value::Null).accept("text/html")).await;
    assert_eq!((reply.status, reply.code().as_str()), (406, "BAD_REQUEST"));
}

#[tokio::test]
async fn a_query_may_come_by_get() {
    let server = Server::start().await;
    let ask = Ask::get(&[
        ("query", "query A { hello } query B($n: Int!) { add(a: $n) }"),
        ("operationName", "B"),
        ("variables", r#"{"n": 4}"#),
    ]);
    assert_eq!(server.request(ask).await.json(), json!({ "data": { "add": 14 } }));
}

#[tokio::test]
async fn a_mutation_by_get_is_405_and_changes_nothing() {
    let server = Server::start().await;
    for accept in ["application/json", STRICT, "text/event-stream"] {
        let reply = server.request(Ask::get(&[("query", "mutation { change }")]).accept(accept)).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")), "{accept}");
        assert_eq!(reply.code(), "BAD_REQUEST");
    }
    assert_eq!(server.controls.changes.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn other_methods_are_405() {
    let server = Server::start().await;
    for method in ["PUT", "DELETE", "PATCH"] {
        let reply = server.request(Ask::new(method, "/graphql")).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, POST")), "{method}");
    }
}

#[tokio::test]
async fn form_content_types_are_refused_with_415() {
    let server = Server::start().await;
    let body = r#"{"query":"mutation { change }"}"#;
    for content_type in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/graphql"),
        Some("application/json; charset=utf-16"),
        None,
    ] {
        let ask = Ask::new("POST", "/graphql").body(body);
        let ask = content_type.map_or(ask.clone(), |value| ask.header("content-type", value));
        assert_eq!(server.request(ask).await.status, 415, "{content_type:?}");
    }
    assert_eq!(server.controls.changes.load(Ordering::SeqCst), 0);
    assert_eq!(server.request(Ask::json(body)).await.json(), json!({ "data": { "change": 1 } }));
}

#[tokio::test]
async fn malformed_parameters_are_400_in_every_form() {
    let server = Server::start().await;
    for body in [
        "",
        "{",
        "null",
        "\"{ hello }\"",
        "{}",
        r#"[{"query":"{ hello }"}]"#,
        " []",
        r#"{"query":null}"#,
        r#"{"query":["{ hello }"]}"#,
        r#"{"query":"{ hello }","operationName":1}"#,
        r#"{"query":"{ hello }","variables":"{}"}"#,
        r#"{"query":"{ hello }","variables":[]}"#,
        r#"{"query":"{ hello }","extensions":7}"#,
    ] {
        for accept in ["application/json", STRICT] {
            let reply = server.request(Ask::json(body).accept(accept)).await;
            assert_eq!((reply.status, reply.code().as_str()), (400, "BAD_REQUEST"), "{body}");
        }
    }
    assert_eq!(server.request(Ask::new("GET", "/graphql")).await.status, 400);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413() {
    let server = Server::limited(Limits { body_bytes: 1000, ..Limits::default() }).await;
    let body = |length: usize| format!("{:<length$}", r#"{"query":"{ hello }"}"#);
    assert_eq!(server.request(Ask::json(body(1000))).await.status, 200);
    let reply = server.request(Ask::json(body(1001))).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "BAD_REQUEST"));
}

#[tokio::test]
async fn a_request_that_cannot_run_is_400_or_200_by_form_and_has_no_data() {
    let server = Server::start().await;
    for (query, variables, code) in [
        ("{ hello", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("type A { b: Int }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { add(a: $n) }", json!({}), "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", json!({}), "OPERATION_RESOLUTION_FAILURE"),
    ] {
        for (accept, status) in [("application/json", 200), (STRICT, 400)] {
            let reply = server.request(Ask::post(query, variables.clone()).accept(accept)).await;
            assert_eq!((reply.status, reply.code().as_str()), (status, code), "{query}");
            assert!(reply.json().get("data").is_none(), "{query}");
        }
    }
}

#[tokio::test]
async fn an_operation_that_is_not_in_the_document_is_not_resolved() {
    let server = Server::start().await;
    let body = json!({ "query": "query A { hello }", "operationName": "B" });
    assert_eq!(server.request(Ask::json(body.to_string())).await.code(), "OPERATION_RESOLUTION_FAILURE");
}

#[tokio::test]
async fn errors_point_into_the_document() {
    let server = Server::start().await;
    let reply = server.post("{\n  nothing\n}", json!({})).await;
    assert_eq!(reply.json()["errors"][0]["locations"], json!([{ "line": 2, "column": 3 }]));
}

#[tokio::test]
async fn errors_for_users_are_returned_and_internal_errors_are_not() {
    let server = Server::start().await;
    let reply = server.post("{ fails(how: CODED) }", json!({})).await;
    assert_eq!((reply.status, reply.code().as_str()), (200, "NOT_FOUND"));
    assert_eq!(reply.json()["errors"][0]["message"], "no such book");
    assert_eq!(reply.json()["data"], json!({ "fails": null }));

    let reply = server.post("{ fails(how: UNCODED) }", json!({})).await;
    assert_eq!(reply.code(), "INTERNAL_SERVER_ERROR");
    assert!(!reply.body.contains("10.0.0.7"), "{}", reply.body);
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_server_goes_on() {
    let server = Server::start().await;
    for (accept, status) in [("application/json", 200), (STRICT, 500)] {
        let ask = Ask::post("{ fails(how: PANIC) }", json!({})).accept(accept);
        let reply = server.request(ask).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, "INTERNAL_SERVER_ERROR"));
        assert!(!reply.body.contains("ink"), "{}", reply.body);
    }
    assert_eq!(server.post("{ hello }", json!({})).await.status, 200);
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_ended() {
    let limits = Limits { operation_time: Duration::from_millis(50), ..Limits::default() };
    let server = Server::limited(limits).await;
    for (accept, status) in [("application/json", 200), (STRICT, 504)] {
        let reply = server.request(Ask::post("{ never }", json!({})).accept(accept)).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, "TIMEOUT"));
    }
}

#[tokio::test]
async fn a_subscription_needs_a_stream() {
    let server = Server::start().await;
    let reply = server.post("subscription { count { sequence } }", json!({})).await;
    assert_eq!((reply.status, reply.code().as_str()), (406, "BAD_REQUEST"));
}

fn as_anna(query: &str) -> Ask {
    Ask::post(query, json!({})).header("authorization", "Bearer anna")
}

#[tokio::test]
async fn introspection_is_refused_when_it_is_switched_off() {
    let open = Server::start().await;
    let closed = Server::with(Settings { introspection: false, ..Settings::default() }).await;
    for query in
        ["{ __schema { queryType { name } } }", "{ ...F } fragment F on Query { a: __type(name: \"Query\") { name } }"]
    {
        assert!(open.post(query, json!({})).await.json()["data"].is_object(), "{query}");
        // Whoever may do everything may look at the schema, too.
        assert!(closed.post(query, json!({})).await.json()["data"].is_object(), "{query}");
        assert_eq!(closed.request(as_anna(query)).await.code(), "FORBIDDEN", "{query}");
    }
    assert_eq!(closed.request(as_anna("{ __typename }")).await.json()["data"]["__typename"], "Query");
}

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let server = Server::start().await;
    let ask = |host: &str| Ask::post("{ hello }", json!({})).header("host", host);
    for ours in ["localhost", "127.0.0.1:1234", "[::1]:80"] {
        assert_eq!(server.request(ask(ours)).await.status, 200, "{ours}");
    }
    for theirs in ["evil.example", "localhost.evil.example:80", ""] {
        let reply = server.request(ask(theirs)).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "FORBIDDEN"), "{theirs}");
    }
    let names = HostPolicy::Names(vec!["licences.example".to_owned()]);
    let server = Server::with(Settings { allowed_hosts: names, ..Settings::default() }).await;
    assert_eq!(server.request(ask("licences.example:443")).await.status, 200);
    assert_eq!(server.request(ask("localhost")).await.status, 403);
}

#[tokio::test]
async fn only_our_own_and_the_configured_origins_may_call() {
    let settings = Settings { allowed_origins: vec!["https://app.example".parse().unwrap()], ..Settings::default() };
    let server = Server::with(settings).await;
    let ask = |origin: &str| Ask::post("mutation { change }", json!({})).header("origin", origin);
    for foreign in ["https://evil.example", "null", "http://app.example", "https://app.example.evil"] {
        let reply = server.request(ask(foreign)).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "FORBIDDEN"), "{foreign}");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{foreign}");
    }
    assert_eq!(server.controls.changes.load(Ordering::SeqCst), 0);

    let own = format!("http://{}", server.address);
    assert_eq!(server.request(ask(&own)).await.status, 200);
    let reply = server.request(ask("https://app.example")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://app.example"));
}

#[tokio::test]
async fn a_preflight_allows_a_configured_origin() {
    let settings = Settings { allowed_origins: vec!["https://app.example".parse().unwrap()], ..Settings::default() };
    let server = Server::with(settings).await;
    let ask = |origin: &str| {
        Ask::new("OPTIONS", "/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
    };
    let reply = server.request(ask("https://app.example")).await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(reply.header("access-control-allow-headers").unwrap().contains("content-type"));
    let reply = server.request(ask("https://evil.example")).await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}
