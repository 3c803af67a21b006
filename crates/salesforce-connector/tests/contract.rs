//! The contract tests: in calm; those about pages while sessions end and answers break off; those about login history
//! when it is read by jobs.

#![cfg(test)]

#[path = "organisation/census.rs"]
mod census;
#[path = "organisation/tokens.rs"]
mod tokens;
#[path = "organisation/world.rs"]
mod world;

use std::process::ExitCode;
use std::time::Duration;

use async_trait::async_trait;
use connector_testkit::{Census, Fixture, Suite, Weather, World};
use salesforce_simulator::Faults;
use seatgraph_core::layers::{Retry, RetrySettings};
use seatgraph_core::{Connector, Registration};

use crate::world::{Organisation, SALESFORCE};

const ABOUT_PAGES: &[&str] = &[
    "counts_everyone",
    "moves_forward",
    "names_everything_once",
    "keeps_ids",
    "replays_a_page",
    "resumes_anywhere",
    "keeps_its_total",
    "knows_every_account",
];

const ABOUT_JOBS: &[&str] = &[
    "counts_everyone",
    "moves_forward",
    "names_everything_once",
    "replays_a_page",
    "resumes_anywhere",
    "keeps_its_total",
    "renews_its_session",
    "survives_a_dropped_body",
    "recovers_a_forgotten_position",
    "says_rate_limited",
    "says_unavailable",
];

fn main() -> ExitCode {
    connector_testkit::run([
        Suite::of("calm", Calm),
        Suite::of("in_storms", Stormy).only(ABOUT_PAGES),
        Suite::of("by_jobs", ByJobs).only(ABOUT_JOBS),
    ])
}

connector_testkit::refuse_harness!();

/// Organisations in calm weather.
#[derive(Debug)]
struct Calm;

#[async_trait]
impl Fixture for Calm {
    fn registration(&self) -> Registration {
        SALESFORCE
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(Organisation::found(7).await)
    }
}

/// Organisations in which every fifth call finds its session over, and every eleventh answer breaks off.
#[derive(Debug)]
struct Stormy;

#[derive(Debug)]
struct StormyOrganisation(Organisation);

#[async_trait]
impl Fixture for Stormy {
    fn registration(&self) -> Registration {
        SALESFORCE
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(StormyOrganisation(Organisation::found(11).await))
    }
}

#[async_trait]
impl World for StormyOrganisation {
    /// With the patience that the engine gives every connector.
    fn connect(&self) -> Box<dyn Connector> {
        let storm = Faults { expire_session_every: Some(5), drop_body_every: Some(11), ..Faults::default() };
        self.0.simulator.set_faults(storm);
        let settings = RetrySettings {
            repeats: 50,
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(1),
            total: Duration::from_secs(60),
        };
        Box::new(Retry::new(self.0.link(), settings))
    }

    async fn census(&self) -> Census {
        self.0.simulator.set_faults(Faults::default());
        self.0.census().await
    }
}

/// Organisations whose login history is asked for by jobs, however short it is.
#[derive(Debug)]
struct ByJobs;

#[derive(Debug)]
struct OrganisationByJobs(Organisation);

#[async_trait]
impl Fixture for ByJobs {
    fn registration(&self) -> Registration {
        SALESFORCE
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(OrganisationByJobs(Organisation::found(13).await))
    }
}

#[async_trait]
impl World for OrganisationByJobs {
    fn connect(&self) -> Box<dyn Connector> {
        self.0.link_by_jobs_from(1)
    }

    async fn census(&self) -> Census {
        self.0.census().await
    }

    async fn set_weather(&self, weather: Weather) -> bool {
        self.0.set_weather(weather).await
    }
}
