//! The simulator's binary for tests in which it must outlive a killed gateway.

use std::process::ExitCode;

fn main() -> ExitCode {
    salesforce_simulator::cli::run()
}
