//! Documents and variables: refusals and their codes, also for hostile input.

use seatgraph::edge::{Limits, Settings};
use serde_json::{Value, json};

use crate::client::Client;
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
async fn documents_beyond_a_limit_are_cost_limit() {
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
async fn malformed_documents_are_answered() {
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
async fn documents_within_the_limits_run() {
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
async fn a_cost_that_depends_on_variables_is_computed_per_request() {
    let server = Server::limited(Limits { cost: 100, ..Limits::default() }).await;
    let query = "query($n: Int!) { books(first: $n) { title } }";
    for _ in 0..2 {
        assert_eq!(code(&server, query, json!({ "n": 101 })).await, "COST_LIMIT");
        let books = data(&server, query, json!({ "n": 100 })).await;
        assert_eq!(books["books"].as_array().unwrap().len(), 100);
    }
}

#[tokio::test]
async fn a_cached_result_is_the_same() {
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
    // The library gives these two errors no type, so they are recognized by their texts.
    assert_eq!(code(&server, "{ year(at: \"yesterday\") }", json!({})).await, "BAD_USER_INPUT");
    assert_eq!(code(&server, "{ year(at: 3) }", json!({})).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn values_are_converted_exactly() {
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

#[tokio::test]
async fn an_input_field_that_is_given_twice_is_refused() {
    let server = Server::start().await;
    for query in [
        "{ span(filter: { max: 1, max: 2 }) }",
        "{ span(filter: { inner: { max: 1, min: 1, max: 1 } }) }",
        "query($f: Filter = { max: 1, max: 2 }) { span(filter: { inner: $f }) }",
    ] {
        let reply = server.post(query, json!({})).await;
        assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
        assert!(reply.body.contains("input field `max` is given more than once"), "{}", reply.body);
    }
}

#[tokio::test]
async fn every_invalid_variable_is_one_error_with_its_path_and_location() {
    let server = Server::start().await;
    let query = "query($n: Int!,\n $f: Filter!) { add(a: $n) span(filter: $f) }";
    let filter = json!({ "min": "x", "inner": { "max": true }, "other": 1 });
    let reply = server.post(query, json!({ "n": "1", "f": filter })).await.json();
    let errors = reply["errors"].as_array().unwrap();
    let found: Vec<_> =
        errors.iter().map(|e| (&e["extensions"]["details"]["path"], &e["locations"][0]["line"])).collect();
    let expected = [
        (json!(["n"]), json!(1)),
        (json!(["f"]), json!(2)),
        (json!(["f", "min"]), json!(2)),
        (json!(["f", "inner", "max"]), json!(2)),
    ];
    assert_eq!(found, expected.iter().map(|(path, line)| (path, line)).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_unknown_field_is_one_error_at_its_position() {
    let server = Server::start().await;
    let reply = server.post("{\n nothing\n book { nobody } }", json!({})).await.json();
    let places: Vec<_> = reply["errors"].as_array().unwrap().iter().map(|error| error["locations"].clone()).collect();
    assert_eq!(places, [json!([{ "line": 2, "column": 2 }]), json!([{ "line": 3, "column": 9 }])]);
}

#[tokio::test]
async fn a_field_that_is_selected_twice_and_fails_is_one_error() {
    let server = Server::start().await;
    let reply = server.post("{ fails(how: CODED)\n fails(how: CODED) }", json!({})).await.json();
    assert_eq!(reply["errors"].as_array().unwrap().len(), 1, "{reply}");
    assert_eq!(reply["errors"][0]["locations"].as_array().unwrap().len(), 2, "{reply}");
}

#[tokio::test]
async fn an_escape_with_braces_is_read_as_the_character_it_stands_for() {
    let server = Server::start().await;
    assert_eq!(data(&server, r#"{ join(words: ["\u{1F600}"]) }"#, json!({})).await["join"], "😀");
}

#[tokio::test]
async fn introspection_says_which_inputs_are_one_of_several() {
    let server = Server::start().await;
    let query = r#"{ by: __type(name: "By") { isOneOf } filter: __type(name: "Filter") { isOneOf } book: __type(name: "Book") { isOneOf } }"#;
    let expected = json!({ "by": { "isOneOf": true }, "filter": { "isOneOf": false }, "book": { "isOneOf": null } });
    assert_eq!(data(&server, query, json!({})).await, expected);
}

#[tokio::test]
async fn an_answer_has_the_order_of_its_selection_over_every_transport() {
    const QUERY: &str = "{ late hello ...F } fragment F on Query { book { next { title } title } add(a: 1) }";
    const ANSWER: &str = r#"{"data":{"late":"at last","hello":"world","book":{"next":{"title":"Volume 2"},"title":"Volume 1"},"add":11}}"#;
    let server = Server::start().await;
    for accept in ["application/json", "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
        let reply = server.request(Ask::post(QUERY, json!({})).accept(accept)).await;
        assert!(reply.body.contains(ANSWER), "{accept}: {}", reply.body);
    }
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("q", QUERY, json!({})).await;
    assert!(client.receive_text().await.contains(ANSWER));
    client.subscribe("s", "subscription { count { text sequence } }", json!({})).await;
    client.receive().await;
    assert!(client.receive_text().await.contains(r#"{"text":"counted","sequence":1}"#));
}

#[tokio::test]
async fn a_suggestion_is_given_to_callers_who_may_read_the_schema() {
    let open = Server::start().await;
    let closed = Server::with(Settings { introspection: false, ..Settings::default() }).await;
    for (query, meant) in [
        ("{ helo }", "`hello`"),
        ("{ book { tilte } }", "`title`"),
        ("{ add(a: 1, c: 2) }", "`a` or `b`"),
        ("{ colour(of: GREN) }", "`GREEN`"),
        ("{ span(filter: { mx: 1 }) }", "`max`"),
    ] {
        let corrected = format!("did you mean {meant}");
        let by_anna = Ask::post(query, json!({})).header("authorization", "Bearer anna");
        for (reply, may_read) in [
            (open.request(by_anna.clone()).await, true),
            (closed.post(query, json!({})).await, true),
            (closed.request(by_anna.clone()).await, false),
        ] {
            assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
            assert_eq!(reply.body.contains(&corrected), may_read, "{query}: {}", reply.body);
            assert!(may_read || !reply.body.contains("did you mean"), "{}", reply.body);
        }
    }
}
