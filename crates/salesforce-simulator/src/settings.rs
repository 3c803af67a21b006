//! How an organisation is made and where it listens.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// The settings of one simulated organisation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many users the organisation has, all kinds together; at least one.
    pub users: u32,
    /// Everything random follows from it; organisations of different seeds share no ids.
    pub seed: u64,
    /// The moment on which every date hangs.
    pub now: DateTime<Utc>,
    /// What its clock shows when it starts, for the `Date` of its answers; missing means the machine's clock.
    pub clock: Option<DateTime<Utc>>,
    /// Where to listen; port 0 takes any free one.
    pub address: SocketAddr,
    /// The app's registered callbacks, which redirects must match exactly.
    pub callbacks: Vec<String>,
    /// Whether the authorization code flow demands PKCE.
    pub require_pkce: bool,
    /// The app's certificate in PEM, which switches its JWT bearer flow on.
    pub certificate: Option<String>,
    /// Seconds a session lives without a call.
    pub session_seconds: u64,
    /// Seconds an authorization code is good for.
    pub code_seconds: u64,
    /// Data calls allowed in 24 hours.
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
    /// What the clock shows as the organisation starts.
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
