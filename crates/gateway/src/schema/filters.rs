//! Filters that several inputs share.

use std::str::FromStr;

use async_graphql::{Enum, ID, InputObject};
use seatgraph_store as store;

use super::error::{self, Result};
use super::scalars::DateTime;

/// Filters by a text. All given conditions must match. An empty filter matches everything.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct StringFilter {
    /// Contains this text. Case-insensitive.
    contains: Option<String>,
    /// Equals this text.
    eq: Option<String>,
    /// Equals one of these texts.
    #[graphql(name = "in")]
    any_of: Option<Vec<String>>,
    /// Whether the text is missing.
    is_null: Option<bool>,
    /// Does not equal this text. Matches a missing text.
    not: Option<String>,
}

impl From<StringFilter> for store::StringFilter {
    fn from(filter: StringFilter) -> Self {
        Self { eq: filter.eq, in_: filter.any_of, not: filter.not, contains: filter.contains, is_null: filter.is_null }
    }
}

/// Filters by a time. All given conditions must match. An empty filter matches everything.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct DateTimeFilter {
    /// At or after this time.
    gte: Option<DateTime>,
    /// Whether the time is missing.
    is_null: Option<bool>,
    /// Before this time.
    lt: Option<DateTime>,
}

impl From<DateTimeFilter> for store::TimeFilter {
    fn from(filter: DateTimeFilter) -> Self {
        Self { gte: filter.gte.map(|at| at.0), lt: filter.lt.map(|at| at.0), is_null: filter.is_null }
    }
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Direction")]
pub(crate) enum Direction {
    /// Ascending: smallest, earliest or alphabetically first values first.
    Asc,
    /// Descending: largest, latest or alphabetically last values first.
    Desc,
}

/// Parses an ID in a filter. `argument` is the path that an error names.
pub(crate) fn id<I: FromStr>(argument: &str, id: Option<&ID>) -> Result<Option<I>> {
    let Some(id) = id else { return Ok(None) };
    id.parse().map(Some).map_err(|_| error::bad_input(argument, "is not an ID of the expected type"))
}

/// Validates a number of days.
pub(crate) fn days(argument: &str, days: Option<i32>) -> Result<Option<i64>> {
    match days {
        Some(days) if days < 0 => Err(error::bad_input(argument, "must not be negative")),
        days => Ok(days.map(i64::from)),
    }
}

/// Converts a list of enum values.
pub(crate) fn each<A: Into<B>, B>(values: Option<Vec<A>>) -> Option<Vec<B>> {
    values.map(|values| values.into_iter().map(Into::into).collect())
}
