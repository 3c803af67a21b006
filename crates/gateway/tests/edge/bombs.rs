//! Hostile documents, made by code: the benchmark and the tests of the edge share them.

use serde_json::{Value, json};

/// A document with its variables, and the code it is refused with.
pub(crate) struct Bomb {
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) variables: Value,
    pub(crate) code: &'static str,
}

/// Puts a spread into something.
type Wrap = fn(&str) -> String;

fn bomb(code: &'static str, name: impl Into<String>, query: impl Into<String>, variables: Value) -> Bomb {
    Bomb { name: name.into(), query: query.into(), variables, code }
}

/// All of them: about 150.
pub(crate) fn all() -> Vec<Bomb> {
    [nested(), fragments(), pages(), floods(), garbage(), invalid(), variables()].into_iter().flatten().collect()
}

fn around(open: &str, inner: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + inner + &close.repeat(depth)
}

fn counted(times: usize, each: impl Fn(usize) -> String) -> String {
    (0..times).map(each).collect()
}

/// Fragments that spread the next one several times: a few hundred bytes that unfold to millions of fields.
fn fragments() -> Vec<Bomb> {
    let shapes = [(5, 8), (8, 8), (12, 4), (14, 2), (20, 2), (40, 2), (63, 10), (30, 60)];
    let wraps: [(&str, Wrap); 3] = [
        ("plain", str::to_owned),
        ("in inline fragments", |spread| format!("... on Book {{ {spread} }} ")),
        ("under a field", |spread| format!("next {{ {spread} }} ")),
    ];
    let mut bombs = Vec::new();
    for (count, spreads) in shapes {
        for (wrap, wrapped) in wraps {
            let mut query = "{ book { ...F0 } }".to_owned();
            for i in 0..count {
                let spread = wrapped(&format!("...F{} ", i + 1)).repeat(spreads);
                query += &format!(" fragment F{i} on Book {{ {spread} }}");
            }
            query += &format!(" fragment F{count} on Book {{ title }}");
            bombs.push(bomb("COST_LIMIT", format!("{count} fragments × {spreads}, {wrap}"), query, json!({})));
        }
    }
    bombs
}

/// Pages inside pages, their sizes given in each way there is.
fn pages() -> Vec<Bomb> {
    let mut bombs = Vec::new();
    for (outer, inner) in [(200, 200), (100, 100), (50, 50), (200, 10), (11, 200)] {
        let rows = format!("books(first: {outer}) {{ sequels(first: {inner}) {{ title }} }}");
        bombs.push(bomb("COST_LIMIT", format!("pages {outer} × {inner}"), format!("{{ {rows} }}"), json!({})));
        let body = "books(first: $n) { sequels(first: $m) { title } }";
        let given = json!({ "n": outer, "m": inner });
        let query = format!("query($n: Int, $m: Int) {{ {body} }}");
        bombs.push(bomb("COST_LIMIT", format!("pages {outer} × {inner} by variables"), query, given));
        let query = format!("query($n: Int = {outer}, $m: Int = {inner}) {{ {body} }}");
        bombs.push(bomb("COST_LIMIT", format!("pages {outer} × {inner} by defaults"), query, json!({})));
    }
    let wide = counted(59, |i| format!("a{i}: books(first: 200) {{ title }} "));
    bombs.push(bomb("COST_LIMIT", "59 pages side by side", format!("{{ {wide} }}"), json!({})));
    for (size, code) in [
        ("201", "BAD_USER_INPUT"),
        ("2147483647", "BAD_USER_INPUT"),
        ("99999999999999999999", "GRAPHQL_VALIDATION_FAILED"),
        ("-1", "BAD_USER_INPUT"),
    ] {
        bombs.push(bomb(
            code,
            format!("a page of {size}"),
            format!("{{ books(first: {size}) {{ title }} }}"),
            json!({}),
        ));
    }
    bombs
}

