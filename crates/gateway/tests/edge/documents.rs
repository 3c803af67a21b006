//! Documents and variables: what is refused, with which code, and that nothing hostile hurts.

use seatgraph::edge::Limits;
use serde_json::{Value, json};

use crate::server::{Ask, Server};

async fn code(server: &Server, query: &str, variables: Value) -> String {
    server.post(query, variables).await.code()
}

async fn data(server: &Server, query: &str, variables: Value) -> Value {
    let reply = server.post(query, variables).await.json();
    assert!(reply.get("errors").is_none(), "{reply}");
    reply["data"].clone()
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + inner + &close.repeat(depth)
}

fn bomb(fragments: usize, spreads: usize) -> String {
    let mut query = "{ book { ...F0 } }".to_owned();
    for i in 0..fragments {
        let spread = format!("...F{} ", i + 1).repeat(spreads);
        query += &format!(" fragment F{i} on Book {{ {spread} }}");
    }
    query + &format!(" fragment F{fragments} on Book {{ title }}")
}

#[tokio::test]
async fn documents_too_large_too_deep_or_too_dear_are_cost_limit() {
    let server = Server::start().await;
    let mut hostile = vec![
        format!("{{ hello {} }}", " ".repeat(64 << 10)),
        format!("{{ {} }}", "hello ".repeat(4_100)),
        format!("{{ {} }}", (0..61).map(|i| format!("a{i}: hello ")).collect::<String>()),
        format!("{{ hello {} }}", "@include(if: true) ".repeat(21)),
        format!(
            "{{ {} }}",
            nested("book { ", "title", " }", 1).replace("title", &nested("next { ", "title", " }", 15))
        ),
        "{ books(first: 200) { sequels(first: 200) { title } } }".to_owned(),
        "query($n: Int) { books(first: $n) { sequels(first: $n) { title } } }".to_owned(),
    ];
    for (fragments, spreads) in [(8, 8), (12, 4), (63, 10), (30, 60)] {
        hostile.push(bomb(fragments, spreads));
    }
    for depth in [60, 1_500, 2_000, 3_000, 6_000, 20_000] {
        hostile.push(format!("{{ join(words: {}) }}", nested("[", "", "]", depth)));
        hostile.push(format!("{{ span(filter: {}) }}", nested("{inner:", "1", "}", depth)));
        hostile.push(format!("query($v: [String!] = {}) {{ hello }}", nested("[", "", "]", depth)));
        hostile.push(format!("query($v: {}) {{ hello }}", nested("[", "Int", "]", depth)));
        hostile.push(nested("{ book ", "{ title }", "}", depth));
        hostile.push(nested("{ ... ", "{ hello }", "}", depth));
    }
    for query in hostile {
        let variables = json!({ "n": 200 });
        let shown: String = query.chars().take(60).collect();
        assert_eq!(code(&server, &query, variables).await, "COST_LIMIT", "{shown}");
    }
    assert_eq!(data(&server, "{ hello }", json!({})).await["hello"], "world");
}

