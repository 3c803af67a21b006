//! Rules that Cargo cannot enforce: which crates use which libraries, the size of files, and names.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/words.rs"]
mod words;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file below `folder`, with its text and its path from the workspace's root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "node_modules", "template"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Asserts that `word` occurs in the code of allowed files only.
fn only(word: &str, is_allowed: impl Fn(&str) -> bool) {
    let others: Vec<_> = sources("crates")
        .into_iter()
        .filter(|(path, text)| !is_allowed(path) && code(text).any(|line| line.contains(word)))
        .map(|(path, _)| path)
        .collect();
    assert!(others.is_empty(), "`{word}` is not allowed in {others:#?}");
}

#[test]
fn only_the_store_uses_diesel() {
    only("diesel", |path| path.starts_with("crates/store/"));
}

#[test]
fn only_the_gateway_uses_async_graphql() {
    only("async_graphql", |path| path.starts_with("crates/gateway/"));
}

#[test]
fn only_the_gateway_and_the_simulator_use_axum() {
    only("axum::", |path| path.starts_with("crates/gateway/") || path.starts_with("crates/salesforce-simulator/"));
}

#[test]
fn only_core_http_uses_reqwest() {
    only("reqwest", |path| path.starts_with("crates/core/src/http") || !path.contains("/src/"));
}

#[test]
fn only_the_login_uses_openidconnect() {
    only("openidconnect", |path| path.starts_with("crates/gateway/src/login/"));
}

#[test]
fn only_the_list_of_connectors_names_a_connector_crate() {
    only("salesforce_connector", |path| {
        path == "crates/gateway/src/connectors.rs" || path.starts_with("crates/salesforce-connector/")
    });
}

#[test]
fn only_the_demo_and_benches_name_the_simulator() {
    only("salesforce_simulator", |path| {
        path.starts_with("crates/gateway/src/demo")
            || path.starts_with("crates/gateway/benches/")
            || path.starts_with("crates/salesforce-simulator/")
            || path.starts_with("crates/salesforce-connector/tests/")
    });
}

