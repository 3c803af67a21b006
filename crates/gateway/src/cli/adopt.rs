//! `seatgraph adopt`: takes a database over that was restored or comes from another installation.

use std::io::Write;

use seatgraph_engine::access::CommandTarget;

use super::offline;
use crate::config::Config;

pub(super) async fn run(config: &Config, reason: &str) -> anyhow::Result<()> {
    let (engine, identity) = (offline::engine(config).await?, config.identity());
    offline::run(&engine, "adopt", CommandTarget::Gateway, engine.adopt(&identity, reason)).await?;
    writeln!(std::io::stdout(), "adopted: running gateways take up their work within a minute")?;
    Ok(())
}
