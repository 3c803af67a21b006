//! What the same pages and rows cost without us: `curl` and `\copy`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::api::Vendor;

/// The tables that a sync fills per user.
const TABLES: [&str; 3] = ["accounts", "subscriptions", "activities"];

/// The floor of one sync.
pub(crate) struct Floor {
    pub(crate) pages: usize,
    pub(crate) curl: Duration,
    pub(crate) copy: Duration,
}

/// A database of its own on the server, dropped at the end.
pub(crate) struct Database {
    server: String,
    name: String,
    pub(crate) url: String,
}

impl Database {
    pub(crate) fn create(server: &str) -> anyhow::Result<Self> {
        let name = format!("seatgraph_bench_{}", uuid::Uuid::now_v7().simple());
        psql(server, &format!("CREATE DATABASE {name}"))?;
        let (base, _) = server.rsplit_once('/').context("the server's address ends in a database")?;
        Ok(Self { server: server.to_owned(), url: format!("{base}/{name}"), name })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = psql(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if let Err(error) = dropped {
            eprintln!("{error:#}");
        }
    }
}

/// Measures both halves, one after the other.
pub(crate) async fn measure(database: &Database, vendor: &Vendor, folder: &Path) -> anyhow::Result<Floor> {
    let reads = vendor.reads().await?;
    let token = vendor.token().await?;
    let config = folder.join("curl.conf");
    let mut lines = String::new();
    for (index, path) in reads.iter().enumerate() {
        writeln!(lines, "url = \"{}{path}\"\noutput = \"{}/{index}.json\"", vendor.url, folder.display())?;
    }
    std::fs::write(&config, lines)?;
    let curl = timed(
        Command::new("curl")
            .args(["--silent", "--fail", "--compressed", "--globoff", "--header"])
            .arg(format!("Authorization: Bearer {token}"))
            .arg("--config")
            .arg(&config),
    )?;
    Ok(Floor { pages: reads.len(), curl, copy: copy(database, folder)? })
}

/// Loads what the sync wrote into empty twins of its tables, with the same indexes.
fn copy(database: &Database, folder: &Path) -> anyhow::Result<Duration> {
    let mut took = Duration::ZERO;
    for table in TABLES {
        let file = folder.join(format!("{table}.copy"));
        psql(&database.url, &format!("\\copy {table} to '{}'", file.display()))?;
        psql(&database.url, &format!("CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)"))?;
        took += timed(
            Command::new("psql")
                .args(["--quiet", "--no-psqlrc", &database.url, "--command"])
                .arg(format!("\\copy floor_{table} from '{}'", file.display())),
        )?;
    }
    Ok(took)
}

fn psql(url: &str, command: &str) -> anyhow::Result<()> {
    timed(Command::new("psql").args(["--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", url, "--command", command]))
        .map(drop)
}

fn timed(command: &mut Command) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().context("is it installed?")?;
    anyhow::ensure!(status.success(), "{:?} failed", command.get_program());
    Ok(begun.elapsed())
}
