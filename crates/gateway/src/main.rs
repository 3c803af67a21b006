//! The `seatgraph` binary; everything it does is in the library, so that tests can wrap the same entry.

use std::process::ExitCode;

fn main() -> ExitCode {
    seatgraph::cli::main()
}
