//! `seatgraph demo`: a gateway, a SQLite file and a simulated Salesforce organisation, connected and synced.

mod api;
mod progress;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context;
use salesforce_simulator::{Settings, Simulator};

use crate::config::{Config, LogSettings};
use crate::gateway::{Gateway, Role};
use crate::shutdown::stop_signal;
use crate::telemetry;

/// Options of the demo. All are optional.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Folder of the database. An existing database is reused. Default: a temporary folder.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Number of users of the simulated organisation.
    #[arg(long, default_value_t = 5000)]
    users: u32,
    /// Seed of the organisation. The same seed gives the same organisation.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Port of the gateway. 0 selects a free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// Runs the demo until a stop signal.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    telemetry::start_log(&LogSettings { level: "warn".to_owned(), ..LogSettings::default() })?;
    let stop_signal = stop_signal()?;
    let temporary = match options.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("seatgraph-demo-").tempdir()?),
    };
    let folder = options.data.as_deref().or(temporary.as_ref().map(tempfile::TempDir::path));
    let folder = folder.expect("a folder was named or made");
    std::fs::create_dir_all(folder).with_context(|| format!("--data {}", folder.display()))?;

    let settings = Settings { users: options.users, seed: options.seed, ..Settings::default() };
    let simulator = Simulator::start(settings).await.context("the simulated organisation")?;
    let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)), ..Config::default() };
    config.engine.loopback_vendors = true;
    config.database.url = folder.join("seatgraph.db").to_string_lossy().into_owned();
    let gateway = Gateway::start(config, Role::Demo).await?;
    let address = gateway.address().expect("a gateway that serves listens");
    let mut out = std::io::stdout();
    writeln!(out, "GraphiQL: http://{address}/")?;
    writeln!(out, "Whoever opens it on this machine is signed in as `demo` and may do everything.")?;
    writeln!(out, "Salesforce simulator: {} ({} users)", simulator.url(), options.users)?;
    out.flush()?;

    let first_sync = async {
        let profile = api::Api::new(address).connect(&simulator).await?;
        progress::show(gateway.engine(), profile).await?;
        writeln!(std::io::stdout(), "\n{}", what_to_try(address)).context("standard output")
    };
    let ended = tokio::select! {
        () = stop_signal => Ok(()),
        failed = async {
            first_sync.await?;
            std::future::pending::<anyhow::Result<()>>().await
        } => failed,
    };
    gateway.stop().await;
    simulator.shutdown().await;
    ended
}

fn what_to_try(address: SocketAddr) -> String {
    format!(
        "Try in GraphiQL (http://{address}/), each a ready tab:\n\
         \x20 subscriptions      who holds which subscription, and when each was last used\n\
         \x20 never-active       paid for, never logged in\n\
         \x20 start-sync         sync again, while sync-progress streams it live\n\
         Ctrl-C ends the demo."
    )
}