/// Nesting of every kind, from just beyond the limit to far beyond any stack.
fn nested() -> Vec<Bomb> {
    let mut bombs = Vec::new();
    for depth in [60, 500, 1_500, 3_000, 6_000, 20_000] {
        let kinds = [
            ("a list", format!("{{ join(words: {}) }}", around("[", "", "]", depth))),
            ("an object", format!("{{ span(filter: {}) }}", around("{inner:", "1", "}", depth))),
            ("a default", format!("query($v: [String!] = {}) {{ hello }}", around("[", "", "]", depth))),
            ("a type", format!("query($v: {}) {{ hello }}", around("[", "Int", "]", depth))),
            ("selections", around("{ book ", "{ title }", "}", depth)),
            ("inline fragments", around("{ ... ", "{ hello }", "}", depth)),
            ("a list that never ends", format!("{{ join(words: {}", "[".repeat(depth))),
        ];
        for (kind, query) in kinds {
            bombs.push(bomb("COST_LIMIT", format!("{kind} nested {depth} deep"), query, json!({})));
        }
    }
    bombs
}

/// Too many of something.
fn floods() -> Vec<Bomb> {
    let cost = [
        ("61 aliases", format!("{{ {} }}", counted(61, |i| format!("a{i}: hello ")))),
        ("900 aliases", format!("{{ {} }}", counted(900, |i| format!("a{i}: hello ")))),
        ("21 directives", format!("{{ hello {} }}", "@include(if: true) ".repeat(21))),
        ("500 directives", format!("{{ hello {} }}", "@skip(if: false) ".repeat(500))),
        ("65 fragments", format!("{{ hello }} {}", counted(65, |i| format!("fragment F{i} on Query {{ hello }} ")))),
        ("4,100 fields", format!("{{ {} }}", "hello ".repeat(4_100))),
        ("1,100 variables", format!("query({}) {{ hello }}", counted(1_100, |i| format!("$v{i}: Int ")))),
        ("1,000 operations", counted(1_000, |i| format!("query Q{i} {{ hello }} "))),
        ("4,000 words", format!("{{ join(words: [{}]) }}", "\"w\" ".repeat(4_000))),
        ("64 KiB of blanks", format!("{{ hello {} }}", " ".repeat(64 << 10))),
        ("64 KiB of commas", format!("{{ hello {} }}", ",".repeat(64 << 10))),
        ("70 KiB of comments", "#\n".repeat(35 << 10)),
        ("a string of 70 KiB", format!("{{ join(words: [\"{}\"]) }}", "x".repeat(70 << 10))),
        ("a name of 70 KiB", format!("{{ {} }}", "x".repeat(70 << 10))),
    ];
    let invalid = [
        ("800 unknown fields", format!("{{ {} }}", counted(800, |i| format!("nothing{i} ")))),
        ("55 fields in conflict", format!("{{ {} }}", counted(55, |i| format!("same: add(a: {i}) ")))),
        ("600 unused variables", format!("query({}) {{ hello }}", counted(600, |i| format!("$v{i}: Int ")))),
        ("300 unnamed operations", "{ hello } ".repeat(300)),
        ("300 arguments of one name", format!("{{ add({}) }}", "a: 1 ".repeat(300))),
    ];
    let cost = cost.into_iter().map(|(name, query)| bomb("COST_LIMIT", name, query, json!({})));
    let invalid = invalid.into_iter().map(|(name, query)| bomb("GRAPHQL_VALIDATION_FAILED", name, query, json!({})));
    cost.chain(invalid).collect()
}

