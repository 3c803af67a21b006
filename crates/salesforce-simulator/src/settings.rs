//! Settings.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// The settings of a simulator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of users of all types; at least one.
    pub users: u32,
    /// The seed of all generated data. Organisations with different seeds have no common ids.
    pub seed: u64,
    /// The time to which all dates are relative.
    pub now: DateTime<Utc>,
    /// The initial time of the simulated clock, which the `Date` header contains; the default is the system time.
    pub clock: Option<DateTime<Utc>>,
    /// The address to listen on; port 0 selects a free one.
    pub address: SocketAddr,
    /// The callback URLs of the app. Redirects must match exactly.
    pub callbacks: Vec<String>,
    /// Whether the authorization code flow requires PKCE.
    pub require_pkce: bool,
    /// The certificate of the app in PEM, which enables the JWT bearer flow.
    pub certificate: Option<String>,
    /// The idle time-out of a session, in seconds.
    pub session_seconds: u64,
    /// The lifetime of an authorization code, in seconds.
    pub code_seconds: u64,
    /// The allowed data calls in 24 hours.
    pub daily_limit: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            users: 5000,
            seed: 7,
            now: this_hour(),
            clock: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            callbacks: vec!["http://localhost/callback".to_owned()],
            require_pkce: false,
            certificate: None,
            session_seconds: 7200,
            code_seconds: 900,
            daily_limit: 100_000,
        }
    }
}

impl Settings {
    /// The initial time of the simulated clock.
    pub(crate) fn clock_at_start(&self) -> DateTime<Utc> {
        self.clock.unwrap_or_else(machine_time)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the organisation's clocks are set here, once; everything else takes them"
)]
fn machine_time() -> DateTime<Utc> {
    Utc::now()
}

fn this_hour() -> DateTime<Utc> {
    let now = machine_time();
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}
