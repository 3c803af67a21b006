//! `seatgraph audit`: proves that the audit log is whole, and writes it out.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use seatgraph_store::audit;

use crate::config::Config;
use crate::database;

/// Rows are written out in pieces of so many.
const PIECE: i64 = 1000;

/// What is done with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verifies every entry; ends with 1 and says where when one was changed, moved, taken out or put in.
    Verify {
        /// A head that an earlier verification printed: shows whether the log was cut off or replaced since. The one
        /// that the installation's mark remembers, unless said otherwise.
        #[arg(long)]
        head: Option<String>,
    },
    /// Writes the log to standard output, one JSON object a line, the oldest first.
    Export {
        /// Only entries after this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
}

pub(crate) async fn run(command: Audit, config: &Config) -> anyhow::Result<()> {
    let db = database::open(config).await?.unscoped();
    let mut out = std::io::stdout().lock();
    match command {
        Audit::Verify { head } => {
            let head = match head {
                Some(head) => Some(head),
                None => config.identity().audit_head()?,
            };
            let verified = audit::verify(&db, &config.sealer()?, head.as_deref()).await?;
            let verified = verified.context("the audit log was tampered with")?;
            writeln!(out, "audit: {} entries, all as they were written", verified.events)?;
            writeln!(out, "head: {}", verified.head)?;
        }
        Audit::Export { mut after } => loop {
            let events = audit::after(&db, after, PIECE).await?;
            let Some(last) = events.last() else { break };
            after = last.sequence;
            for event in &events {
                serde_json::to_writer(&mut out, event)?;
                writeln!(out)?;
            }
        },
    }
    Ok(())
}