/// What is not GraphQL at all.
fn garbage() -> Vec<Bomb> {
    [
        String::new(),
        "{".to_owned(),
        "}".to_owned(),
        "{ hello".to_owned(),
        "{ hello }}".to_owned(),
        "{ 1a }".to_owned(),
        "{ hello }\0".to_owned(),
        "query".to_owned(),
        "query ($) { hello }".to_owned(),
        "{ hello(: 1) }".to_owned(),
        "{ join(words: \"never closed) }".to_owned(),
        "{ join(words: \"\"\"never closed\"\" ) }".to_owned(),
        "{ join(words: \"\\q\") }".to_owned(),
        "{ add(a: 01) }".to_owned(),
        "{ half(of: 1.e) }".to_owned(),
        "fragment on on Query { hello }".to_owned(),
        "subscription".to_owned(),
        "{ hello } <script>alert(1)</script>".to_owned(),
        "' OR 1=1 --".to_owned(),
        "\u{202e}{ hello }".to_owned(),
        "#".repeat(60_000),
        "\"".repeat(999),
        "query ".repeat(600),
    ]
    .into_iter()
    .map(|query| {
        bomb(
            "GRAPHQL_PARSE_FAILED",
            format!("garbage: {}", query.chars().take(20).collect::<String>().escape_debug()),
            query,
            json!({}),
        )
    })
    .collect()
}

/// What is GraphQL, but not of this schema.
fn invalid() -> Vec<Bomb> {
    [
        "{ nothing }",
        "{ hello { deeper } }",
        "{ book }",
        "{ hello(a: 1) }",
        "{ add(a: \"1\") }",
        "{ add(a: 2147483648) }",
        "{ find(by: {}) }",
        "{ find(by: { id: \"1\", name: \"x\" }) }",
        "{ colour(of: \"RED\") }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...A } fragment A on Query { ...A }",
        "{ ...Missing }",
        "{ hello } fragment Unused on Query { hello }",
        "{ hello @unknown }",
        "query($n: Nothing) { hello }",
        "type A { b: Int }",
        "extend type Query { secret: String }",
        "schema { query: Query }",
        "subscription { count { sequence } live { sequence } }",
    ]
    .into_iter()
    .map(|query| bomb("GRAPHQL_VALIDATION_FAILED", format!("invalid: {query}"), query, json!({})))
    .collect()
}

/// Variables of the wrong size, kind and depth.
fn variables() -> Vec<Bomb> {
    let words = "query($w: [String!]!) { join(words: $w) }";
    let filter = "query($f: Filter!) { span(filter: $f) }";
    let deep = |depth| (0..depth).fold(json!({}), |inner, _| json!({ "inner": inner }));
    let mut bombs = vec![
        bomb("COST_LIMIT", "variables of 257 KiB", words, json!({ "w": ["x".repeat(257 << 10)] })),
        bomb("COST_LIMIT", "100,000 variables' items", words, json!({ "w": vec!["w"; 100_000] })),
        bomb("COST_LIMIT", "variables that nobody declared", "{ hello }", json!({ "v": "x".repeat(300 << 10) })),
        bomb("BAD_USER_INPUT", "variables 40 deep", filter, json!({ "f": deep(40) })),
        bomb("BAD_USER_INPUT", "variables 100 deep", filter, json!({ "f": deep(100) })),
    ];
    let add = "query($n: Int!) { add(a: $n) }";
    for wrong in [
        json!("1"),
        json!(1.5),
        json!(null),
        json!([1]),
        json!({}),
        json!(true),
        json!(2_147_483_648_i64),
        json!(1e300),
    ] {
        bombs.push(bomb("BAD_USER_INPUT", format!("{wrong} for a number"), add, json!({ "n": wrong })));
    }
    for wrong in [json!(["a", null]), json!([["a"]]), json!({ "a": "b" }), json!(["a\u{0}b"])] {
        bombs.push(bomb("BAD_USER_INPUT", format!("{wrong} for words"), words, json!({ "w": wrong })));
    }
    let page = "query($n: Int) { books(first: $n) { title } }";
    for size in [201, 1_000_000, -1, i64::MAX, i64::MIN] {
        bombs.push(bomb("BAD_USER_INPUT", format!("a page of {size} by variable"), page, json!({ "n": size })));
    }
    bombs
}
