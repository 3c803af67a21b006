//! The pieces of filters, and how they become conditions.

use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::{Bool, Nullable, Text};
use seatgraph_core::{Clock as _, SystemClock};

use crate::Reader;

/// Conditions on a text. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringFilter {
    /// Equal to this.
    pub eq: Option<String>,
    /// One of these.
    pub in_: Option<Vec<String>>,
    /// Not equal to this; a missing text matches.
    pub not: Option<String>,
    /// Contains this. ASCII letters match in either case; others as written here or in lower case.
    pub contains: Option<String>,
    /// Whether it is missing.
    pub is_null: Option<bool>,
}

/// Conditions on a time. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeFilter {
    /// This time or later.
    pub gte: Option<DateTime<Utc>>,
    /// Before this time.
    pub lt: Option<DateTime<Utc>>,
    /// Whether it is missing.
    pub is_null: Option<bool>,
}

diesel::define_sql_function! { fn lower(text: Nullable<Text>) -> Nullable<Text>; }
diesel::define_sql_function! { fn coalesce(value: Nullable<Bool>, otherwise: Bool) -> Bool; }

/// The pattern of texts that contain `text`; its wildcards are escaped for `ESCAPE '\'`.
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

/// Maximum of idle days, within the range of dates.
const CENTURY: i64 = 36_500;

/// The time before which an account that is idle for more than `days` was last active.
pub(crate) fn idle_before(db: &Reader, days: i64) -> DateTime<Utc> {
    // Days are compared, so the clock of this machine is as good as the database's and saves a statement.
    SystemClock.now() + db.shift() - Duration::days(days.clamp(0, CENTURY))
}

/// Filters a boxed query by a text: `text!(query, accounts::email, filter.email)`.
macro_rules! text {
    ($query:ident, $column:expr, $filter:expr) => {
        if let Some(filter) = &$filter {
            use $crate::listing::{escaped, lower};
            use $crate::records::folded;
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

/// Filters a boxed query by a time: `time!(query, accounts::last_activity_at, filter.last_activity_at)`.
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

/// Filters a boxed query to rows whose folded text contains the text.
macro_rules! search {
    ($query:ident, $column:expr, $text:expr) => {
        if let Some(text) = &$text {
            use $crate::listing::escaped;
            use $crate::records::folded;
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
