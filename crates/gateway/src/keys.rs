//! `seatgraph keys rotate`: another key seals from now on, while gateways serve.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use seatgraph_engine::access::Subject;
use seatgraph_store::Sealer;

use crate::config::Config;
use crate::{gateway, tokens};

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Makes a new key, seals every secret with it, and forgets the keys before the last one. With keys from the
    /// environment, put the new key first everywhere and then run this.
    Rotate,
}

pub(crate) async fn run(command: Keys, config: &Config) -> anyhow::Result<()> {
    let Keys::Rotate = command;
    let engine = gateway::engine(config).await?;
    let rotating = engine.rotate_keys();
    let rotated = tokens::done(engine.audited(&gateway::operator(), "keys rotate", Subject::Gateway, rotating).await)?;
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

/// Reads the keys from where the configuration says.
pub(crate) fn sealer(config: &Config) -> anyhow::Result<Sealer> {
    match &config.key {
        Some(keys) => Sealer::from_base64(keys).context("key"),
        None => {
            let path = config.key_path();
            Sealer::from_key_file(&path).with_context(|| format!("key_file: {}", path.display()))
        }
    }
}
