//! `seatgraph audit`: verifies and exports the audit log.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use seatgraph_store::audit;

use crate::config::Config;
use crate::database;

/// Number of rows that are exported at once.
const BATCH: i64 = 1000;

/// Commands for the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verifies every entry. Exits with 1 and names the entry if one was changed, moved, removed or inserted.
    Verify {
        /// Head that an earlier verification printed, to detect truncation or replacement since then. Default: the head
        /// in the instance file.
        #[arg(long)]
        head: Option<String>,
    },
    /// Writes the log to standard output, one JSON object per line, oldest first.
    Export {
        /// Export only entries after this sequence number.
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
            let events = audit::after(&db, after, BATCH).await?;
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
