//! Settings of the engine, with defaults for one machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the engine. Durations are written as `250ms`, `8s`, `10m` or `24h`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSettings {
    /// Time without a heartbeat after which another worker can claim a job that only reads.
    #[serde(with = "text")]
    pub lease: Duration,
    /// Time without a heartbeat after which another worker can claim a job that writes to a vendor.
    #[serde(with = "text")]
    pub write_lease: Duration,
    /// Time after a renewal within which such a job may start and finish a request to the vendor. Must be longer than
    /// `request_timeout` and shorter than `write_lease`.
    #[serde(with = "text")]
    pub write_trust: Duration,
    /// Interval between lease renewals. Must be well below a third of the lease.
    #[serde(with = "text")]
    pub heartbeat: Duration,
    /// Interval between searches for expired leases.
    #[serde(with = "text")]
    pub sweep_every: Duration,
    /// Interval between queries for work, due schedules and events if no notification arrives.
    #[serde(with = "text")]
    pub poll_every: Duration,
    /// Maximum number of runs that one worker executes at the same time.
    pub concurrent_runs: usize,
    /// Maximum number of attempts without a committed page. After that the run fails.
    pub max_attempts: i32,
    /// Delay before the second attempt. Doubles with each further attempt.
    #[serde(with = "text")]
    pub backoff: Duration,
    /// Maximum delay between two attempts.
    #[serde(with = "text")]
    pub backoff_limit: Duration,
    /// Share of the organisation's API limit, used by all clients, at which a run pauses.
    pub quota_organization_percent: u64,
    /// Share of the organisation's API limit that one run may use in 24 hours.
    pub quota_run_percent: u64,
    /// How long a run pauses for the API limit if the vendor names no time.
    #[serde(with = "text")]
    pub quota_pause: Duration,
    /// A run that would retire more than this share of a record kind stops for confirmation.
    pub suspect_percent: i64,
    /// A run that would retire fewer records of a kind than this never stops for confirmation.
    pub suspect_minimum: i64,
    /// Timeout of one request to a vendor.
    #[serde(with = "text")]
    pub request_timeout: Duration,
    /// Timeout of connecting to a vendor.
    #[serde(with = "text")]
    pub connect_timeout: Duration,
    /// Timeout of a profile's validation.
    #[serde(with = "text")]
    pub check_timeout: Duration,
    /// Number of retries of a request within an attempt.
    pub request_retries: u32,
    /// Delay before the first retry of a request. Doubles with each further retry.
    #[serde(with = "text")]
    pub retry_delay: Duration,
    /// Maximum number of pages per second that one connection requests.
    pub pages_per_second: u32,
    /// Period over which scheduled runs are spread. Each profile has a fixed offset.
    #[serde(with = "text")]
    pub schedule_jitter: Duration,
    /// How long expired rows are kept.
    pub retention: Retention,
    /// Development only: allows connections to this machine over plain HTTP, for simulators. The gateway logs a warning
    /// at start.
    pub loopback_vendors: bool,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(8),
            write_lease: Duration::from_secs(120),
            write_trust: Duration::from_secs(90),
            heartbeat: Duration::from_secs(2),
            sweep_every: Duration::from_secs(5),
            poll_every: Duration::from_secs(1),
            concurrent_runs: 4,
            max_attempts: 8,
            backoff: Duration::from_secs(5),
            backoff_limit: Duration::from_secs(15 * 60),
            quota_organization_percent: 80,
            quota_run_percent: 25,
            quota_pause: Duration::from_secs(60 * 60),
            suspect_percent: 20,
            suspect_minimum: 10,
            request_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            check_timeout: Duration::from_secs(120),
            request_retries: 4,
            retry_delay: Duration::from_millis(500),
            pages_per_second: 20,
            schedule_jitter: Duration::from_secs(10 * 60),
            retention: Retention::default(),
            loopback_vendors: false,
        }
    }
}

/// How long rows are kept that lose their use with time. The job `prune` deletes them afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// How often expired rows are deleted: `1h` unless given.
    #[serde(with = "text")]
    pub prune_every: Duration,
    /// How long the event log of a job is kept after its end: `2160h`, 90 days, unless given.
    #[serde(with = "text")]
    pub events: Duration,
    /// How long a login that was begun is kept, finished or not: `24h` unless given.
    #[serde(with = "text")]
    pub login_attempts: Duration,
    /// How long a session is kept after its expiry: `0s` unless given.
    #[serde(with = "text")]
    pub sessions: Duration,
    /// How long a consent that was begun is kept after its expiry: `0s` unless given.
    #[serde(with = "text")]
    pub authorizations: Duration,
    /// How long a delegated link is kept after its expiry: `720h`, 30 days, unless given.
    #[serde(with = "text")]
    pub links: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        Self {
            prune_every: hours(1),
            events: hours(90 * 24),
            login_attempts: hours(24),
            sessions: Duration::ZERO,
            authorizations: Duration::ZERO,
            links: hours(30 * 24),
        }
    }
}

