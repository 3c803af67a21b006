//! SOQL: parses a query, binds it to the schema as a plan, and runs the plan.

mod ast;
mod bind;
mod filter;
mod lexer;
mod narrow;
mod parser;
pub(crate) mod path;
pub(crate) mod plan;
pub(crate) mod render;
pub(crate) mod run;
mod selection;

pub(crate) use bind::{prepare, prepare_bulk};
#[cfg(fuzzing)]
pub(crate) use parser::parse;
