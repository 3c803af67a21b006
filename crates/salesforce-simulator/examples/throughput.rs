//! Measures the throughput of a keyset query over User: `cargo run --release --example throughput`.
//!
//! Arguments: the number of users (default 200000) and the seconds to run (default 5).

use std::time::{Duration, Instant};

use salesforce_simulator::{Settings, Simulator};

const FIELDS: &str = "Id, Username, Email, Name, FederationIdentifier, EmployeeNumber, Department, Title, ManagerId, \
                      IsActive, UserType, ProfileId, UserPermissionsSupportUser, LastLoginDate, CreatedDate, \
                      SystemModstamp";

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figure is what the program is for")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let users = arguments.next().map_or(Ok(200_000), |users| users.parse())?;
    let seconds = arguments.next().map_or(Ok(5), |seconds| seconds.parse())?;
    let simulator = Simulator::start(Settings { users, ..Settings::default() }).await?;
    // An error means that there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let token: serde_json::Value = client
        .post(format!("{}/services/oauth2/token", simulator.url()))
        .basic_auth(simulator.client_id(), Some(simulator.client_secret()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials")
        .send()
        .await?
        .json()
        .await?;
    let token = token["access_token"].as_str().ok_or("no access token")?.to_owned();
    let mut after = String::new();
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        let condition = if after.is_empty() { String::new() } else { format!("WHERE Id > '{after}'") };
        let query = format!("SELECT {FIELDS} FROM User {condition} ORDER BY Id LIMIT 2000");
        let mut url = url::Url::parse(&format!("{}/services/data/v62.0/query", simulator.url()))?;
        url.query_pairs_mut().append_pair("q", &query);
        let body = client.get(url).bearer_auth(&token).send().await?.bytes().await?;
        bytes += body.len() as u64;
        // Searching for the last id avoids measuring JSON parsing.
        let text = std::str::from_utf8(&body)?;
        let read = text.matches("\"Id\":\"").count() as u64;
        let last = text.rfind("\"Id\":\"").map(|at| text[at + 6..at + 24].to_owned());
        rows += read;
        after = if read < 2000 { String::new() } else { last.ok_or("a page has rows")? };
    }
    let elapsed = started.elapsed().as_secs_f64();
    println!("{rows} rows, {:.0} rows/s, {:.1} MB/s", rows as f64 / elapsed, bytes as f64 / elapsed / 1e6);
    simulator.shutdown().await;
    Ok(())
}
