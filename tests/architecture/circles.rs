//! Import circles: sibling modules of one crate that import each other, directly or through others.
//!
//! Modules are files; imports are `use` declarations outside of tests. An import of a descendant counts for the sibling
//! that contains it. Imports between a module and its own descendants are not circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources;

/// A module as the path from its crate's root: `["edge", "cost"]`.
type Module = Vec<String>;

/// The circles of the crate in `folder`, each as its parent and the names of its modules in alphabetical order.
fn circles(folder: &str) -> Vec<String> {
    let files: Vec<_> = sources(folder).into_iter().map(|(path, text)| (module_of(folder, &path), text)).collect();
    let modules: BTreeSet<Module> = files.iter().map(|(module, _)| module.clone()).collect();
    let mut imports: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, text) in files.iter().filter(|(module, _)| module.last().is_none_or(|name| name != "tests")) {
        for path in imported(text) {
            let Some(target) = resolve(module, &path, &modules) else { continue };
            let common = module.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (module.get(common), target.get(common)) {
                let siblings = imports.entry(module[..common].to_vec()).or_default();
                siblings.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let found = imports.iter().flat_map(|(parent, graph)| components(graph).into_iter().map(move |c| (parent, c)));
    found.map(|(parent, names)| format!("{}: {}", name(parent), names.join(" ↔ "))).collect()
}

fn name(parent: &[String]) -> String {
    if parent.is_empty() { "crate".to_owned() } else { parent.join("::") }
}

fn module_of(folder: &str, path: &str) -> Module {
    let path = path.trim_start_matches(folder).trim_start_matches('/').trim_end_matches(".rs");
    if ["lib", "main"].contains(&path) { Module::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The paths that `use` declarations name, groups spread out, up to the tests of the file.
fn imported(text: &str) -> Vec<Vec<String>> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let line_start = rest[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = rest[line_start..at].trim();
        rest = &rest[at + "use ".len()..];
        if before.is_empty() || before.starts_with("pub") {
            let declaration = rest.split(';').next().unwrap_or_default();
            spread(&[], declaration, &mut paths);
        }
    }
    paths
}

fn spread(prefix: &[String], tree: &str, paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let (head, group) = match tree.split_once('{') {
        Some((head, group)) => (head, Some(group.trim_end().trim_end_matches('}'))),
        None => (tree.split(" as ").next().unwrap_or_default(), None),
    };
    let mut path = prefix.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    match group {
        None => paths.push(path),
        Some(group) => split_group(group).into_iter().for_each(|tree| spread(&path, tree, paths)),
    }
}

/// Splits at the commas that stand outside of inner groups.
fn split_group(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The module that holds what `path` names, seen from `module`; `None` for other crates.
fn resolve(module: &[String], path: &[String], modules: &BTreeSet<Module>) -> Option<Module> {
    let mut at = match path.first()?.as_str() {
        "crate" => Module::new(),
        "self" | "super" => module.to_vec(),
        child => {
            let inside: Module = module.iter().cloned().chain([child.to_owned()]).collect();
            modules.contains(&inside).then(|| module.to_vec())?
        }
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            part => {
                at.push(part.to_owned());
                if !modules.contains(&at) {
                    at.pop();
                    break;
                }
            }
        }
    }
    Some(at)
}

/// Groups of two or more that reach each other.
fn components(graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|from| (from, reach(graph, from))).collect();
    let mut groups = BTreeSet::new();
    for (from, targets) in &reached {
        if targets.contains(from) {
            let back = |other: &&&String| reached.get(*other).is_some_and(|targets| targets.contains(from));
            groups.insert(targets.iter().filter(back).map(ToString::to_string).collect::<Vec<_>>());
        }
    }
    groups.into_iter().collect()
}

fn reach<'a>(graph: &'a BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<_> = graph.get(from).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(graph.get(next).into_iter().flatten());
        }
    }
    found
}

/// Asserts that a crate has these circles and no others. The lists only shrink: a broken circle leaves its list.
fn assert_circles(folder: &str, known: &[&str]) {
    assert_eq!(circles(folder), known, "import circles of {folder}");
}

#[test]
fn the_gateway_has_no_import_circles_but_the_known_ones() {
    let known = [
        // These are the types of the graph, and they refer to each other as the graph does: a profile has accounts, an
        // account has its profile. Resolvers return the types, so neither side of a relation can do without the other.
        "schema: account ↔ alias ↔ delegated_link ↔ event ↔ model ↔ pool ↔ profile ↔ run ↔ subscription_row",
    ];
    assert_circles("crates/gateway/src", &known);
}

#[test]
fn the_store_has_no_import_circles() {
    assert_circles("crates/store/src", &[]);
}

#[test]
fn the_connector_and_its_contract_have_no_import_circles() {
    assert_circles("crates/core/src", &[]);
    assert_circles("crates/salesforce-connector/src", &[]);
}

#[test]
fn the_simulator_has_no_import_circles() {
    assert_circles("crates/salesforce-simulator/src", &[]);
}

#[test]
fn the_engine_has_no_import_circles() {
    assert_circles("crates/engine/src", &[]);
}

#[test]
fn groups_are_spread_and_tests_are_left_out() {
    let text =
        "use std::fmt;\npub(crate) use super::{a::B, c::{D, self}, e as f};\n#[cfg(test)]\nmod tests {\nuse x::Y;\n}";
    let paths: Vec<_> = imported(text).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["std::fmt", "super::a::B", "super::c::D", "super::c::self", "super::e"]);
}

#[test]
fn modules_that_reach_each_other_are_one_circle() {
    let graph = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")];
    let graph = graph.map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()]))).into();
    assert_eq!(components(&graph), [["a", "b", "c"]]);
}
