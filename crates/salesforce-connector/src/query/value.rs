//! Ids, times and numbers in Salesforce's JSON.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A record id in its 18-character form; Salesforce gives and takes 15 characters too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct RecordId(String);

impl RecordId {
    /// Reads an id of either length; `None` when the text is not an id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        match text.len() {
            15 => Some(Self(format!("{text}{}", checksum(text.as_bytes())))),
            18 => Some(Self(text.to_owned())),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// The three characters that encode which characters of the id are capitals, so that ids can be compared without case.
fn checksum(id: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    id.chunks(5)
        .map(|group| group.iter().enumerate().map(|(bit, c)| usize::from(c.is_ascii_uppercase()) << bit).sum::<usize>())
        .map(|capitals| char::from(ALPHABET[capitals]))
        .collect()
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a record id of 15 or 18 characters"))
    }
}

/// Reads `2026-10-02T08:15:30.000+0000`, which RFC 3339 does not allow, and the forms that it does.
pub(crate) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|time| time.to_utc())
}

/// Deserializes a required time.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_time(&text).ok_or_else(|| D::Error::custom("not a date and time"))
}

/// Deserializes a time that may be null or, with `#[serde(default)]`, absent.
pub(crate) fn time_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    parse_time(&text).map(Some).ok_or_else(|| D::Error::custom("not a date and time"))
}

/// Deserializes a date that may be null or, with `#[serde(default)]`, absent; a time after it is ignored.
pub(crate) fn date_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let day = text.split('T').next().and_then(|day| day.parse().ok());
    day.map(Some).ok_or_else(|| D::Error::custom("not a date"))
}

/// Deserializes a whole number that may be null and may be written `5.0`.
pub(crate) fn count_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let whole = number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64));
    whole.map(Some).ok_or_else(|| D::Error::custom("not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_15_characters_becomes_one_of_18() {
        assert_eq!(RecordId::parse("005xx000001SwiU").unwrap().as_str(), "005xx000001SwiUAAS");
        assert_eq!(RecordId::parse("00Dxx0000001gPL").unwrap().as_str(), "00Dxx0000001gPLEAY");
        assert_eq!(RecordId::parse("005xx000001SwiUAAS").unwrap().as_str(), "005xx000001SwiUAAS");
    }

    #[test]
    fn a_malformed_id_is_rejected() {
        for text in ["", "005", "005xx000001Swi'", "005xx000001SwiUAA"] {
            assert_eq!(RecordId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_read_with_and_without_a_time() {
        let day = |text: &str| date_or_null(&serde_json::json!(text)).ok().flatten();
        assert_eq!(day("2026-09-30"), NaiveDate::from_ymd_opt(2026, 9, 30));
        assert_eq!(day("2026-09-30T00:00:00.000+0000"), NaiveDate::from_ymd_opt(2026, 9, 30));
        assert_eq!(day("soon"), None);
    }

    #[test]
    fn times_are_read_with_and_without_a_colon_in_the_offset() {
        let expected = "2026-10-02T08:15:30Z".parse::<DateTime<Utc>>().unwrap();
        for text in [
            "2026-10-02T08:15:30.000+0000",
            "2026-10-02T08:15:30.000Z",
            "2026-10-02T08:15:30+00:00",
            "2026-10-02T10:15:30.000+0200",
        ] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        assert_eq!(parse_time("2026-10-02"), None);
    }
}
