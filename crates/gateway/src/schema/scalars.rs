//! Custom scalars.

use std::fmt;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};

/// A point in time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) chrono::DateTime<Utc>);

/// A point in time in RFC 3339 format, such as `2026-03-01T01:30:00Z`. Output is always in UTC. Input can have any
/// offset.
#[Scalar(specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        let moment = chrono::DateTime::parse_from_rfc3339(&text).map_err(|error| {
            InputValueError::custom(format!("not an RFC 3339 date-time such as `2026-03-01T01:30:00Z`: {error}"))
        })?;
        Ok(Self(moment.to_utc()))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(moment: chrono::DateTime<Utc>) -> Self {
        Self(moment)
    }
}

/// A calendar date without a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) NaiveDate);

/// A calendar date in the format `YYYY-MM-DD`, without a time or time zone.
#[Scalar(specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        let day = text.parse().map_err(|_| InputValueError::custom("not a date in the format `YYYY-MM-DD`"))?;
        Ok(Self(day))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

/// An absolute URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url(pub(crate) String);

/// An absolute URL with a scheme, such as `https://example.my.salesforce.com`.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        match url::Url::parse(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(InputValueError::custom(format!("not an absolute URL: {error}"))),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl From<String> for Url {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl From<&str> for Url {
    fn from(address: &str) -> Self {
        Self(address.to_owned())
    }
}

/// A JSON value.
#[derive(Clone, PartialEq)]
pub(crate) struct Json(pub(crate) serde_json::Value);

/// A JSON value. Used only for data that a connector defines, such as alias properties and JSON Schemas, and for
/// audited objects.
#[Scalar(name = "JSON", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(|error| InputValueError::custom(error.to_string()))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A person may have put a credential into a property by mistake.
        f.write_str("Json(…)")
    }
}

/// Converts a count to GraphQL's 32-bit `Int`. Values out of range become the nearest limit.
pub(crate) fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(if count < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn a_moment_with_an_offset_comes_back_in_utc() {
        let read = DateTime::parse(Value::String("2026-03-01T01:30:00+02:00".into())).unwrap();
        assert_eq!(read.to_value(), Value::String("2026-02-28T23:30:00Z".into()));
    }

    #[test]
    fn a_moment_keeps_its_microseconds() {
        let moment = Utc.timestamp_opt(1_700_000_000, 123_456_000).unwrap();
        assert_eq!(DateTime(moment).to_value(), Value::String("2023-11-14T22:13:20.123456Z".into()));
    }

    #[test]
    fn an_address_without_a_scheme_is_refused() {
        assert!(Url::parse(Value::String("example.com".into())).is_err());
    }

    #[test]
    fn a_count_beyond_32_bits_shows_as_the_largest() {
        assert_eq!((int(7), int(i64::MAX), int(i64::MIN)), (7, i32::MAX, i32::MIN));
    }
}
