//! A PostgreSQL server for tests: the one that the environment names, or a throwaway of this process's own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{DatabaseSettings, Pools};

/// A server, by how to reach a database on it.
struct Server {
    before: String,
    after: String,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.before, self.after)
    }

    /// Takes the address of any database on the server.
    fn of(url: &str) -> Self {
        let (base, query) = url.split_once('?').map_or((url, String::new()), |(base, q)| (base, format!("?{q}")));
        let slash = base.rfind('/').filter(|at| !base[..*at].ends_with('/')).map_or(base.len(), |at| at);
        Self { before: format!("{}/", &base[..slash]), after: query }
    }
}

/// Makes a migrated database and returns its address; `None` when there is no server.
pub(super) async fn fresh_database() -> Option<String> {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let server = server()?;
    let template = TEMPLATE.get_or_init(|| template(server)).await;
    let name = format!("seatgraph_test_{}", Uuid::now_v7().simple());
    run(server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    Some(server.url(&name))
}

/// Migrates once; every test copies the result.
async fn template(server: &Server) -> String {
    let name = format!("seatgraph_template_{}", Uuid::now_v7().simple());
    run(server, &format!("CREATE DATABASE {name}")).await;
    let pools = Pools::connect(&DatabaseSettings::new(server.url(&name))).await.expect("template opens");
    pools.migrate().await.expect("template migrates");
    name
}

async fn run(server: &Server, sql: &str) {
    let mut connection = AsyncPgConnection::establish(&server.url("postgres")).await.expect("server answers");
    connection.batch_execute(sql).await.expect("databases can be made");
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let found = SERVER.get_or_init(|| named().map_or_else(start, |url| Some(Server::of(&url))));
    if found.is_none() {
        assert!(!is_required(), "PostgreSQL is required (SEATGRAPH_REQUIRE_POSTGRES=1) and there is none");
    }
    found.as_ref()
}

/// The server that the environment names.
fn named() -> Option<String> {
    std::env::var("SEATGRAPH_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn is_required() -> bool {
    std::env::var("SEATGRAPH_REQUIRE_POSTGRES").is_ok_and(|value| value == "1")
}

/// Whether a test on PostgreSQL would run, as far as can be told without starting a server.
pub(super) fn is_expected() -> bool {
    is_required() || named().is_some() || binaries().is_some()
}

/// The newest installed server's programs.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .max_by_key(|path| number(path))
        .map(|path| path.join("bin"))
        .filter(|path| path.join("initdb").exists())
}

/// Starts a server that ends with this process: its keeper waits at a pipe that closes when the process is gone,
/// in whatever way.
fn start() -> Option<Server> {
    const KEEPER: &str = r#"
        set -e
        dir=$(mktemp -d)
        "$BIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
        "$BIN/pg_ctl" -D "$dir/data" -l "$dir/log" -w start -o "-c listen_addresses='' -k $dir -c fsync=off \
            -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB" >/dev/null
        echo "$dir"
        cat >/dev/null
        "$BIN/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null
        rm -rf "$dir"
    "#;
    let binaries = binaries()?;
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", KEEPER]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER]);
        command
    };
    let child = command.env("BIN", binaries).current_dir("/tmp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.ok()?;
    let mut folder = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut folder).ok()?;
    // The pipe stays open for as long as this process lives.
    std::mem::forget(child.stdin.take());
    let folder = folder.trim();
    (!folder.is_empty()).then(|| Server {
        before: format!("postgres://postgres@{}/", folder.replace('/', "%2F")),
        after: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lends_its_server_to_other_databases() {
        let cases = [
            ("postgres://u:p@h:5432/d?sslmode=disable", "postgres://u:p@h:5432/x?sslmode=disable"),
            ("postgres://u@h", "postgres://u@h/x"),
            ("postgres://u@h/d", "postgres://u@h/x"),
        ];
        for (url, other) in cases {
            assert_eq!(Server::of(url).url("x"), other);
        }
    }
}
