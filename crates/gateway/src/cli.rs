//! The commands: `demo`, `serve`, `work`, `migrate`, `keys`, `adopt`, `token`, `audit`,
//! `schema`.

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
use crate::shutdown::asked_to_stop;
use crate::{database, schema, telemetry};

#[derive(Debug, Parser)]
#[command(name = "seatgraph", version, about = "A GraphQL gateway for SaaS licence management")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a gateway beside a simulated Salesforce organisation, connects and syncs it, and serves.
    #[cfg(feature = "demo")]
    Demo(crate::demo::Options),
    /// Answers requests and does the work.
    Serve(Configured),
    /// Does the work only, beside a gateway that serves; needs PostgreSQL.
    Work(Configured),
    /// Brings the database up to date and ends.
    Migrate(Configured),
    /// Changes the keys that secrets are sealed with.
    Keys {
        #[command(subcommand)]
        command: Keys,
        #[command(flatten)]
        configured: Configured,
    },
    /// Takes over a database that was put back or comes from another installation: from now on vendors are touched.
    Adopt {
        /// Why; the audit log keeps it.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        configured: Configured,
    },
    /// Makes and revokes API tokens.
    Token {
        #[command(subcommand)]
        command: Tokens,
        #[command(flatten)]
        configured: Configured,
    },
    /// Verifies the audit log, and writes it out.
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
    /// The configuration file (TOML).
    #[arg(long, env = "SEATGRAPH_CONFIG", global = true)]
    config: Option<PathBuf>,
}

/// Reads the command line, does what it says, and reports an error on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("the operating system lends threads and a poller");
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
        Command::Serve(configured) => work(&configured, Role::Serve).await,
        Command::Work(configured) => work(&configured, Role::Work).await,
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

async fn work(configured: &Configured, role: Role) -> anyhow::Result<()> {
    let config = Config::load(configured.config.as_deref())?;
    telemetry::start_log(&config.log)?;
    let mut gateway = Gateway::start(config, role).await?;
    if let Some(address) = gateway.address() {
        writeln!(std::io::stdout(), "GraphiQL: http://{address}/")?;
    }
    let asked_to_stop = asked_to_stop()?;
    tokio::select! {
        () = asked_to_stop => {
            gateway.stop().await;
            Ok(())
        }
        ended = gateway.ended() => ended,
    }
}
