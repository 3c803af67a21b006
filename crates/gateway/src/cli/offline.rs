//! Runs engine commands from the command line, without a lock, on behalf of the operating system user.

use std::sync::Arc;

use seatgraph_core::SystemClock;
use seatgraph_engine::access::{CommandTarget, Principal};
use seatgraph_engine::{Actor, Audited, Denied, Engine};
use uuid::Uuid;

use crate::config::Config;
use crate::connectors::CONNECTORS;
use crate::database;

/// Creates an engine on the configured database.
pub(super) async fn engine(config: &Config) -> anyhow::Result<Engine> {
    let db = database::open(config).await?.unscoped();
    let sealer = database::sealer(config, &db).await?;
    Ok(Engine::new(db, CONNECTORS, sealer, Arc::new(SystemClock), config.engine.clone()))
}

/// Runs a command with its audit records. A refusal becomes an error.
pub(super) async fn run<T: Audited>(
    engine: &Engine,
    action: &str,
    subject: CommandTarget,
    command: impl Future<Output = Result<T, Denied>>,
) -> anyhow::Result<T> {
    let actor = Actor::new(&Principal::command_line(), "command line", &Uuid::now_v7().simple().to_string());
    engine.audited(&actor, action, subject, command).await.map_err(|denied| match denied {
        Denied::Refused(refusals) => {
            let messages: Vec<_> = refusals.into_iter().map(|refusal| refusal.message).collect();
            anyhow::anyhow!(messages.join("; "))
        }
        Denied::Failed(error) => error.into(),
    })
}
