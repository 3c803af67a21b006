//! The command line: `salesforce-simulator --users 5000 --seed 7 --port 0`.

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Error, Settings, Simulator};

/// A simulator of a Salesforce organisation.
#[derive(Parser)]
#[command(name = "salesforce-simulator", version)]
struct Arguments {
    /// The number of users.
    #[arg(long, default_value_t = 5000)]
    users: u32,
    /// The seed of all generated data.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The port on the loopback address; 0 selects a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The time to which all dates are relative, for example 2026-11-24T10:00:00Z; the default is the current hour.
    #[arg(long)]
    now: Option<DateTime<Utc>>,
    /// A callback URL for the authorization code flow; can be repeated.
    #[arg(long = "callback")]
    callbacks: Vec<String>,
    /// A file with the certificate of the app in PEM, which enables the JWT bearer flow.
    #[arg(long)]
    certificate: Option<PathBuf>,
}

/// Runs the program until SIGINT or SIGTERM, and returns the exit code.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(tracing::Level::WARN).init();
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Process)
        .and_then(|runtime| runtime.block_on(serve(arguments)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the simulator ended");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Error> {
    let mut interrupted = signal(SignalKind::interrupt()).map_err(Error::Process)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(Error::Process)?;
    let mut settings = Settings {
        users: arguments.users,
        seed: arguments.seed,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)),
        ..Settings::default()
    };
    settings.now = arguments.now.unwrap_or(settings.now);
    settings.callbacks.extend(arguments.callbacks);
    if let Some(path) = arguments.certificate {
        settings.certificate = Some(fs::read_to_string(&path).map_err(|source| Error::File { path, source })?);
    }
    let simulator = Simulator::start(settings).await?;
    announce(&simulator).map_err(Error::Process)?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    simulator.shutdown().await;
    Ok(())
}

fn announce(simulator: &Simulator) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Salesforce simulator: {}", simulator.url())?;
    writeln!(out, "client id: {}", simulator.client_id())?;
    writeln!(out, "client secret: {}", simulator.client_secret())?;
    out.flush()
}
