//! The processes that are measured, each on its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use salesforce_simulator::{Settings, Simulator};
use seatgraph::cli::token::New;
use seatgraph_store::Role;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The file with the gateway's sealing key.
pub(crate) fn key_file(folder: &Path) -> PathBuf {
    folder.join("seatgraph.key")
}

/// The token with which the bench drives the gateway.
pub(crate) fn administrator() -> New {
    New { name: "bench".to_owned(), roles: vec![Role::Admin], profiles: Vec::new(), expires: None }
}

/// A process and the lines it prints.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// This program again, as the simulator.
    pub(crate) fn simulator(users: u32) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(crate::SIMULATOR, users.to_string());
        Self::start(command)
    }

    /// The gateway's own binary on `database`.
    pub(crate) fn gateway(database: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatgraph"));
        command
            .arg("serve")
            .env("SEATGRAPH_DATABASE__URL", database)
            .env("SEATGRAPH_LISTEN", "127.0.0.1:0")
            .env("SEATGRAPH_KEY_FILE", key_file(folder))
            .env("SEATGRAPH_ENGINE__LOOPBACK_VENDORS", "true")
            .env("SEATGRAPH_LOG__LEVEL", "error");
        Self::start(command)
    }

    fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        Ok(Self { child, lines: BufReader::new(stdout).lines() })
    }

    /// Reads lines until one begins with `prefix`, and returns the rest of it.
    pub(crate) async fn line(&mut self, prefix: &str) -> anyhow::Result<String> {
        while let Some(line) = self.lines.next_line().await? {
            if let Some(rest) = line.strip_prefix(prefix) {
                return Ok(rest.trim().to_owned());
            }
        }
        anyhow::bail!("the process ended without printing `{prefix}`")
    }

    /// The most memory the process ever held, as the kernel counts it.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the process runs")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Serves an organisation until it is killed.
pub(crate) async fn simulate(users: u32) -> anyhow::Result<()> {
    let simulator = Simulator::start(Settings { users, ..Settings::default() }).await?;
    println!("url {}", simulator.url());
    println!("secret {} {}", simulator.client_id(), simulator.client_secret());
    std::future::pending().await
}
