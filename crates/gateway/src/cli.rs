//! The commands: `demo`, `serve`, `work`, `migrate`, `keys`, `adopt`, `token`, `audit`, `schema`.

mod adopt;
mod audit;
mod keys;
mod offline;
pub mod token;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::audit::Audit;
use self::keys::Keys;
use self::token::Tokens;
use crate::config::Config;
use crate::gateway::{Gateway, Role};
use crate::shutdown::stop_signal;
use crate::{database, schema, telemetry};

#[derive(Debug, Parser)]
#[command(name = "seatgraph", version, about = "A GraphQL gateway for SaaS licence management")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a gateway with a simulated Salesforce organisation, which it connects and syncs.
    #[cfg(feature = "demo")]
    Demo(crate::demo::Options),
    /// Serves requests and runs jobs.
    Serve(Configured),
    /// Runs jobs only, in addition to a gateway that serves requests. Requires PostgreSQL.
    Work(Configured),
    /// Migrates the database and exits.
    Migrate(Configured),
    /// Manages the encryption keys.
    Keys {
        #[command(subcommand)]
        command: Keys,
        #[command(flatten)]
        configured: Configured,
    },
    /// Takes over a database that was restored or copied from another installation. The gateway calls vendors again.
    Adopt {
        /// Reason, recorded in the audit log.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        configured: Configured,
    },
    /// Creates and revokes API tokens.
    Token {
        #[command(subcommand)]
        command: Tokens,
        #[command(flatten)]
        configured: Configured,
    },
    /// Verifies or exports the audit log.
    Audit {
        #[command(subcommand)]
        command: Audit,
        #[command(flatten)]
        configured: Configured,
    },
    /// Prints the GraphQL schema.
    Schema,
}

#[derive(Debug, clap::Args)]
struct Configured {
    /// Configuration file (TOML).
    #[arg(long, env = "SEATGRAPH_CONFIG", global = true)]
    config: Option<PathBuf>,
}

/// Runs the command of the command line, and writes an error to standard error.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("the operating system provides threads and a poller");
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "seatgraph: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        #[cfg(feature = "demo")]
        Command::Demo(options) => crate::demo::run(options).await,
        Command::Serve(configured) => run_gateway(&configured, Role::Serve).await,
        Command::Work(configured) => run_gateway(&configured, Role::Work).await,
        Command::Migrate(configured) => {
            database::open(&Config::load(configured.config.as_deref())?).await?;
            Ok(())
        }
        Command::Keys { command, configured } => keys::run(command, &Config::load(configured.config.as_deref())?).await,
        Command::Adopt { reason, configured } => {
            adopt::run(&Config::load(configured.config.as_deref())?, &reason).await
        }
        Command::Token { command, configured } => {
            token::run(command, &Config::load(configured.config.as_deref())?).await
        }
        Command::Audit { command, configured } => {
            audit::run(command, &Config::load(configured.config.as_deref())?).await
        }
        Command::Schema => Ok(std::io::stdout().write_all(schema::sdl().as_bytes())?),
    }
}

async fn run_gateway(configured: &Configured, role: Role) -> anyhow::Result<()> {
    let config = Config::load(configured.config.as_deref())?;
    telemetry::start_log(&config.log)?;
    let mut gateway = Gateway::start(config, role).await?;
    if let Some(address) = gateway.address() {
        writeln!(std::io::stdout(), "GraphiQL: http://{address}/")?;
    }
    let stop_signal = stop_signal()?;
    tokio::select! {
        () = stop_signal => {
            gateway.stop().await;
            Ok(())
        }
        ended = gateway.ended() => ended,
    }
}
