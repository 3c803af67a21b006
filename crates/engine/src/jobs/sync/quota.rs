//! Leaves part of the vendor's API limit to other integrations: decides when a run pauses, and until when.

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::http::ReportedUsage;

use crate::EngineSettings;

/// Period of the vendors' API limits.
const PERIOD: TimeDelta = TimeDelta::hours(24);

/// A reason to pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pause {
    /// Time of the next check; `None` if unknown.
    pub(super) until: Option<DateTime<Utc>>,
    /// Reason, as a sentence.
    pub(super) reason: String,
}

/// Decides whether a run that made `calls` calls since `started` pauses before its next page.
pub(super) fn pause(
    observed: ReportedUsage,
    calls: u64,
    started: DateTime<Utc>,
    now: DateTime<Utc>,
    settings: &EngineSettings,
) -> Option<Pause> {
    let ReportedUsage { used, limit } = observed;
    if limit == 0 {
        return None;
    }
    if reaches(used, limit, settings.quota_organization_percent) {
        let percent = settings.quota_organization_percent;
        let reason =
            format!("the organisation used {used} of its {limit} calls; from {percent} % on they are left to others");
        return Some(Pause { until: None, reason });
    }
    let periods = 1 + u64::try_from((now - started).num_hours() / PERIOD.num_hours()).unwrap_or(0);
    if reaches(calls, limit, settings.quota_run_percent.saturating_mul(periods)) {
        let percent = settings.quota_run_percent;
        let reason = format!("the run used its {percent} % of the {limit} calls that the organisation has in 24 hours");
        let whole = i32::try_from(periods).unwrap_or(i32::MAX);
        return Some(Pause { until: Some(started + PERIOD * whole), reason });
    }
    None
}

fn reaches(part: u64, whole: u64, percent: u64) -> bool {
    u128::from(part) * 100 >= u128::from(whole) * u128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(used: u64, calls: u64, hours: i64) -> Option<Option<DateTime<Utc>>> {
        let started = DateTime::UNIX_EPOCH;
        let now = started + TimeDelta::hours(hours);
        let observed = ReportedUsage { used, limit: 1_000 };
        pause(observed, calls, started, now, &EngineSettings::default()).map(|pause| pause.until)
    }

    fn after(hours: i64) -> Option<DateTime<Utc>> {
        Some(DateTime::UNIX_EPOCH + TimeDelta::hours(hours))
    }

    #[test]
    fn a_run_pauses_at_four_fifths_of_the_organisations_calls_with_no_known_end() {
        assert_eq!(decide(799, 10, 0), None);
        assert_eq!(decide(800, 10, 0), Some(None));
    }

    #[test]
    fn a_run_pauses_at_a_quarter_until_its_next_day_begins() {
        assert_eq!(decide(300, 249, 1), None);
        assert_eq!(decide(300, 250, 1), Some(after(24)));
    }

    #[test]
    fn every_further_day_gives_a_run_another_quarter() {
        assert_eq!(decide(300, 250, 24), None);
        assert_eq!(decide(300, 500, 25), Some(after(48)));
    }

    #[test]
    fn an_unlimited_organisation_never_pauses() {
        let started = DateTime::UNIX_EPOCH;
        let none = ReportedUsage { used: 0, limit: 0 };
        assert_eq!(pause(none, 9_999, started, started, &EngineSettings::default()), None);
    }
}
