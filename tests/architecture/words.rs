//! Names that were replaced by plain ones and must not come back.

use std::fs;

use crate::{code, names, root, sources};

/// Identifiers that code must not contain. A `!` marks a macro.
const IDENTIFIERS: &[&str] = &[
    // Gateway
    "Admitted",
    "Bill",
    "Introduction",
    "Loads",
    "RequestScope",
    "Tariff",
    "Visitor",
    "Visitors",
    "Walk",
    "carry_out",
    "farewell",
    "stranger",
    "strangers",
    // Engine
    "Deed",
    "Disposition",
    "Halt",
    "HandedBack",
    "Judgement",
    "Noted",
    "Parting",
    "Vanished",
    "Verdict",
    "Wakeups",
    "deed",
    "heed",
    "look_at_instance",
    "no_deeds",
    "portrait",
    "taints",
    "write_down",
    // Store
    "Beyond",
    "Doc",
    "ForeignKeyset",
    "Guid",
    "Holding",
    "Keyset",
    "Unsealable",
    "Word",
    "met!",
    "narrow!",
    "reservedForUs",
    "seats!",
    "seen!",
    "unmarked!",
    // Core, connectors and their tests
    "Authorities",
    "Carrier",
    "Consented",
    "Dialect",
    "Doubt",
    "Necessity",
    "Salesforcese",
    "SetupProof",
    "Shown",
    "dress",
    "hanging",
    "lives_at",
    "patience",
    "patiently",
    "tabulate",
    "unguided",
    // Simulator and tests
    "Aviary",
    "Census",
    "Law",
    "Stormy",
    "Strike",
    "World",
    "census",
    "house",
    "nowhere",
    "stories",
    "story",
    "truth",
    "weather",
];

/// Phrases that neither code nor comments nor documentation may contain.
const PHRASES: &[&str] = &["front door", "goes by", "is born"];

#[test]
fn replaced_names_do_not_come_back() {
    let documents = ["README.md", "graphql/schema.graphql"];
    let documents = documents.map(|path| (path.to_owned(), fs::read_to_string(root().join(path)).unwrap()));
    let mut faults = Vec::new();
    for (path, text) in sources("crates").into_iter().chain(sources("tests")).chain(documents) {
        if path.starts_with("tests/architecture") {
            continue;
        }
        let found = IDENTIFIERS.iter().filter(|word| code(&text).any(|line| contains(line, word)));
        let found = found.chain(PHRASES.iter().filter(|phrase| text.contains(**phrase)));
        faults.extend(found.map(|word| format!("{path}: {word}")));
    }
    assert!(faults.is_empty(), "use the plain names: {faults:#?}");
}

/// Whether a line contains an identifier as a whole word, or calls a macro. Serde has a trait `Visitor`.
fn contains(line: &str, word: &str) -> bool {
    let line = &line.replace("de::Visitor", "");
    match word.strip_suffix('!') {
        Some(name) => names(line, name) && line.contains(word),
        None => names(line, word),
    }
}

#[test]
fn words_are_found_as_whole_identifiers() {
    assert!(contains("let word: Word = 1;", "Word"));
    assert!(!contains("Keyword::from(words)", "Word"));
    assert!(contains("narrow!(query)", "narrow!"));
    assert!(!contains("self.narrow(query)", "narrow!"));
}
