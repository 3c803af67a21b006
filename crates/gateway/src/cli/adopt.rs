//! `seatgraph adopt`: takes over a database that was restored or copied from another installation.

use std::io::Write;

use seatgraph_engine::access::CommandTarget;

use super::offline;
use crate::config::Config;

pub(super) async fn run(config: &Config, reason: &str) -> anyhow::Result<()> {
    let (engine, identity) = (offline::engine(config).await?, config.identity());
    offline::run(&engine, "adopt", CommandTarget::Gateway, engine.adopt(&identity, reason)).await?;
    writeln!(std::io::stdout(), "adopted: running gateways continue within a minute")?;
    Ok(())
}
