//! The pieces of filters, and how they become conditions.

use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::{Bool, Nullable, Text};
use seatgraph_core::{Clock as _, SystemClock};

use crate::Reader;

/// Compares a text; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringFilter {
    /// It is exactly this.
    pub eq: Option<String>,
    /// It is one of these.
    pub in_: Option<Vec<String>>,
    /// It is anything but this; a missing text counts as different.
    pub not: Option<String>,
    /// It holds this. ASCII letters match in either case; others as written here or in lower case.
    pub contains: Option<String>,
    /// Whether it is missing.
    pub is_null: Option<bool>,
}

/// Compares a moment; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeFilter {
    /// It is this one or later.
    pub gte: Option<DateTime<Utc>>,
    /// It is before this one.
    pub lt: Option<DateTime<Utc>>,
    /// Whether it is missing.
    pub is_null: Option<bool>,
}

diesel::define_sql_function! { fn lower(text: Nullable<Text>) -> Nullable<Text>; }
diesel::define_sql_function! { fn coalesce(value: Nullable<Bool>, otherwise: Bool) -> Bool; }

/// Puts texts into the form that `search_text` holds and searches compare.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The pattern of texts that hold `text`, whose own wildcards mean themselves under `ESCAPE '\'`.
pub(crate) fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Nothing is idle for longer, and no subtraction of it leaves the calendar.
const CENTURY: i64 = 36_500;

/// Since before when an account must be idle to have been so for more than `days`.
pub(crate) fn idle_before(db: &Reader, days: i64) -> DateTime<Utc> {
    // Days are compared, so the clock of this machine is as good as the database's and saves a statement.
    SystemClock.now() + db.shift() - Duration::days(days.clamp(0, CENTURY))
}

/// Narrows a boxed query by a text: `text!(query, accounts::email, filter.email)`.
macro_rules! text {
    ($query:ident, $column:expr, $filter:expr) => {
        if let Some(filter) = &$filter {
            use $crate::listing::{escaped, folded, lower};
            if let Some(text) = filter.eq.as_deref() {
                $query = $query.filter($column.nullable().eq(text));
            }
            if let Some(texts) = &filter.in_ {
                $query = $query.filter($column.nullable().eq_any(texts.clone()));
            }
            if let Some(text) = filter.not.as_deref() {
                $query = $query.filter($column.nullable().ne(text).or($column.is_null()));
            }
            if let Some(text) = filter.contains.as_deref() {
                let folded = lower($column.nullable()).like(escaped(&folded(text))).escape('\\');
                $query = $query.filter(folded.or($column.nullable().like(escaped(text)).escape('\\')));
            }
            match filter.is_null {
                Some(true) => $query = $query.filter($column.is_null()),
                Some(false) => $query = $query.filter($column.is_not_null()),
                None => {}
            }
        }
    };
}

/// Narrows a boxed query by a moment: `time!(query, accounts::last_activity_at, filter.last_activity_at)`.
macro_rules! time {
    ($query:ident, $column:expr, $filter:expr) => {
        if let Some(filter) = &$filter {
            use $crate::types::Bind;
            if let Some(at) = filter.gte {
                $query = $query.filter($column.nullable().ge(Bind(Some(at))));
            }
            if let Some(at) = filter.lt {
                $query = $query.filter($column.nullable().lt(Bind(Some(at))));
            }
            match filter.is_null {
                Some(true) => $query = $query.filter($column.is_null()),
                Some(false) => $query = $query.filter($column.is_not_null()),
                None => {}
            }
        }
    };
}

/// Narrows a boxed query to rows whose folded text holds the text.
macro_rules! search {
    ($query:ident, $column:expr, $text:expr) => {
        if let Some(text) = &$text {
            use $crate::listing::{escaped, folded};
            $query = $query.filter($column.like(escaped(&folded(text))).escape('\\'));
        }
    };
}

pub(crate) use {search, text, time};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_the_text_mean_themselves() {
        assert_eq!(escaped(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
