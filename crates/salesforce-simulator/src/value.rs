//! Field values and how the REST API spells them in JSON.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use crate::org::id::Id;

/// One field's value; times are seconds and dates are days since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    Id(Id),
    Time(i64),
    Date(i32),
}

impl Value<'_> {
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(number) => write_number(*number, out),
            Self::Double(number) => out.extend_from_slice(format!("{number:?}").as_bytes()),
            Self::Text(text) => write_string(text, out),
            Self::Id(id) => write_quoted(id.as_str().as_bytes(), out),
            Self::Time(seconds) => write_time(*seconds, out),
            Self::Date(days) => {
                out.push(b'"');
                write_date(i64::from(*days), out);
                out.push(b'"');
            }
        }
    }

    /// Writes the value as the Bulk API's CSV spells it, before any quotes; null is nothing.
    pub(crate) fn write_csv(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Id(id) => out.extend_from_slice(id.as_str().as_bytes()),
            Self::Time(seconds) => {
                write_moment(*seconds, out);
                out.extend_from_slice(b".000Z");
            }
            Self::Date(days) => write_date(i64::from(*days), out),
            Self::Bool(_) | Self::Int(_) | Self::Double(_) => self.write_json(out),
        }
    }

    /// Writes the value as plain text, which is how it is compared and shown in messages.
    pub(crate) fn to_text(&self) -> String {
        let mut out = Vec::new();
        match self {
            Self::Text(text) => return text.to_string(),
            Self::Null => return String::new(),
            other => other.write_json(&mut out),
        }
        let text = String::from_utf8(out).expect("JSON is UTF-8");
        text.trim_matches('"').to_owned()
    }
}

pub(crate) fn text<'a>(value: impl Into<Cow<'a, str>>) -> Value<'a> {
    Value::Text(value.into())
}

fn write_number(number: i64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

fn write_quoted(ascii: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(ascii);
    out.push(b'"');
}

/// Writes a JSON string, with its quotes.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        write_quoted(text.as_bytes(), out);
    } else {
        serde_json::to_writer(out, text).expect("a vector takes every byte");
    }
}

/// Writes `"2026-10-02T08:15:30.000+0000"`, the API's own form without a colon.
fn write_time(seconds: i64, out: &mut Vec<u8>) {
    out.push(b'"');
    write_moment(seconds, out);
    out.extend_from_slice(b".000+0000\"");
}

/// Writes `2026-10-02T08:15:30`.
fn write_moment(seconds: i64, out: &mut Vec<u8>) {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    write_date(days, out);
    out.push(b'T');
    write_two(rest / 3600, out);
    out.push(b':');
    write_two(rest / 60 % 60, out);
    out.push(b':');
    write_two(rest % 60, out);
}

/// Writes a proleptic Gregorian date (Howard Hinnant's `civil_from_days`).
fn write_date(days: i64, out: &mut Vec<u8>) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    write_two(year / 100, out);
    write_two(year % 100, out);
    out.push(b'-');
    write_two(month, out);
    out.push(b'-');
    write_two(day, out);
}

fn write_two(number: i64, out: &mut Vec<u8>) {
    out.push(b'0' + (number / 10 % 10) as u8);
    out.push(b'0' + (number % 10) as u8);
}

/// Reads a datetime in any of the forms the API takes; `None` when it is none of them.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let parsed =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|time| time.timestamp())
}

/// Reads a date as days since 1970.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let epoch = DateTime::<Utc>::UNIX_EPOCH.date_naive();
    i32::try_from(date.signed_duration_since(epoch).num_days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Value<'_>) -> String {
        let mut out = Vec::new();
        value.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_spelled_as_the_rest_api_spells_them() {
        assert_eq!(json(&Value::Null), "null");
        assert_eq!(json(&Value::Bool(true)), "true");
        assert_eq!(json(&Value::Int(-1024)), "-1024");
        assert_eq!(json(&Value::Double(5.0)), "5.0");
        assert_eq!(json(&text("a\"b\\c\n")), r#""a\"b\\c\n""#);
        assert_eq!(json(&Value::Date(0)), r#""1970-01-01""#);
        let leap = parse_time("2024-02-29T08:15:30Z").unwrap();
        assert_eq!(json(&Value::Time(leap)), r#""2024-02-29T08:15:30.000+0000""#);
    }

    #[test]
    fn the_bulk_api_spells_times_nulls_and_texts_in_its_own_way() {
        let csv = |value: Value<'_>| {
            let mut out = Vec::new();
            value.write_csv(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(csv(Value::Null), "");
        assert_eq!(csv(Value::Bool(false)), "false");
        assert_eq!(csv(Value::Int(-5)), "-5");
        assert_eq!(csv(Value::Double(5.0)), "5.0");
        assert_eq!(csv(Value::Date(0)), "1970-01-01");
        assert_eq!(csv(text("a\"b\\c\n")), "a\"b\\c\n");
        assert_eq!(csv(Value::Time(parse_time("2024-02-29T08:15:30Z").unwrap())), "2024-02-29T08:15:30.000Z");
    }

    #[test]
    fn times_are_read_with_and_without_a_colon() {
        let plain = parse_time("2026-10-02T08:15:30Z");
        assert!(plain.is_some());
        assert_eq!(parse_time("2026-10-02T10:15:30.000+0200"), plain);
        assert_eq!(parse_time("2026-10-02T08:15:30.000000Z"), plain);
        assert_eq!(parse_time("2026-10-02"), None);
        assert_eq!(parse_date("1970-01-02"), Some(1));
    }
}
