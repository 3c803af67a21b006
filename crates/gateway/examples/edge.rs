//! The edge with the small schema of its tests, for tests with third-party clients.
//!
//! `cargo run -p seatgraph --example edge [PORT]` prints its address as soon as it listens.

use std::io::Write;

use seatgraph::edge::Settings;
use tokio::net::TcpListener;

#[path = "../tests/edge/schema.rs"]
mod schema;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    let router = schema::edge(schema::Controls::default(), Settings::default()).router();
    Ok(axum::serve(listener, router).await?)
}
