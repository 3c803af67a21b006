//! A binary under test in its own process.

use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A running binary and the lines it prints.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `program`. It is killed when the value is dropped.
    ///
    /// # Errors
    /// If the operating system reports an error.
    pub fn start(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| program.to_owned())?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        Ok(Self { child, lines: BufReader::new(stdout).lines() })
    }

    /// Reads one line.
    ///
    /// # Errors
    /// At the end of the output.
    pub async fn next_line(&mut self) -> anyhow::Result<String> {
        self.lines.next_line().await?.context("the process prints nothing more")
    }

    /// Waits until the process ends by itself, and returns its exit code.
    ///
    /// # Errors
    /// If the process was terminated by a signal.
    pub async fn exit_code(mut self) -> anyhow::Result<i32> {
        self.child.wait().await?.code().context("the process ended by itself")
    }

    /// Reads lines until one begins with `prefix`, and returns the rest of it.
    ///
    /// # Errors
    /// At the end of the output.
    pub async fn line(&mut self, prefix: &str) -> anyhow::Result<String> {
        while let Some(line) = self.lines.next_line().await? {
            if let Some(rest) = line.strip_prefix(prefix) {
                return Ok(rest.trim().to_owned());
            }
        }
        anyhow::bail!("the process ended without printing `{prefix}`: {:?}", self.child.wait().await?)
    }

    /// Kills the process like `kill -9` and waits for its end.
    ///
    /// # Errors
    /// If the operating system reports an error.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Sends a signal by its name, `INT` for example, and returns the exit code.
    ///
    /// # Errors
    /// If the process ended without one.
    pub async fn signal(mut self, signal: &str) -> anyhow::Result<i32> {
        let id = self.child.id().context("the process runs")?;
        let sent = Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status().await?;
        anyhow::ensure!(sent.success(), "kill -{signal} {id}");
        self.child.wait().await?.code().context("the process ended by itself")
    }
}
