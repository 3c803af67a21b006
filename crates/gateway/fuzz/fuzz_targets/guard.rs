//! The edge accepts or refuses any document and any variables, without a panic.
//!
//! Only files of the edge are compiled, so that a run in CI takes seconds. The input is a document, a NUL, and variables as
//! JSON.

#![no_main]
#![allow(dead_code, reason = "only a part of these files is used")]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;

#[path = "../../src/edge/allow_list.rs"]
mod allow_list;
#[path = "../../src/edge/coerce.rs"]
mod coerce;
#[path = "../../src/edge/compiler_texts.rs"]
mod compiler_texts;
#[path = "../../src/edge/convert.rs"]
mod convert;
#[path = "../../src/edge/cost.rs"]
mod cost;
#[path = "../../src/edge/cost_rule.rs"]
mod cost_rule;
#[path = "../../src/edge/document.rs"]
mod document;
#[path = "../../src/edge/hints.rs"]
mod hints;
#[path = "../../src/edge/input_checks.rs"]
mod input_checks;
#[path = "../../src/edge/introspection.rs"]
mod introspection;
#[path = "../../src/edge/limits.rs"]
mod limits;
#[path = "../../src/edge/order.rs"]
mod order;
#[path = "../../src/edge/params.rs"]
mod params;
#[path = "../../src/edge/persisted.rs"]
mod persisted;
#[path = "../../src/edge/refusal.rs"]
mod refusal;
#[path = "../../src/edge/structure.rs"]
mod structure;

use document::Documents;
use limits::Limits;
use params::Params;

static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| {
    let sdl = include_str!("../../../../graphql/schema.graphql");
    let schema = introspection::schema(sdl).expect("the committed schema is valid");
    // A cache that holds nothing, so that each input is validated.
    Documents::new(Arc::new(schema), Limits { cache_bytes: 1, ..Limits::default() }, None)
});

fuzz_target!(|input: &str| {
    let (query, variables) = input.split_once('\0').unwrap_or((input, "{}"));
    let variables = serde_json::from_str(variables).unwrap_or_default();
    let params = Params { query: Some(query.to_owned()), variables, ..Params::default() };
    let limits = Limits::default();
    let Ok(selected) = futures::executor::block_on(DOCUMENTS.select(params)) else { return };
    assert!(selected.cost <= limits.cost, "an operation of cost {} was accepted", selected.cost);
});