#[tokio::test]
async fn strange_documents_are_answered_whatever_they_are() {
    let server = Server::start().await;
    let many = |n: usize, each: fn(usize) -> String| (0..n).map(each).collect::<String>();
    for query in [
        format!("{{ {} }}", "hello ".repeat(600)),
        format!("{{ book {{ {} }} }}", many(50, |i| format!("next {{ a{i}: title }} "))),
        format!("{{ {} }}", many(55, |i| format!("same: add(a: {i}) "))),
        format!("query({}) {{ hello }}", many(600, |i| format!("$v{i}: Int "))),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
        "{ ...A } fragment A on Query { ...A }".to_owned(),
        "\u{feff}{ hello }".to_owned(),
        "{ join(words: \"\\ud800\") }".to_owned(),
        "{ hello }\0".to_owned(),
        "#".repeat(60_000),
        "\"".repeat(999),
        "{".repeat(9_999),
        "query ".repeat(600),
    ] {
        let reply = server.post(&query, json!({})).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

#[tokio::test]
async fn what_is_within_the_limits_runs() {
    let server = Server::start().await;
    let deep = nested("next { ", "title", " }", 13);
    let reply = data(&server, &format!("{{ book {{ {deep} }} }}"), json!({})).await;
    assert!(reply.to_string().contains("Volume 14"), "{reply}");
    let reply = data(&server, "{ books(first: 200) { title } }", json!({})).await;
    assert_eq!(reply["books"].as_array().unwrap().len(), 200);
    let everything = include_str!("introspection.graphql");
    assert!(data(&server, everything, json!({})).await["__schema"]["types"].is_array());
}

#[tokio::test]
async fn fragments_on_every_level_do_not_count_as_depth() {
    let server = Server::start().await;
    let mut query = "{ book { ...F0 } }".to_owned();
    for i in 0..12 {
        query += &format!(" fragment F{i} on Book {{ ... on Book {{ next {{ ...F{} }} }} }}", i + 1);
    }
    query += " fragment F12 on Book { title }";
    let reply = data(&server, &query, json!({})).await;
    assert!(reply.to_string().contains("Volume 13"), "{reply}");
}

#[tokio::test]
async fn a_price_by_variables_is_worked_out_for_each_request() {
    let server = Server::limited(Limits { cost: 100, ..Limits::default() }).await;
    let query = "query($n: Int!) { books(first: $n) { title } }";
    for _ in 0..2 {
        assert_eq!(code(&server, query, json!({ "n": 101 })).await, "COST_LIMIT");
        let books = data(&server, query, json!({ "n": 100 })).await;
        assert_eq!(books["books"].as_array().unwrap().len(), 100);
    }
}

#[tokio::test]
async fn a_verdict_from_memory_is_the_same_verdict() {
    let server = Server::start().await;
    for _ in 0..3 {
        assert_eq!(code(&server, "{ nothing }", json!({})).await, "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(code(&server, &bomb(8, 8), json!({})).await, "COST_LIMIT");
        for n in [1, 2] {
            let query = "query($n: Int!) { add(a: $n) }";
            assert_eq!(data(&server, query, json!({ "n": n })).await["add"], n + 10);
        }
    }
}

#[tokio::test]
async fn variables_too_large_or_too_deep_are_refused() {
    let server = Server::limited(Limits { variables_bytes: 2_000, ..Limits::default() }).await;
    let query = "query($w: [String!]!) { join(words: $w) }";
    assert_eq!(data(&server, query, json!({ "w": ["a", "b"] })).await["join"], "a b");
    assert_eq!(code(&server, query, json!({ "w": ["x".repeat(2_000)] })).await, "COST_LIMIT");
    // Beyond what the JSON parser follows, and between that and our own limit.
    let query = "query($f: Filter!) { span(filter: $f) }";
    for (depth, status) in [(150, 400), (40, 200)] {
        let variables = format!("{{\"f\":{}}}", nested("{\"inner\":", "{}", "}", depth));
        let body = format!("{{\"query\":\"{query}\",\"variables\":{variables}}}");
        let reply = server.request(Ask::json(body)).await;
        assert_eq!(reply.status, status, "{reply:?}");
        reply.code();
    }
}

#[tokio::test]
async fn a_variable_of_the_wrong_kind_is_bad_user_input() {
    let server = Server::start().await;
    for (query, variables) in [
        ("query($n: Int!) { add(a: $n) }", json!({ "n": "1" })),
        ("query($n: Int!) { add(a: $n) }", json!({ "n": 2_147_483_648_i64 })),
        ("query($n: Int!) { add(a: $n) }", json!({ "n": null })),
        ("query($x: Float!) { half(of: $x) }", json!({ "x": "1.5" })),
        ("query($c: Colour!) { colour(of: $c) }", json!({ "c": "BLUE" })),
        ("query($w: [String!]!) { join(words: $w) }", json!({ "w": ["a", null] })),
        ("query($f: Filter!) { span(filter: $f) }", json!({ "f": { "mim": 1 } })),
        ("query($b: By!) { find(by: $b) }", json!({ "b": {} })),
        ("query($b: By!) { find(by: $b) }", json!({ "b": { "id": "1", "name": "x" } })),
        ("query($b: By!) { find(by: $b) }", json!({ "b": { "id": null } })),
        ("query($t: DateTime!) { year(at: $t) }", json!({ "t": "yesterday" })),
        ("query($b: By!) { find(by: $b) }", json!({ "b": { "name": "a\0b" } })),
    ] {
        assert_eq!(code(&server, query, variables.clone()).await, "BAD_USER_INPUT", "{variables}");
    }
}

#[tokio::test]
async fn a_literal_of_the_wrong_kind_fails_validation() {
    let server = Server::start().await;
    for query in [
        "{ add(a: \"1\") }",
        "{ add(a: 2147483648) }",
        "{ add }",
        "{ add(a: 1, c: 1) }",
        "{ colour(of: BLUE) }",
        "{ colour(of: \"RED\") }",
        "{ find(by: {}) }",
        "{ find(by: { id: \"1\", name: \"x\" }) }",
        "{ find(by: { id: null }) }",
        "query($i: ID) { find(by: { id: $i }) }",
        "query($f: Filter = { by: { id: \"1\", name: \"x\" } }) { span(filter: { inner: $f }) }",
        "query($n: Int) { add(a: $n) }",
        "query($n: Float!) { add(a: $n) }",
        "query($n: Int!) { hello }",
        "{ ...F } fragment F on Query { find(by: {}) }",
    ] {
        assert_eq!(code(&server, query, json!({})).await, "GRAPHQL_VALIDATION_FAILED", "{query}");
    }
    assert_eq!(code(&server, r#"{ find(by: { name: "a\u0000" }) }"#, json!({})).await, "BAD_USER_INPUT");
    assert_eq!(code(&server, "{ year(at: \"yesterday\") }", json!({})).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn values_arrive_as_they_were_meant() {
    let server = Server::start().await;
    for (query, variables, field, expected) in [
        ("query($n: Int!) { add(a: $n) }", json!({ "n": 3.0 }), "add", json!(13)),
        ("query($x: Float!) { half(of: $x) }", json!({ "x": 3 }), "half", json!(1.5)),
        ("query($c: Colour = GREEN) { colour(of: $c) }", json!({}), "colour", json!("GREEN")),
        ("query($c: Colour!) { colour(of: $c) }", json!({ "c": "RED" }), "colour", json!("RED")),
        ("query($w: [String!]!) { join(words: $w) }", json!({ "w": "one" }), "join", json!("one")),
        ("query($b: By!) { find(by: $b) }", json!({ "b": { "id": 7 } }), "find", json!("id 7")),
        ("query($i: ID!) { find(by: { id: $i }) }", json!({ "i": "q" }), "find", json!("id q")),
        ("query($f: Filter!) { span(filter: $f) }", json!({ "f": { "max": 9 } }), "span", json!(4)),
        ("query($t: DateTime!) { year(at: $t) }", json!({ "t": "2026-01-02T03:04:05Z" }), "year", json!("2026")),
        ("query($x: Boolean!) { hello @include(if: $x) }", json!({ "x": true }), "hello", json!("world")),
    ] {
        assert_eq!(data(&server, query, variables).await[field], expected, "{query}");
    }
}

#[tokio::test]
async fn an_argument_whose_variable_is_absent_keeps_its_default() {
    let server = Server::start().await;
    let query = "query($b: Int) { add(a: 1, b: $b) }";
    assert_eq!(data(&server, query, json!({})).await["add"], 11);
    assert_eq!(data(&server, query, json!({ "b": 2 })).await["add"], 3);
    let inside = "query($m: Int) { ...F } fragment F on Query { span(filter: { min: $m, max: 7 }) }";
    assert_eq!(data(&server, inside, json!({})).await["span"], 2);
    assert_eq!(data(&server, inside, json!({ "m": 1 })).await["span"], 6);
}
