//! Calculates when a profile's next scheduled run is due, in local time.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use seatgraph_store::{ProfileId, Schedule, ScheduleEvery};

use crate::refusal::{Refusal, RefusalCode};

/// Default time of day of a daily schedule.
pub(crate) const DEFAULT_AT: &str = "02:00";
/// Default time zone.
pub(crate) const DEFAULT_TIME_ZONE: &str = "UTC";

/// Validates a schedule and fills in the defaults.
pub(crate) fn read(
    every: ScheduleEvery,
    at: Option<String>,
    time_zone: Option<String>,
) -> Result<Schedule, Vec<Refusal>> {
    let mut faults = Vec::new();
    let time_zone = time_zone.unwrap_or_else(|| DEFAULT_TIME_ZONE.to_owned());
    if zone(&time_zone).is_none() {
        let message =
            format!("{time_zone:?} is not a time zone; name one of the IANA database, Europe/Berlin for example");
        faults.push(Refusal::new(RefusalCode::Invalid, message).at(["schedule", "timeZone"]));
    }
    let at = match every {
        ScheduleEvery::Day => Some(at.unwrap_or_else(|| DEFAULT_AT.to_owned())),
        ScheduleEvery::Hour | ScheduleEvery::Manual => at,
    };
    match (&at, every) {
        (Some(_), ScheduleEvery::Hour | ScheduleEvery::Manual) => {
            let message = "a time of day belongs to a daily schedule; leave it out or choose DAY";
            faults.push(Refusal::new(RefusalCode::Invalid, message).at(["schedule", "at"]));
        }
        (Some(text), ScheduleEvery::Day) if time_of_day(text).is_none() => {
            let message = format!("{text:?} is not a time of day; write hours and minutes, 02:30 for example");
            faults.push(Refusal::new(RefusalCode::Invalid, message).at(["schedule", "at"]));
        }
        _ => {}
    }
    if faults.is_empty() { Ok(Schedule { every, at, time_zone }) } else { Err(faults) }
}

/// Returns when the first run after `now` is due, including the profile's jitter; `None` if runs are started manually.
pub(crate) fn next_run(
    schedule: &Schedule,
    profile: ProfileId,
    jitter: Duration,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let place = place_in(profile, jitter);
    occurrence_after(schedule, now - place).map(|occurrence| occurrence + place)
}

/// Returns the first scheduled time after `after`.
///
/// A day has exactly one: a time skipped by a change to summer time counts as the time after the change, and a repeated
/// one counts the first time.
fn occurrence_after(schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match schedule.every {
        ScheduleEvery::Manual => None,
        ScheduleEvery::Hour => {
            let seconds = after.timestamp().div_euclid(3_600) * 3_600 + 3_600;
            DateTime::from_timestamp(seconds, 0)
        }
        ScheduleEvery::Day => {
            let zone = zone(&schedule.time_zone)?;
            let at = time_of_day(schedule.at.as_deref().unwrap_or(DEFAULT_AT))?;
            let today = after.with_timezone(&zone).date_naive();
            // Yesterday's may still be ahead where the clocks leapt over midnight; the day after tomorrow's is needed
            // where a zone skipped a day.
            (0..4)
                .filter_map(|days| today.checked_sub_days(Days::new(1))?.checked_add_days(Days::new(days)))
                .filter_map(|day| moment(zone, day, at))
                .find(|&moment| moment > after)
        }
    }
}

fn moment(zone: Tz, day: NaiveDate, at: NaiveTime) -> Option<DateTime<Utc>> {
    let wanted = day.and_time(at);
    (0..=24 * 60)
        .filter_map(|minutes| zone.from_local_datetime(&(wanted + TimeDelta::minutes(minutes))).earliest())
        .map(|local| local.with_timezone(&Utc))
        .next()
}

fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let well_formed = text.len() == 5 && text.as_bytes()[2] == b':';
    well_formed.then(|| NaiveTime::parse_from_str(text, "%H:%M").ok()).flatten()
}

