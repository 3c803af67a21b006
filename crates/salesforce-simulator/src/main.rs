//! The simulator as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    salesforce_simulator::cli::run()
}
