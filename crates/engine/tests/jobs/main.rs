//! What the worker promises for jobs of every kind, on both backends. The kinds are made for the tests.
//!
//! Each promise has a control: the same scenario without the mechanism, which then goes wrong.

#![cfg(test)]

mod claims;
mod failures;
mod harness;
mod kinds;
mod prune;
mod queue;
mod schedule;
mod suspension;

use std::process::ExitCode;

use seatgraph_store::testkit;

fn main() -> ExitCode {
    if suspension::ran_as_child() {
        return ExitCode::SUCCESS;
    }
    testkit::run([
        claims::tests(),
        failures::tests(),
        prune::tests(),
        queue::tests(),
        schedule::tests(),
        suspension::tests(),
    ])
}

seatgraph_store::refuse_harness!();