impl EngineSettings {
    /// Validates the settings. Returns one message per invalid setting.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut demand = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        demand(self.heartbeat * 3 <= self.lease, "heartbeat must be at most a third of lease");
        demand(
            self.request_timeout < self.write_trust && self.write_trust < self.write_lease,
            "write_trust must be longer than request_timeout and shorter than write_lease",
        );
        demand(self.heartbeat * 3 <= self.write_trust, "heartbeat must be at most a third of write_trust");
        demand(!self.heartbeat.is_zero(), "heartbeat must not be zero");
        demand(
            !self.sweep_every.is_zero() && !self.poll_every.is_zero(),
            "sweep_every and poll_every must not be zero",
        );
        demand(!self.retention.prune_every.is_zero(), "retention.prune_every must not be zero");
        demand(self.concurrent_runs > 0, "concurrent_runs must be at least 1");
        demand(self.max_attempts > 0, "max_attempts must be at least 1");
        demand((1..=100).contains(&self.quota_organization_percent), "quota_organization_percent is from 1 to 100");
        demand((1..=100).contains(&self.quota_run_percent), "quota_run_percent is from 1 to 100");
        demand((1..=100).contains(&self.suspect_percent), "suspect_percent is from 1 to 100");
        demand(self.pages_per_second > 0, "pages_per_second must be at least 1");
        faults
    }
}

/// Durations as text.
mod text {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = duration.as_millis();
        match millis {
            0 => serializer.serialize_str("0s"),
            _ if millis.is_multiple_of(3_600_000) => serializer.collect_str(&format_args!("{}h", millis / 3_600_000)),
            _ if millis.is_multiple_of(60_000) => serializer.collect_str(&format_args!("{}m", millis / 60_000)),
            _ if millis.is_multiple_of(1_000) => serializer.collect_str(&format_args!("{}s", millis / 1_000)),
            _ => serializer.collect_str(&format_args!("{millis}ms")),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let written = String::deserialize(deserializer)?;
        parse(&written)
            .ok_or_else(|| D::Error::custom(format!("{written:?} is not a duration; write 250ms, 8s, 10m or 24h")))
    }

    fn parse(written: &str) -> Option<Duration> {
        let digits = written.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = written.split_at(digits);
        let unit_millis = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(unit_millis).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<EngineSettings, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn durations_are_written_with_their_unit() {
        let settings = read(r#"{"lease":"1s","heartbeat":"250ms","quota_pause":"24h"}"#).unwrap();
        assert_eq!(settings.lease, Duration::from_secs(1));
        assert_eq!(settings.heartbeat, Duration::from_millis(250));
        assert_eq!(settings.quota_pause, Duration::from_secs(86_400));
    }

    #[test]
    fn a_duration_without_a_unit_is_refused_with_an_example() {
        assert!(read(r#"{"lease":"8"}"#).unwrap_err().contains("write 250ms, 8s"));
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        assert!(read(r#"{"leese":"8s"}"#).unwrap_err().contains("leese"));
    }

    #[test]
    fn settings_that_cannot_work_say_why() {
        assert_eq!(EngineSettings::default().faults(), Vec::<String>::new());
        let hasty = EngineSettings { lease: Duration::from_secs(1), concurrent_runs: 0, ..EngineSettings::default() };
        let expected = ["heartbeat must be at most a third of lease", "concurrent_runs must be at least 1"];
        assert_eq!(hasty.faults(), expected);
    }

    #[test]
    fn a_request_ends_within_the_trust_window_and_the_window_within_the_lease() {
        let fault = "write_trust must be longer than request_timeout and shorter than write_lease";
        let seconds = Duration::from_secs;
        for (request_timeout, write_trust, write_lease) in [(90, 90, 120), (60, 120, 120), (60, 50, 120)] {
            let settings = EngineSettings {
                request_timeout: seconds(request_timeout),
                write_trust: seconds(write_trust),
                write_lease: seconds(write_lease),
                ..EngineSettings::default()
            };
            assert_eq!(settings.faults(), [fault]);
        }
    }

    #[test]
    fn the_defaults_survive_being_written_and_read() {
        let written = serde_json::to_string(&EngineSettings::default()).unwrap();
        assert_eq!(read(&written).unwrap(), EngineSettings::default());
    }
}
