//! The gateway's binary once more, for tests that must kill it: Cargo builds the binaries of this package alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    seatgraph::cli::main()
}
