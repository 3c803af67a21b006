//! `seatgraph keys rotate`: replaces the encryption key while gateways are running.

use std::io::Write;

use clap::Subcommand;
use seatgraph_engine::access::CommandTarget;

use super::offline;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Creates a key, encrypts every secret with it, and deletes all older keys except the previous one. With keys from
    /// the environment, first put the new key in the first position on every machine.
    Rotate,
}

pub(crate) async fn run(command: Keys, config: &Config) -> anyhow::Result<()> {
    let Keys::Rotate = command;
    let engine = offline::engine(config).await?;
    let rotated = offline::run(&engine, "keys rotate", CommandTarget::Gateway, engine.rotate_keys()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "keys: {} secrets were re-encrypted", rotated.resealed)?;
    if rotated.in_file {
        writeln!(out, "keys: the new key and the one before it are in {}", config.key_path().display())?;
    } else {
        writeln!(
            out,
            "keys: remove the other keys from SEATGRAPH_KEY on every machine, once every gateway has the new key first"
        )?;
    }
    Ok(())
}
