//! `seatgraph keys rotate`: another key seals from now on, while gateways serve.

use std::io::Write;

use clap::Subcommand;
use seatgraph_engine::access::CommandTarget;

use super::offline;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Makes a new key, seals every secret with it, and forgets the keys before the last one. With keys from the
    /// environment, put the new key first everywhere and then run this.
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
            "keys: the later keys in SEATGRAPH_KEY can be removed, everywhere, once no gateway has them first"
        )?;
    }
    Ok(())
}
