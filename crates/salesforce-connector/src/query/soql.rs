//! Queries in SOQL.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Timelike, Utc};

use super::value::RecordId;

/// A SELECT of columns with conditions, order and limit.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    object: &'static str,
    columns: Vec<String>,
    conditions: Vec<String>,
    order: &'static str,
    limit: Option<u32>,
}

impl Select {
    pub(crate) fn from(object: &'static str) -> Self {
        Self { object, columns: Vec::new(), conditions: Vec::new(), order: "", limit: None }
    }

    pub(crate) fn count(object: &'static str) -> Self {
        Self::from(object).columns(["COUNT()"])
    }

    pub(crate) fn columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Adds a condition; all conditions must hold.
    pub(crate) fn filter(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    /// Limits the ids of `column` to those after `after` and up to `to`, where given.
    pub(crate) fn between(mut self, column: &str, after: Option<&RecordId>, to: Option<&RecordId>) -> Self {
        if let Some(after) = after {
            self = self.filter(format!("{column} > {}", text(after.as_str())));
        }
        match to {
            Some(to) => self.filter(format!("{column} <= {}", text(to.as_str()))),
            None => self,
        }
    }

    pub(crate) fn order_by(mut self, order: &'static str) -> Self {
        self.order = order;
        self
    }

    pub(crate) fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn max_rows(&self) -> Option<u32> {
        self.limit
    }

    pub(crate) fn object(&self) -> &'static str {
        self.object
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SELECT {} FROM {}", self.columns.join(", "), self.object)?;
        if !self.conditions.is_empty() {
            write!(f, " WHERE {}", self.conditions.join(" AND "))?;
        }
        if !self.order.is_empty() {
            write!(f, " ORDER BY {}", self.order)?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, " LIMIT {limit}"))
    }
}

/// Writes a text literal.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    for c in value.chars() {
        match c {
            '\'' | '\\' | '"' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            _ => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// Writes a time literal, with a fraction only where there is one.
pub(crate) fn time(value: DateTime<Utc>) -> String {
    let form = if value.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    value.to_rfc3339_opts(form, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_queried_by_key() {
        let after = RecordId::parse("005xx000001SwiU").unwrap();
        let select =
            Select::from("User").columns(["Id", "Name"]).between("Id", Some(&after), None).order_by("Id").limit(2000);
        assert_eq!(
            select.to_string(),
            "SELECT Id, Name FROM User WHERE Id > '005xx000001SwiUAAS' ORDER BY Id LIMIT 2000"
        );
    }

    #[test]
    fn quotes_in_a_text_literal_are_escaped() {
        assert_eq!(text(r"O'Brien \ 'x"), r"'O\'Brien \\ \'x'");
    }

    #[test]
    fn a_time_literal_has_no_quotes() {
        assert_eq!(time("2026-10-02T08:15:30Z".parse().unwrap()), "2026-10-02T08:15:30Z");
        assert_eq!(time("2026-10-02T08:15:30.250Z".parse().unwrap()), "2026-10-02T08:15:30.250Z");
    }
}
