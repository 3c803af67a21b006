//! Keyset pagination: page requests, pages, and the keys of rows.
//!
//! Every list has a total order: a sort key, then the id. A missing sort key counts as smaller than every other, so that a
//! list read backwards is the same list.

mod filter;
mod keyed;
mod sql;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use filter::{StringFilter, TimeFilter};
pub(crate) use filter::{coalesce, escaped, idle_before, lower, search, text, time};
pub(crate) use keyed::{by_key, grouped};
pub(crate) use sql::{Side, by_optional_time, by_text, by_time, exclusive, inclusive, sorted};

use crate::{Error, Result};

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

impl Direction {
    const fn reversed(self) -> Self {
        match self {
            Self::Asc => Self::Desc,
            Self::Desc => Self::Asc,
        }
    }
}

/// Page size if the request has none.
const DEFAULT_SIZE: u32 = 20;

/// A request for a page: the `first` rows from the beginning, or the `last` rows up to the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Number of rows from the beginning; 20 if neither this nor `last` is given.
    pub first: Option<u32>,
    /// Number of rows up to the end; ignored if `first` is given.
    pub last: Option<u32>,
    /// Only rows after this key.
    pub after: Option<PageKey>,
    /// Only rows before this key.
    pub before: Option<PageKey>,
}

/// A page of a list, each row with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOf<T> {
    /// The rows in the order of the list.
    pub rows: Vec<(PageKey, T)>,
    /// Whether rows follow. Always true with `before`: the row of that key follows.
    pub has_next: bool,
    /// Whether rows precede. Always true with `after`: the row of that key precedes.
    pub has_previous: bool,
}

/// The position of a row in one list and order. GraphQL cursors contain it, serialised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageKey {
    order: Cow<'static, str>,
    key: Key,
    id: Uuid,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Key {
    /// A time, or none.
    At(Option<DateTime<Utc>>),
    /// A text.
    Text(String),
    /// The newest activity of an account, or none, and the account.
    Activity(Option<DateTime<Utc>>, Uuid),
    /// Publisher, product and edition.
    Product(String, String, String),
    /// A number that is itself unique.
    Number(i64),
}

impl PageKey {
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn text(&self) -> Result<&str> {
        if let Key::Text(text) = &self.key { Ok(text) } else { Err(Error::CursorMismatch) }
    }

    pub(crate) fn number(&self) -> Result<i64> {
        if let Key::Number(number) = &self.key { Ok(*number) } else { Err(Error::CursorMismatch) }
    }

    pub(crate) fn time(&self) -> Result<Option<DateTime<Utc>>> {
        if let Key::At(at) = &self.key { Ok(*at) } else { Err(Error::CursorMismatch) }
    }

    pub(crate) fn activity(&self) -> Result<(Option<DateTime<Utc>>, Uuid)> {
        if let Key::Activity(at, account) = &self.key { Ok((*at, *account)) } else { Err(Error::CursorMismatch) }
    }

    pub(crate) fn product(&self) -> Result<(&str, &str, &str)> {
        let Key::Product(publisher, product, edition) = &self.key else { return Err(Error::CursorMismatch) };
        Ok((publisher, product, edition))
    }
}

/// How a page is read: sort direction of the statement, limit and bounds.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    order: &'static str,
    direction: Direction,
    size: u32,
    from_the_end: bool,
    request: &'a PageRequest,
}

impl PageRequest {
    /// Plans a page of the list and order named `order`; keys of any other are a [`Error::CursorMismatch`].
    pub(crate) fn plan(&self, order: &'static str, direction: Direction) -> Result<Plan<'_>> {
        if self.after.iter().chain(&self.before).any(|key| key.order != order) {
            return Err(Error::CursorMismatch);
        }
        let (size, from_the_end) = match (self.first, self.last) {
            (Some(first), _) => (first, false),
            (None, Some(last)) => (last, true),
            (None, None) => (DEFAULT_SIZE, false),
        };
        Ok(Plan { order, direction, size, from_the_end, request: self })
    }
}

impl Plan<'_> {
    /// Sort direction of the statement: a page from the end is read backwards.
    pub(crate) fn sort(&self) -> Direction {
        if self.from_the_end { self.direction.reversed() } else { self.direction }
    }

    /// One row more than requested, to know whether there are more.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// The keys that limit the page, each with the side on which the rows are.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = (Side, &PageKey)> {
        let [after, before] = match self.direction {
            Direction::Asc => [Side::Greater, Side::Less],
            Direction::Desc => [Side::Less, Side::Greater],
        };
        let after = self.request.after.iter().map(move |key| (after, key));
        after.chain(self.request.before.iter().map(move |key| (before, key)))
    }

    /// Makes the page from the rows of the statement.
    pub(crate) fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> (Key, Uuid)) -> PageOf<T> {
        let size = self.size as usize;
        let more = rows.len() > size;
        rows.truncate(size);
        if self.from_the_end {
            rows.reverse();
        }
        let (after, before) = (self.request.after.is_some(), self.request.before.is_some());
        let (has_previous, has_next) =
            if self.from_the_end { (more || after, before) } else { (after, more || before) };
        let with_key = |row| {
            let (key, id) = key(&row);
            (PageKey { order: Cow::Borrowed(self.order), key, id }, row)
        };
        PageOf { rows: rows.into_iter().map(with_key).collect(), has_next, has_previous }
    }
}
