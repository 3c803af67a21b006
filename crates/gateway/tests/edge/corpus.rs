//! The abuse corpus over HTTP, made by code: the benchmark and the tests of the edge share it.

use serde_json::{Value, json};

use crate::bombs;

/// A request, and what it is refused with.
pub(crate) struct Hostile {
    pub(crate) name: String,
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
}

impl Hostile {
    fn new(name: impl Into<String>, (status, code): (u16, &'static str)) -> Self {
        Self {
            name: name.into(),
            method: "POST",
            target: "/graphql".to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: br#"{"query":"mutation { change }"}"#.to_vec(),
            status,
            code,
        }
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn get(mut self, query: &str) -> Self {
        self.method = "GET";
        self.target = format!("/graphql?{query}");
        self.headers.clear();
        self.body.clear();
        self
    }
}

/// All of them, some 300; those that could change something would, if they got through.
pub(crate) fn all() -> Vec<Hostile> {
    let documents = bombs::all().into_iter().map(|bomb| {
        let body = json!({ "query": bomb.query, "variables": bomb.variables });
        Hostile::new(bomb.name, (200, bomb.code)).body(body.to_string())
    });
    let others = [bodies(), utf8(), content_types(), methods(), foreign_origins(), hashes(), targets()];
    documents.chain(others.into_iter().flatten()).collect()
}

const MALFORMED: (u16, &str) = (400, "BAD_REQUEST");

fn bodies() -> Vec<Hostile> {
    let batch = |count| Value::from(vec![json!({ "query": "mutation { change }" }); count]).to_string();
    let depth = |open: &str, depth: usize| format!("{{\"query\":\"{{ hello }}\",\"variables\":{}", open.repeat(depth));
    let mut hostile: Vec<_> = [
        String::new(),
        "null".to_owned(),
        "{".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "true".to_owned(),
        "\"{ hello }\"".to_owned(),
        "{ hello }".to_owned(),
        "mutation { change }".to_owned(),
        "query=mutation{change}".to_owned(),
        r#"{"query":1}"#.to_owned(),
        r#"{"query":null}"#.to_owned(),
        r#"{"query":["mutation { change }"]}"#.to_owned(),
        r#"{"query":"mutation { change }","variables":[]}"#.to_owned(),
        r#"{"query":"mutation { change }","variables":"{}"}"#.to_owned(),
        r#"{"query":"mutation { change }","operationName":{}}"#.to_owned(),
        r#"{"query":"mutation { change }","extensions":[]}"#.to_owned(),
        r#"{"query":"mutation { change }"}{"query":"mutation { change }"}"#.to_owned(),
        r#"{"query":"mutation { change }"},"#.to_owned(),
        r#"{"query":"mutation { change }",}"#.to_owned(),
        r"{'query':'mutation { change }'}".to_owned(),
        "{\"query\":\"mutation {\n change }\"}".to_owned(),
        r#"{"query":"mutation { change } \ud800"}"#.to_owned(),
        r#"{"query":"mutation { change } \x00"}"#.to_owned(),
        "\u{feff}{\"query\":\"mutation { change }\"}".to_owned(),
        batch(1),
        batch(10),
        batch(5_000),
        depth("[", 1_000),
        depth("[", 100_000),
        depth("{\"a\":", 100_000),
        format!("{{\"query\":\"{{ hello }}\",\"variables\":{{\"a\":{}{}}}}}", "[".repeat(1_000), "]".repeat(1_000)),
        "[".repeat(500_000),
        "\"".repeat(500_000),
        "\0".repeat(1_000),
    ]
    .into_iter()
    .map(|body| {
        Hostile::new(format!("body {}", body.chars().take(40).collect::<String>().escape_debug()), MALFORMED).body(body)
    })
    .collect();
    for size in [(1 << 20) + 1, 2 << 20, 8 << 20] {
        let mut body = br#"{"query":"mutation { change }"}"#.to_vec();
        body.resize(size, b' ');
        hostile.push(Hostile::new(format!("body of {size} bytes"), (413, "BAD_REQUEST")).body(body));
    }
    hostile
}

/// Bytes that are not UTF-8, where a text is expected.
fn utf8() -> Vec<Hostile> {
    let wrong: [(&str, &[u8]); 9] = [
        ("a byte that never is", b"\xff"),
        ("a lone continuation", b"\x80"),
        ("an overlong slash", b"\xc0\xaf"),
        ("an overlong zero", b"\xc0\x80"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("beyond the last character", b"\xf4\x90\x80\x80"),
        ("one cut off", b"\xf0\x9f\x92"),
        ("Latin-1", b"caf\xe9"),
        ("UTF-16", b"\xff\xfe{\0"),
    ];
    let places: [(&str, &str, &str); 3] = [
        ("the document", "{\"query\":\"mutation { change } # ", "\"}"),
        ("a name", "{\"query\":\"mutation { change }\",\"", "\":1}"),
        ("the variables", "{\"query\":\"mutation { change }\",\"variables\":{\"a\":\"", "\"}}"),
    ];
    let mut hostile = Vec::new();
    for (what, bytes) in wrong {
        for (place, before, after) in places {
            let body = [before.as_bytes(), bytes, after.as_bytes()].concat();
            hostile.push(Hostile::new(format!("{what} in {place}"), MALFORMED).body(body));
        }
    }
    hostile
}

/// Whatever a form of another page can send, and what only looks like JSON.
fn content_types() -> Vec<Hostile> {
    let smuggled = [
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/mixed",
        "application/graphql",
        "application/graphql+json",
        "application/graphql-response+json",
        "application/jsonp",
        "application/json5",
        "application/json-patch+json",
        "application/json, text/plain",
        "text/plain, application/json",
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "application/json; charset=latin1",
        "text/json",
        "application/xml",
        "application/",
        "*/*",
        "",
    ];
    let mut hostile: Vec<_> = smuggled
        .into_iter()
        .map(|value| {
            Hostile::new(format!("content type {value:?}"), (415, "BAD_REQUEST")).header("content-type", value)
        })
        .collect();
    let mut untold = Hostile::new("no content type", (415, "BAD_REQUEST"));
    untold.headers.clear();
    hostile.push(untold);
    hostile
}

fn methods() -> Vec<Hostile> {
    let not_allowed = (405, "BAD_REQUEST");
    let mut hostile: Vec<_> = ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "QUERY"]
        .into_iter()
        .map(|method| Hostile { method, ..Hostile::new(format!("method {method}"), not_allowed) })
        .collect();
    for query in ["query=mutation{change}", "query=mutation+A{change}+query+B{hello}&operationName=A"] {
        hostile.push(Hostile::new(format!("GET {query}"), not_allowed).get(query));
    }
    for accept in ["text/html", "image/*", "application/xml;q=1", "text/event-stream;q=0"] {
        let name = format!("accept {accept}");
        hostile.push(Hostile::new(name, (406, "BAD_REQUEST")).header("accept", accept));
    }
    hostile
}

/// Origins of foreign pages, and foreign host names.
fn foreign_origins() -> Vec<Hostile> {
    let mut hostile = Vec::new();
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "0.0.0.0",
        "[::2]",
        "169.254.169.254",
        "not a host",
        "",
    ] {
        hostile.push(Hostile::new(format!("host {host:?}"), (403, "FORBIDDEN")).header("host", host));
    }
    for origin in [
        "https://evil.example",
        "http://localhost.evil.example",
        "null",
        "file://",
        "http://localhost:1@evil.example",
        "http://localhost:99999",
        "chrome-extension://abcdefghijklmnop",
        "",
    ] {
        hostile.push(Hostile::new(format!("origin {origin:?}"), (403, "FORBIDDEN")).header("origin", origin));
    }
    hostile
}

/// Hashes that name what they are not the hash of, or nothing.
fn hashes() -> Vec<Hostile> {
    let request = |hash: Value| json!({ "query": "mutation { change }", "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    let mut hostile: Vec<_> =
        [json!("0".repeat(64)), json!("f".repeat(64)), json!("0"), json!("x".repeat(64)), json!(7), json!(["0"])]
            .into_iter()
            .map(|hash| Hostile::new(format!("hash {hash}"), MALFORMED).body(request(hash).to_string()))
            .collect();
    let named = |version: Value| json!({ "extensions": { "persistedQuery": { "version": version, "sha256Hash": "0".repeat(64) } } });
    hostile.push(
        Hostile::new("hash of nothing known", (200, "PERSISTED_QUERY_NOT_FOUND")).body(named(json!(1)).to_string()),
    );
    for version in [json!(0), json!(2), json!("1"), json!(-1)] {
        let name = format!("hash of version {version}");
        hostile.push(Hostile::new(name, (200, "PERSISTED_QUERY_NOT_SUPPORTED")).body(named(version).to_string()));
    }
    hostile
}

/// Query strings.
fn targets() -> Vec<Hostile> {
    let malformed = [
        "",
        "query=",
        "quer=%7Bhello%7D",
        "query=%7Bhello%7D&variables=7",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&extensions=%5B%5D",
        "variables=%7B%7D",
        "%00=%00",
    ];
    let mut hostile: Vec<_> =
        malformed.into_iter().map(|query| Hostile::new(format!("GET ?{query}"), MALFORMED).get(query)).collect();
    for (query, code) in [
        ("query=%7Bhello", "GRAPHQL_PARSE_FAILED"),
        ("query=%FF%FE", "GRAPHQL_PARSE_FAILED"),
        ("query=%7Bnothing%7D", "GRAPHQL_VALIDATION_FAILED"),
        ("query=%7Bhello%7D&query=%7Bnothing%7D", "GRAPHQL_VALIDATION_FAILED"),
        ("query=%7Bhello%7D&operationName=Other", "OPERATION_RESOLUTION_FAILURE"),
        ("query=query+A%7Bhello%7Dquery+B%7Bhello%7D", "OPERATION_RESOLUTION_FAILURE"),
    ] {
        hostile.push(Hostile::new(format!("GET ?{query}"), (200, code)).get(query));
    }
    hostile
}
