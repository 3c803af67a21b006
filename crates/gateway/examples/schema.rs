//! Prints the schema that is in force: `cargo run -p seatgraph --example schema > graphql/schema.graphql`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(seatgraph::schema::sdl().as_bytes())
}
