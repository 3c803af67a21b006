//! SOQL: from text to a plan against the schema, and from a plan to rows.

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
