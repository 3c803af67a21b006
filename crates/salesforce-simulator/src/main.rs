//! The simulator as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    salesforce_simulator::cli::run()
}
