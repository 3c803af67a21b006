//! A sync completes correctly after `kill -9`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use salesforce_simulator::{Faults, Settings, Simulator};
use seatgraph::config::Config;
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, Process, administrator, connect};
use serde_json::{Value, json};

use crate::counts::assert_expected_counts;

/// Number of kills per backend. `SEATGRAPH_TEST_KILLS` sets another number.
const KILLS: u32 = 50;

each_backend! {
    async fn a_killed_sync_ends_with_the_expected_counts_and_reads_no_page_twice(database: TestDatabase) {
        let kills = std::env::var("SEATGRAPH_TEST_KILLS").map_or(KILLS, |n| n.parse().unwrap());
        let settings = Settings { users: 4000, seed: 21, ..Settings::default() };
        let simulator = Simulator::start(settings).await.unwrap();
        // Slow enough to be killed during the sync.
        simulator.set_faults(Faults { latency_ms: 15, ..Faults::default() });
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("seatgraph.key").to_string_lossy().into_owned();
        let mut config = Config { key_file: Some(key.clone().into()), ..Config::default() };
        config.database.url = database.url().to_owned();
        let start = async || {
            let environment = [
                ("SEATGRAPH_DATABASE__URL", database.url()),
                ("SEATGRAPH_LISTEN", "127.0.0.1:0"),
                ("SEATGRAPH_KEY_FILE", &key),
                ("SEATGRAPH_LOG__LEVEL", "error"),
                ("SEATGRAPH_ENGINE__LOOPBACK_VENDORS", "true"),
                ("SEATGRAPH_ENGINE__LEASE", "1s"),
                ("SEATGRAPH_ENGINE__HEARTBEAT", "200ms"),
                ("SEATGRAPH_ENGINE__SWEEP_EVERY", "200ms"),
                ("SEATGRAPH_ENGINE__POLL_EVERY", "50ms"),
                // Every kill counts as an attempt. The limit must not be reached.
                ("SEATGRAPH_ENGINE__MAX_ATTEMPTS", "1000"),
            ];
            let mut process = Process::start(env!("CARGO_BIN_EXE_seatgraph-under-test"), &["serve"], &environment).unwrap();
            let address = process.line("GraphiQL: ").await.unwrap();
            let token = administrator(&config).await.unwrap();
            (process, Api::new(address.trim_end_matches('/')).with_token(&token))
        };

        let (mut process, mut api) = start().await;
        let shared = json!({ "connector": "salesforce", "name": "parent", "properties": { "pageSize": 200 } });
        let parent = api.mutate("CreateConnectionAlias", shared).await.unwrap();
        let connected = connect(&api, &simulator, "crash", parent["alias"]["id"].as_str()).await.unwrap();
        let mut run = connected.run.clone();
        let vendor = Api::new(simulator.url());
        let mut moments = Moments::new(21);
        let mut checkpoints = BTreeMap::new();
        for _ in 0..kills {
            // The time does not depend on the gateway. If the run is finished by then, another one starts.
            let _ = tokio::time::timeout(moments.next(), api.finished(&run)).await;
            process.kill().await.unwrap();
            assert_asked_from(&mut checkpoints, pages_asked_for(&vendor).await);
            (process, api) = start().await;
            let open = open_run(&api, &connected.profile).await;
            if open != run {
                run = open;
                checkpoints.clear();
            }
        }
        let state = api.finished(&run).await.unwrap();
        assert!(state.starts_with("SUCCEEDED"), "{state}");
        assert_expected_counts(&api, &connected.profile, &simulator.expected()).await;
        assert_no_gap_in_the_events(&api, &run).await;
        process.kill().await.unwrap();
    }
}

/// The open run of the profile, or a new one.
async fn open_run(api: &Api, profile: &str) -> String {
    let query = "query($id: ID!) { profile(by: { id: $id }) { lastRun { id finishedAt } } }";
    let last = api.ask(query, json!({ "id": profile })).await.unwrap()["profile"]["lastRun"].take();
    if last["finishedAt"].is_null() {
        return last["id"].as_str().unwrap().to_owned();
    }
    let started = api.mutate("StartSync", json!({ "profileId": profile })).await.unwrap();
    started["run"]["id"].as_str().unwrap().to_owned()
}

/// The positions of the key-paged queries since the last call, per query: the query without its position, and the ID
/// after which each page starts.
async fn pages_asked_for(vendor: &Api) -> BTreeMap<String, Vec<String>> {
    let (_, log) = vendor.get("/_control/requests/log").await.unwrap();
    vendor.delete("/_control/requests").await.unwrap();
    let log: Vec<Value> = serde_json::from_str(&log).unwrap();
    let mut pages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in &log {
        let address = entry["path_and_query"].as_str().unwrap();
        let query = form_decoded(address);
        // Only queries that page over all users. Related rows are requested with each page.
        let Some((before, rest)) = query.split_once("FROM User WHERE Id > '") else { continue };
        let Some((position, after)) = rest.split_once('\'') else { continue };
        pages.entry(format!("{before}{after}")).or_default().push(position.to_owned());
    }
    pages
}

fn form_decoded(address: &str) -> String {
    let spaced = address.replace('+', " ");
    let mut bytes = Vec::with_capacity(spaced.len());
    let mut rest = spaced.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Asserts that no page before the checkpoint was requested, and stores the new checkpoint.
///
/// The page after the next is requested only after a page has been committed. So a killed gateway continues at the earliest
/// with the page before the last requested one.
fn assert_asked_from(checkpoints: &mut BTreeMap<String, String>, pages: BTreeMap<String, Vec<String>>) {
    for (query, positions) in pages {
        if let Some(checkpoint) = checkpoints.get(&query) {
            let earliest = positions.iter().min().expect("a query is listed with its pages");
            assert!(earliest >= checkpoint, "asked for {earliest} again, with {checkpoint} in the database");
        }
        let mut sorted = positions;
        sorted.sort();
        sorted.dedup();
        if let [.., checkpoint, _] = sorted.as_slice() {
            checkpoints.insert(query, checkpoint.clone());
        }
    }
}

async fn assert_no_gap_in_the_events(api: &Api, run: &str) {
    const EVENTS: &str = "query($id: ID!, $first: Int, $after: String) { syncRun(id: $id) { lastSequence } \
        page: syncRun(id: $id) { events(first: $first, after: $after) { nodes { sequence } } } }";
    let data = api.ask(EVENTS, json!({ "id": run, "first": 200 })).await.unwrap();
    let sequences: BTreeSet<u64> =
        data["page"]["events"]["nodes"].as_array().unwrap().iter().filter_map(|e| e["sequence"].as_u64()).collect();
    let shown = sequences.len() as u64;
    assert_eq!(sequences, (1..=shown).collect());
    assert!(data["syncRun"]["lastSequence"] == shown || shown == 200);
}

/// Durations between 20 and 600 milliseconds, the same for the same seed.
struct Moments(u64);

impl Moments {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(20 + (self.0 >> 33) % 580)
    }
}
