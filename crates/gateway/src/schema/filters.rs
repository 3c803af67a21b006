//! The pieces that filters are made of.

use std::str::FromStr;

use async_graphql::{Enum, ID, InputObject};
use seatgraph_store as store;

use super::error::{self, Result};
use super::scalars::DateTime;

/// Compares a text. All that is given must hold; an empty filter leaves nothing out.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct StringFilter {
    /// The text holds this, whatever the case.
    contains: Option<String>,
    /// The text is exactly this.
    eq: Option<String>,
    /// The text is one of these.
    #[graphql(name = "in")]
    any_of: Option<Vec<String>>,
    /// Whether there is no text at all.
    is_null: Option<bool>,
    /// The text is anything but this; a missing text counts as different.
    not: Option<String>,
}

impl From<StringFilter> for store::StringFilter {
    fn from(filter: StringFilter) -> Self {
        Self { eq: filter.eq, in_: filter.any_of, not: filter.not, contains: filter.contains, is_null: filter.is_null }
    }
}

/// Compares a moment. All that is given must hold; an empty filter leaves nothing out.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct DateTimeFilter {
    /// The moment is this one or a later one.
    gte: Option<DateTime>,
    /// Whether there is no moment at all.
    is_null: Option<bool>,
    /// The moment is before this one.
    lt: Option<DateTime>,
}

impl From<DateTimeFilter> for store::TimeFilter {
    fn from(filter: DateTimeFilter) -> Self {
        Self { gte: filter.gte.map(|at| at.0), lt: filter.lt.map(|at| at.0), is_null: filter.is_null }
    }
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Direction")]
pub(crate) enum Direction {
    /// The smallest, earliest or alphabetically first comes first.
    Asc,
    /// The largest, latest or alphabetically last comes first.
    Desc,
}

/// Reads an id that a filter names; one that can be no id of its kind is refused by the `argument`'s name.
pub(crate) fn id<I: FromStr>(argument: &str, id: Option<&ID>) -> Result<Option<I>> {
    let Some(id) = id else { return Ok(None) };
    id.parse().map(Some).map_err(|_| error::bad_input(argument, "is not an id of the kind that belongs there"))
}

/// Reads a number of days.
pub(crate) fn days(argument: &str, days: Option<i32>) -> Result<Option<i64>> {
    match days {
        Some(days) if days < 0 => Err(error::bad_input(argument, "must not be negative")),
        days => Ok(days.map(i64::from)),
    }
}

/// Reads a list of enum values.
pub(crate) fn each<A: Into<B>, B>(values: Option<Vec<A>>) -> Option<Vec<B>> {
    values.map(|values| values.into_iter().map(Into::into).collect())
}