/// Returns the jitter of a profile: evenly distributed, and always the same for the same profile.
fn place_in(profile: ProfileId, jitter: Duration) -> TimeDelta {
    let seconds = jitter.as_secs();
    if seconds == 0 {
        return TimeDelta::zero();
    }
    // The random half of the id, folded by FNV-1a; stable across versions, which the standard hasher is not.
    let folded = profile
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    TimeDelta::seconds(i64::try_from(folded % seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily(at: &str, time_zone: &str) -> Schedule {
        Schedule { every: ScheduleEvery::Day, at: Some(at.to_owned()), time_zone: time_zone.to_owned() }
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn after(schedule: &Schedule, now: &str) -> DateTime<Utc> {
        occurrence_after(schedule, utc(now)).unwrap()
    }

    #[test]
    fn a_daily_run_is_today_when_its_time_is_ahead_and_tomorrow_when_it_is_past() {
        let schedule = daily("02:30", "UTC");
        assert_eq!(after(&schedule, "2026-05-10T02:29:59Z"), utc("2026-05-10T02:30:00Z"));
        assert_eq!(after(&schedule, "2026-05-10T02:30:00Z"), utc("2026-05-11T02:30:00Z"));
    }

    #[test]
    fn a_daily_run_keeps_its_local_time_when_summer_begins_and_ends() {
        let schedule = daily("06:00", "Europe/Berlin");
        assert_eq!(after(&schedule, "2026-03-28T12:00:00Z"), utc("2026-03-29T04:00:00Z"));
        assert_eq!(after(&schedule, "2026-03-27T12:00:00Z"), utc("2026-03-28T05:00:00Z"));
        assert_eq!(after(&schedule, "2026-10-24T12:00:00Z"), utc("2026-10-25T05:00:00Z"));
    }

    #[test]
    fn a_time_that_the_clocks_leap_over_counts_as_the_moment_after_the_leap() {
        assert_eq!(after(&daily("02:30", "Europe/Berlin"), "2026-03-28T12:00:00Z"), utc("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn a_time_that_the_clocks_show_twice_is_one_run() {
        let schedule = daily("02:30", "Europe/Berlin");
        let first = after(&schedule, "2026-10-24T12:00:00Z");
        assert_eq!(first, utc("2026-10-25T00:30:00Z"));
        assert_eq!(after(&schedule, "2026-10-25T00:30:00Z"), utc("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn a_day_that_a_zone_skipped_has_its_run_when_the_next_day_begins() {
        let schedule = daily("12:00", "Pacific/Apia");
        let skipped = after(&schedule, "2011-12-29T23:00:00Z");
        assert_eq!(skipped, utc("2011-12-30T10:00:00Z"));
        assert_eq!(after(&schedule, "2011-12-30T10:00:00Z"), utc("2011-12-30T22:00:00Z"));
    }

    #[test]
    fn an_hourly_run_is_on_the_hour() {
        let schedule = Schedule { every: ScheduleEvery::Hour, at: None, time_zone: "UTC".to_owned() };
        assert_eq!(after(&schedule, "2026-05-10T02:30:10Z"), utc("2026-05-10T03:00:00Z"));
        assert_eq!(after(&schedule, "2026-05-10T03:00:00Z"), utc("2026-05-10T04:00:00Z"));
    }

    #[test]
    fn a_manual_schedule_is_never_due() {
        let schedule = Schedule { every: ScheduleEvery::Manual, at: None, time_zone: "UTC".to_owned() };
        assert_eq!(occurrence_after(&schedule, utc("2026-05-10T02:30:10Z")), None);
    }

    #[test]
    fn the_jitter_is_the_same_every_day_and_below_its_limit() {
        let (schedule, profile) = (daily("02:00", "UTC"), ProfileId::generate());
        let jitter = Duration::from_secs(600);
        let first = next_run(&schedule, profile, jitter, utc("2026-05-10T00:00:00Z")).unwrap();
        let second = next_run(&schedule, profile, jitter, first).unwrap();
        assert_eq!(second - first, TimeDelta::days(1));
        assert!(first >= utc("2026-05-10T02:00:00Z") && first < utc("2026-05-10T02:10:00Z"));
    }

    #[test]
    fn a_schedule_names_each_fault_and_its_remedy() {
        let faults = read(ScheduleEvery::Day, Some("2:3".into()), Some("Mars/Olympus".into())).unwrap_err();
        let fields: Vec<_> = faults.iter().filter_map(|fault| fault.field.clone()).collect();
        assert_eq!(fields, [["schedule", "timeZone"], ["schedule", "at"]]);
        assert!(faults[1].message.contains("02:30 for example"));
    }

    #[test]
    fn a_daily_schedule_without_a_time_is_at_two_in_universal_time() {
        let schedule = read(ScheduleEvery::Day, None, None).unwrap();
        assert_eq!((schedule.at.as_deref(), schedule.time_zone.as_str()), (Some("02:00"), "UTC"));
    }
}
