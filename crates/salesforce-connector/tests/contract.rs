//! The contract tests: in calm; those about pages while sessions end and answers break off; those about login history
//! when it is read by jobs.

#![cfg(test)]

#[path = "organisation/expected.rs"]
mod expected;
#[path = "organisation/org.rs"]
mod org;
#[path = "organisation/token_source.rs"]
mod token_source;

use std::process::ExitCode;
use std::time::Duration;

use async_trait::async_trait;
use connector_testkit::{ExpectedRecords, Fault, Fixture, Suite, TestOrg};
use salesforce_simulator::Faults;
use seatgraph_core::layers::{Retry, RetrySettings};
use seatgraph_core::{Connector, Registration};

use crate::org::{Organisation, SALESFORCE};

const ABOUT_PAGES: &[&str] = &[
    "reports_every_record",
    "moves_forward",
    "reports_each_record_once",
    "keeps_ids",
    "replays_a_page",
    "resumes_anywhere",
    "keeps_its_total",
    "refers_to_known_accounts",
];

const ABOUT_JOBS: &[&str] = &[
    "reports_every_record",
    "moves_forward",
    "reports_each_record_once",
    "replays_a_page",
    "resumes_anywhere",
    "keeps_its_total",
    "renews_its_session",
    "survives_a_dropped_body",
    "recovers_a_forgotten_position",
    "reports_rate_limited",
    "reports_unavailable",
];

fn main() -> ExitCode {
    connector_testkit::run([
        Suite::of("calm", Calm),
        Suite::of("flaky", Flaky).only(ABOUT_PAGES),
        Suite::of("by_jobs", ByJobs).only(ABOUT_JOBS),
    ])
}

connector_testkit::refuse_harness!();

/// Organisations in calm fault.
#[derive(Debug)]
struct Calm;

#[async_trait]
impl Fixture for Calm {
    fn registration(&self) -> Registration {
        SALESFORCE
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(Organisation::found(7).await)
    }
}

/// Organisations in which every fifth call finds its session over, and every eleventh answer breaks off.
#[derive(Debug)]
struct Flaky;

#[derive(Debug)]
struct FlakyOrg(Organisation);

#[async_trait]
impl Fixture for Flaky {
    fn registration(&self) -> Registration {
        SALESFORCE
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(FlakyOrg(Organisation::found(11).await))
    }
}

#[async_trait]
impl TestOrg for FlakyOrg {
    /// With the standard layers, like in the engine.
    fn connect(&self) -> Box<dyn Connector> {
        let faults = Faults { expire_session_every: Some(5), drop_body_every: Some(11), ..Faults::default() };
        self.0.simulator.set_faults(faults);
        let settings = RetrySettings {
            repeats: 50,
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(1),
            total: Duration::from_secs(60),
        };
        Box::new(Retry::new(self.0.link(), settings))
    }

    async fn expected_records(&self) -> ExpectedRecords {
        self.0.simulator.set_faults(Faults::default());
        self.0.expected_records().await
    }
}

/// Organisations whose login history is asked for by jobs, however short it is.
#[derive(Debug)]
struct ByJobs;

#[derive(Debug)]
struct JobOrg(Organisation);

#[async_trait]
impl Fixture for ByJobs {
    fn registration(&self) -> Registration {
        SALESFORCE
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(JobOrg(Organisation::found(13).await))
    }
}

#[async_trait]
impl TestOrg for JobOrg {
    fn connect(&self) -> Box<dyn Connector> {
        self.0.link_by_jobs_from(1)
    }

    async fn expected_records(&self) -> ExpectedRecords {
        self.0.expected_records().await
    }

    async fn set_fault(&self, fault: Fault) -> bool {
        self.0.set_fault(fault).await
    }
}
