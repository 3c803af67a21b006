//! Field values, and their formats in the REST and Bulk APIs.

use std::borrow::Cow;
use std::fmt::Display;

use chrono::format::{DelayedFormat, StrftimeItems};
use chrono::{DateTime, Days, NaiveDate};
use serde::{Serialize, Serializer};

use crate::id::Id;

/// The value of a field. Times are seconds and dates are days since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    Id(Id),
    Time(i64),
    Date(u32),
}

pub(crate) fn text<'a>(value: impl Into<Cow<'a, str>>) -> Value<'a> {
    Value::Text(value.into())
}

impl Value<'_> {
    /// The value as text of the REST API, without quotes. Null is the empty text.
    pub(crate) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => "".into(),
            Self::Bool(flag) => flag.to_string().into(),
            Self::Int(number) => number.to_string().into(),
            Self::Double(number) => format!("{number:?}").into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Id(id) => id.as_str().into(),
            // Salesforce writes the offset without a colon.
            Self::Time(seconds) => moment(*seconds, "%Y-%m-%dT%H:%M:%S.000+0000").to_string().into(),
            Self::Date(days) => date(*days).to_string().into(),
        }
    }

    /// The value as text of the Bulk API, without quotes. Null is the empty text.
    pub(crate) fn to_csv(&self) -> Cow<'_, str> {
        match self {
            Self::Time(seconds) => moment(*seconds, "%Y-%m-%dT%H:%M:%S.000Z").to_string().into(),
            other => other.to_text(),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Double(number) => serializer.serialize_f64(*number),
            Self::Text(_) | Self::Id(_) | Self::Time(_) | Self::Date(_) => serializer.serialize_str(&self.to_text()),
        }
    }
}

fn moment<'a>(seconds: i64, form: &'a str) -> DelayedFormat<StrftimeItems<'a>> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().format(form)
}

fn date(days: u32) -> impl Display {
    NaiveDate::default() + Days::new(u64::from(days))
}

/// Parses a time in a format that the API accepts.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let parsed =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_format_of_the_rest_api() {
        let json = |value: Value<'_>| serde_json::to_string(&value).unwrap();
        assert_eq!(json(Value::Null), "null");
        assert_eq!(json(Value::Bool(true)), "true");
        assert_eq!(json(Value::Int(-1024)), "-1024");
        assert_eq!(json(Value::Double(5.0)), "5.0");
        assert_eq!(json(text("a\"b\\c\n")), r#""a\"b\\c\n""#);
        assert_eq!(json(Value::Date(0)), r#""1970-01-01""#);
        let leap = parse_time("2024-02-29T08:15:30Z").unwrap();
        assert_eq!(json(Value::Time(leap)), r#""2024-02-29T08:15:30.000+0000""#);
    }

    #[test]
    fn the_bulk_api_has_its_own_formats_of_times_nulls_and_texts() {
        assert_eq!(Value::Null.to_csv(), "");
        assert_eq!(Value::Bool(false).to_csv(), "false");
        assert_eq!(Value::Int(-5).to_csv(), "-5");
        assert_eq!(Value::Double(5.0).to_csv(), "5.0");
        assert_eq!(Value::Date(0).to_csv(), "1970-01-01");
        assert_eq!(text("a\"b\\c\n").to_csv(), "a\"b\\c\n");
        assert_eq!(Value::Time(parse_time("2024-02-29T08:15:30Z").unwrap()).to_csv(), "2024-02-29T08:15:30.000Z");
    }

    #[test]
    fn times_are_parsed_with_and_without_a_colon() {
        let plain = parse_time("2026-10-02T08:15:30Z");
        assert!(plain.is_some());
        assert_eq!(parse_time("2026-10-02T10:15:30.000+0200"), plain);
        assert_eq!(parse_time("2026-10-02T08:15:30.000000Z"), plain);
        assert_eq!(parse_time("2026-10-02"), None);
    }
}
