//! The `seatgraph` binary. Its code is in the library, so that tests can wrap it.

use std::process::ExitCode;

fn main() -> ExitCode {
    seatgraph::cli::main()
}
