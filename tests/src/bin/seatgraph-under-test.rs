//! The gateway's binary for tests that kill it. Cargo builds only the binaries of this package for tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    seatgraph::cli::main()
}
