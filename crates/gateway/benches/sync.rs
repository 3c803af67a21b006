//! `just bench sync 100000`: how fast an organisation comes in, beside what the same pages cost without us.
//!
//! For each backend and two sizes it syncs the simulated organisation in a process of its own and prints users per
//! second, peak memory and API calls. The floor is measured in the same run: `curl` fetches the very pages the sync
//! asked for, over one connection, and `\copy` loads the rows that came of them, prepared beforehand, into tables
//! with the same indexes. Turning JSON into rows is not part of the floor. The simulator runs in a third process
//! with a fixed number of login rows per user.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

#[path = "sync/api.rs"]
mod api;
#[path = "sync/floor.rs"]
mod floor;
#[path = "sync/process.rs"]
mod process;

use std::time::Duration;

use anyhow::Context;
use api::Api;
use process::Process;
use seatgraph::cli::token;
use seatgraph::config::Config;
use serde_json::json;

/// Tells the process that it is the simulator, and how many users it has.
const SIMULATOR: &str = "SEATGRAPH_TEST_BENCH_SIMULATOR";

/// What one sync cost.
struct Cost {
    users: u32,
    took: Duration,
    api_calls: i64,
    peak_mib: f64,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    if let Ok(users) = std::env::var(SIMULATOR) {
        return runtime.block_on(process::simulate(users.parse()?));
    }
    let users = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    runtime.block_on(bench(users))
}

async fn bench(users: u32) -> anyhow::Result<()> {
    let postgres = std::env::var("SEATGRAPH_TEST_POSTGRES").context("SEATGRAPH_TEST_POSTGRES names no server")?;
    println!(
        "{:<12} {:>9} {:>9} {:>10} {:>10} {:>10}",
        "backend", "users", "seconds", "users/s", "API calls", "peak MiB"
    );
    let mut ratio = None;
    for users in [users / 10, users] {
        let mut simulator = Process::simulator(users)?;
        let url = simulator.line("url ").await?;
        let secret = simulator.line("secret ").await?;
        let (id, secret) = secret.split_once(' ').context("an id and a secret")?;
        let vendor = api::Vendor { url, client_id: id.to_owned(), client_secret: secret.to_owned() };

        let folder = tempfile::tempdir()?;
        let sqlite = folder.path().join("seatgraph.db").to_string_lossy().into_owned();
        print("SQLite", &sync(&sqlite, users, &vendor).await?);

        let database = floor::Database::create(&postgres)?;
        vendor.forget_requests().await?;
        let cost = sync(&database.url, users, &vendor).await?;
        print("PostgreSQL", &cost);
        let floor = floor::measure(&database, &vendor, folder.path()).await?;
        println!(
            "{:<12} {users:>9} {:>9.2} {:>10} {:>10} curl {:.2} s, \\copy {:.2} s",
            "floor",
            (floor.curl + floor.copy).as_secs_f64(),
            "",
            floor.pages,
            floor.curl.as_secs_f64(),
            floor.copy.as_secs_f64()
        );
        ratio = Some(cost.took.as_secs_f64() / (floor.curl + floor.copy).as_secs_f64());
    }
    if let Some(ratio) = ratio {
        println!("PostgreSQL takes {ratio:.2} × the floor");
    }
    Ok(())
}

fn print(backend: &str, cost: &Cost) {
    println!(
        "{backend:<12} {:>9} {:>9.2} {:>10.0} {:>10} {:>10.1}",
        cost.users,
        cost.took.as_secs_f64(),
        f64::from(cost.users) / cost.took.as_secs_f64(),
        cost.api_calls,
        cost.peak_mib
    );
}

/// Syncs into an empty database in a process of its own; the time is the run's own, from start to finish.
async fn sync(database: &str, users: u32, vendor: &api::Vendor) -> anyhow::Result<Cost> {
    let folder = tempfile::tempdir()?;
    let mut gateway = Process::gateway(database, folder.path())?;
    let address = gateway.line("GraphiQL: ").await?;
    let mut config = Config { key_file: Some(process::key_file(folder.path())), ..Config::default() };
    config.database.url = database.to_owned();
    let (_, token) = token::create(&config, process::administrator()).await?;
    let api = Api::new(&address, token)?;
    let run = api.connect(vendor).await?;
    let finished = api.finished(&run).await?;
    anyhow::ensure!(finished["state"] == json!("SUCCEEDED"), "the run ended {finished}");
    let time = |field: &str| -> anyhow::Result<chrono::DateTime<chrono::Utc>> {
        Ok(finished[field].as_str().with_context(|| field.to_owned())?.parse()?)
    };
    let peak_mib = gateway.peak_mib()?;
    gateway.stop().await?;
    Ok(Cost {
        users,
        took: (time("finishedAt")? - time("startedAt")?).to_std()?,
        api_calls: finished["apiCalls"].as_i64().context("apiCalls")?,
        peak_mib,
    })
}