/// The edge gets authentication, permissions and the executor as arguments.
#[test]
fn the_edge_imports_neither_login_nor_engine() {
    let inside =
        sources("crates/gateway/src").into_iter().filter(|(path, _)| path.starts_with("crates/gateway/src/edge"));
    let foreign = ["crate::", "seatgraph_engine", "seatgraph_store"];
    let faults: Vec<_> = inside
        .flat_map(|(path, text)| {
            let lines = code(&text).filter(|line| foreign.iter().any(|word| line.contains(word)));
            lines.map(|line| format!("{path}: {}", line.trim())).collect::<Vec<_>>()
        })
        .filter(|line| !line.contains("crate::edge::"))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Whether a line of code contains `word` as a whole identifier.
fn names(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

#[test]
fn no_resolver_names_an_unscoped_handle() {
    let resolvers = sources("crates/gateway/src").into_iter().filter(|(path, _)| path.contains("/src/schema"));
    let found: Vec<_> = resolvers
        .filter(|(_, text)| {
            let lines = code(text).filter(|line| !line.contains("base64::Engine"));
            lines.into_iter().any(|line| ["Db", "Pools", "Engine"].iter().any(|handle| names(line, handle)))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "resolvers work with ScopedDb, ScopedEngine and Commands: {found:#?}");
}

/// A public function of the store: its path and name, its arguments and its body.
struct StoreFunction {
    name: String,
    arguments: String,
    body: String,
}

fn store_functions() -> Vec<StoreFunction> {
    let mut found = Vec::new();
    for (path, text) in sources("crates/store/src") {
        let module = path.trim_start_matches("crates/store/src/").trim_end_matches(".rs").to_owned();
        for start in ["\npub async fn ", "\npub(crate) async fn "] {
            for function in text.split(start).skip(1) {
                let function = function.split("\n}").next().unwrap();
                let (name, rest) = function.split_once(['(', '<']).unwrap();
                let (arguments, body) = rest.split_once("{\n").unwrap_or((rest, ""));
                let (arguments, body) = (arguments.to_owned(), body.to_owned());
                found.push(StoreFunction { name: format!("{module}::{name}"), arguments, body });
            }
        }
    }
    found
}

/// A read for callers takes a `Reader`, which carries the visibility. Each of its queries starts from the function
/// `visible` of a table, and names other tables only to join them.
#[test]
fn every_read_for_callers_starts_from_a_base_query() {
    let mut faults = Vec::new();
    let mut reads = 0;
    for StoreFunction { name, arguments, body } in store_functions() {
        if !arguments.contains("&Reader") || !body.contains("with_conn!") {
            continue;
        }
        reads += 1;
        if !["visible(", "visible_", "runs!(", "joined!("].iter().any(|base| body.contains(base)) {
            faults.push(format!("{name} starts from no base query"));
        }
        let tables = body.match_indices("::table").map(|(at, _)| &body[..at]);
        for before in tables {
            let before = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
            if !before.ends_with("join(") {
                faults.push(format!("{name} begins a query at a table"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(reads >= 35, "only {reads} reads were recognized in the source");
}

/// The reads that take the unscoped handle, with the reason for each. All other functions that take it write.
#[test]
fn the_unscoped_reads_are_these() {
    const JOBS: &str = "jobs work on all profiles";
    const AUTHENTICATION: &str = "the caller is not known yet";
    const AUDIT: &str = "the chain is read, exported and verified as a whole";
    const SECRETS: &str = "secrets are decrypted for a connection and never shown";
    let expected = [
        ("audit::after", AUDIT),
        ("delegations::client_secret", SECRETS),
        ("delegations::find_by_token", AUTHENTICATION),
        ("instance::find", "the installation compares itself with its database"),
        ("jobs/schedule::next_slot", JOBS),
        ("profiles/read::due", JOBS),
        ("roles::of_person", AUTHENTICATION),
        ("secrets::get", SECRETS),
        ("sessions::find", AUTHENTICATION),
        ("sync/retirement::missing", JOBS),
        ("testkit::read", "tests read the whole database"),
        ("tokens::recognize", AUTHENTICATION),
    ];
    let mut found: Vec<_> = store_functions()
        .into_iter()
        .filter(|function| names(&function.arguments, "Db") && function.body.contains("with_conn!"))
        .map(|function| function.name)
        .collect();
    found.sort();
    let expected: Vec<_> = expected.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, expected, "reads for callers take a Reader; other reads must be in this list");
}

#[test]
fn crates_depend_only_on_lower_crates() {
    let allowed: [(&str, &[&str]); 6] = [
        ("core", &[]),
        ("connector-testkit", &["seatgraph-core"]),
        ("salesforce-simulator", &[]),
        ("salesforce-connector", &["seatgraph-core"]),
        ("store", &["seatgraph-core"]),
        ("engine", &["seatgraph-core", "seatgraph-store"]),
    ];
    let ours =
        ["connector-testkit", "seatgraph-core", "seatgraph-store", "seatgraph-engine", "seatgraph.", "salesforce-"];
    for (name, may) in allowed {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("\n[dependencies]").nth(1).unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies.lines() {
            let is_ours = ours.iter().any(|name| line.starts_with(name));
            assert!(!is_ours || may.iter().any(|allowed| line.starts_with(allowed)), "{name} may not depend on {line}");
        }
    }
}

#[test]
fn a_mutation_is_named_only_in_its_table() {
    let schema = fs::read_to_string(root().join("graphql/schema.graphql")).unwrap();
    let mutations = schema.split("type Mutation {").nth(1).unwrap().split("\n}").next().unwrap();
    let names: Vec<_> = mutations
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.strip_suffix("("))
        .collect();
    assert!(names.len() > 20 && names.contains(&"startSync"), "{names:?}");
    for name in names {
        let literal = format!("{name:?}");
        let elsewhere: Vec<_> = sources("crates")
            .into_iter()
            .filter(|(path, text)| path.contains("/src/") && code(text).any(|line| line.contains(&literal)))
            .map(|(path, _)| path)
            .collect();
        assert!(
            elsewhere.is_empty(),
            "derive it from schema/mutation.rs instead of writing {literal} in {elsewhere:?}"
        );
    }
}

#[test]
fn a_file_has_a_doc_comment_and_a_limited_size() {
    let mut faults = Vec::new();
    for (path, text) in sources("crates").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        if !text.starts_with("//!") {
            faults.push(format!("{path} has no doc comment"));
        }
        if lines > 500 {
            faults.push(format!("{path} has {lines} lines"));
        }
        if path.ends_with("/mod.rs") {
            faults.push(format!("{path}: use a file with the name of the module"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Every file of the target whose root is `file`, by its `mod` lines.
fn modules(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let (folder, stem) = (file.parent().unwrap(), file.file_stem().unwrap());
    let mut files = vec![file.to_owned()];
    let mut path = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            let beside = folder.join(format!("{name}.rs"));
            let below = folder.join(stem).join(format!("{name}.rs"));
            let usual = if beside.exists() { beside } else { below };
            files.extend(modules(&path.map_or(usual, |path: &str| folder.join(path))));
        }
        path = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]"));
    }
    files
}

/// The roots of a package's test targets with `harness = false`.
fn targets_without_libtest(package: &Path) -> Vec<PathBuf> {
    let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
    let sections = manifest.split("[[test]]").skip(1).map(|section| section.split("\n[").next().unwrap());
    let value = |section: &str, key: &str| {
        let line = section.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
        line.map(|value| value.trim().trim_matches('"').to_owned())
    };
    let root = |section: &str| match (value(section, "path"), value(section, "name").unwrap()) {
        (Some(path), _) => package.join(path),
        (None, name) => {
            let file = package.join(format!("tests/{name}.rs"));
            if file.exists() { file } else { package.join(format!("tests/{name}/main.rs")) }
        }
    };
    sections.filter(|section| value(section, "harness").as_deref() == Some("false")).map(root).collect()
}

#[test]
fn a_test_target_without_libtest_has_no_test_that_only_libtest_runs() {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let packages = crates.chain([root().join("tests")]);
    let targets: Vec<_> = packages.flat_map(|package| targets_without_libtest(&package)).collect();
    assert!(targets.len() >= 7, "{targets:?}");
    for file in targets.iter().flat_map(|target| modules(target)) {
        let text = fs::read_to_string(&file).unwrap();
        let attributes = ["#[test]", "#[tokio::test]", "#[tokio::test("];
        let is_test = |line: &str| attributes.iter().any(|attribute| line.trim_start().starts_with(attribute));
        assert!(!code(&text).any(is_test), "{}: a #[test] of this target never runs", file.display());
    }
}

#[test]
fn no_test_waits_on_the_clock() {
    let sleeps = ["thread::sleep", "time::sleep("];
    let sleepers: Vec<_> = sources("tests")
        .into_iter()
        .chain(sources("crates").into_iter().filter(|(path, _)| path.contains("/tests/")))
        .filter(|(path, text)| {
            !path.ends_with("architecture.rs") && code(text).any(|line| sleeps.iter().any(|sleep| line.contains(sleep)))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(sleepers.is_empty(), "tests must not sleep: {sleepers:#?}");
}
