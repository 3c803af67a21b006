//! Date literals such as `TODAY` and `LAST_N_DAYS:30`, as spans of seconds.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate};

const DAY: i64 = 86_400;
const PLAIN: [&str; 17] = [
    "TODAY",
    "YESTERDAY",
    "TOMORROW",
    "THIS_WEEK",
    "LAST_WEEK",
    "NEXT_WEEK",
    "THIS_MONTH",
    "LAST_MONTH",
    "NEXT_MONTH",
    "LAST_90_DAYS",
    "NEXT_90_DAYS",
    "THIS_QUARTER",
    "LAST_QUARTER",
    "NEXT_QUARTER",
    "THIS_YEAR",
    "LAST_YEAR",
    "NEXT_YEAR",
];
const COUNTED: [&str; 10] = [
    "LAST_N_DAYS",
    "NEXT_N_DAYS",
    "N_DAYS_AGO",
    "LAST_N_WEEKS",
    "N_WEEKS_AGO",
    "LAST_N_MONTHS",
    "N_MONTHS_AGO",
    "LAST_N_YEARS",
    "N_YEARS_AGO",
    "NEXT_N_MONTHS",
];

pub(crate) fn is_period(name: &str) -> bool {
    PLAIN.contains(&name) || takes_count(name)
}

pub(crate) fn takes_count(name: &str) -> bool {
    COUNTED.contains(&name)
}

/// The seconds from (inclusive) and to (exclusive) that the literal covers, in UTC.
pub(crate) fn span(name: &str, count: i64, now: i64) -> (i64, i64) {
    let today = now.div_euclid(DAY) * DAY;
    let date = DateTime::from_timestamp(now, 0).unwrap_or_default().date_naive();
    let month = |offset: i64| start(shift_months(date.with_day(1).unwrap_or(date), offset));
    let quarter_start = date.with_day(1).and_then(|day| day.with_month0(date.month0() / 3 * 3)).unwrap_or(date);
    let quarter = |offset: i64| start(shift_months(quarter_start, offset * 3));
    let year = |offset: i64| start(shift_months(date.with_ordinal(1).unwrap_or(date), offset * 12));
    let week_start = date - Days::new(u64::from(date.weekday().num_days_from_sunday()));
    let week = |offset: i64| start(week_start) + offset * 7 * DAY;
    match name {
        "TODAY" => (today, today + DAY),
        "YESTERDAY" => (today - DAY, today),
        "TOMORROW" => (today + DAY, today + 2 * DAY),
        "THIS_WEEK" => (week(0), week(1)),
        "LAST_WEEK" => (week(-1), week(0)),
        "NEXT_WEEK" => (week(1), week(2)),
        "THIS_MONTH" => (month(0), month(1)),
        "LAST_MONTH" => (month(-1), month(0)),
        "NEXT_MONTH" => (month(1), month(2)),
        // The span reaches into today, as the vendor's does.
        "LAST_90_DAYS" => (today - 90 * DAY, today + DAY),
        "NEXT_90_DAYS" => (today + DAY, today + 91 * DAY),
        "THIS_QUARTER" => (quarter(0), quarter(1)),
        "LAST_QUARTER" => (quarter(-1), quarter(0)),
        "NEXT_QUARTER" => (quarter(1), quarter(2)),
        "THIS_YEAR" => (year(0), year(1)),
        "LAST_YEAR" => (year(-1), year(0)),
        "NEXT_YEAR" => (year(1), year(2)),
        "LAST_N_DAYS" => (today - count * DAY, today + DAY),
        "NEXT_N_DAYS" => (today + DAY, today + (count + 1) * DAY),
        "N_DAYS_AGO" => (today - count * DAY, today - (count - 1) * DAY),
        "LAST_N_WEEKS" => (week(-count), week(0)),
        "N_WEEKS_AGO" => (week(-count), week(1 - count)),
        "LAST_N_MONTHS" => (month(-count), month(0)),
        "N_MONTHS_AGO" => (month(-count), month(1 - count)),
        "NEXT_N_MONTHS" => (month(1), month(count + 1)),
        "LAST_N_YEARS" => (year(-count), year(0)),
        _ => (year(-count), year(1 - count)),
    }
}

fn start(date: NaiveDate) -> i64 {
    date.and_hms_opt(0, 0, 0).map_or(0, |midnight| midnight.and_utc().timestamp())
}

fn shift_months(date: NaiveDate, months: i64) -> NaiveDate {
    let count = Months::new(u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
    let shifted = if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
    shifted.unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_time;

    #[test]
    fn spans_are_whole_days_around_now() {
        let now = parse_time("2026-11-24T10:30:00Z").unwrap();
        let day = |text: &str| parse_time(&format!("{text}T00:00:00Z")).unwrap();
        for (name, count, from, to) in [
            ("TODAY", 0, "2026-11-24", "2026-11-25"),
            ("YESTERDAY", 0, "2026-11-23", "2026-11-24"),
            ("LAST_N_DAYS", 30, "2026-10-25", "2026-11-25"),
            ("N_DAYS_AGO", 2, "2026-11-22", "2026-11-23"),
            ("THIS_MONTH", 0, "2026-11-01", "2026-12-01"),
            ("LAST_MONTH", 0, "2026-10-01", "2026-11-01"),
            ("THIS_WEEK", 0, "2026-11-22", "2026-11-29"),
            ("THIS_QUARTER", 0, "2026-10-01", "2027-01-01"),
            ("LAST_YEAR", 0, "2025-01-01", "2026-01-01"),
        ] {
            assert_eq!(span(name, count, now), (day(from), day(to)), "{name}");
        }
    }
}
