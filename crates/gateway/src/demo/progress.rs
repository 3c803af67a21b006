//! Progress of the first sync: one updated line on a terminal, otherwise plain lines.

use std::io::{IsTerminal, Write};

use futures::StreamExt;
use seatgraph_engine::{By, Engine};
use seatgraph_store::{EventBody, ProfileId, RunState, Status};

/// Prints the progress of the current run of the profile until it ends.
pub(super) async fn show(engine: &Engine, profile: ProfileId) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let live = out.is_terminal();
    let mut events = std::pin::pin!(engine.progress(By::Profile(profile), Some(0)));
    let mut last = String::new();
    while let Some(event) = events.next().await {
        let Some(line) = line(&event?.event.body) else { continue };
        if line == last {
            continue;
        }
        if live && !line.ends_with('.') {
            write!(out, "\r\x1b[2K{line}")?;
        } else {
            writeln!(out, "{}{line}", if live { "\r\x1b[2K" } else { "" })?;
        }
        out.flush()?;
        last = line;
    }
    Ok(())
}

fn line(body: &EventBody) -> Option<String> {
    match body {
        EventBody::State(Status { state, substate, reason }) => {
            let state = RunState::from_job(*state, substate.as_deref());
            let reason = reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            Some(format!("sync: {}{reason}.", state.as_str().to_lowercase().replace('_', " ")))
        }
        EventBody::Stage { stage, counts } => {
            let total = stage.total.map(|total| format!(" of {total}")).unwrap_or_default();
            Some(format!(
                "sync: {} {}{total} rows; {} accounts, {} subscriptions",
                stage.name, stage.done, counts.accounts_seen, counts.subscriptions_seen
            ))
        }
        EventBody::Finding { finding } => Some(format!("finding: {} {}.", finding.message, finding.remedy)),
        EventBody::Progress(_) | EventBody::Unknown => None,
    }
}
