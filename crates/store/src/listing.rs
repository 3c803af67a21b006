//! Lists in pages: what a page is asked with, what it answers, and the places between rows.
//!
//! Every list has a total order, a key and then the id. Where a key may be missing, a missing one counts as smaller
//! than every other, so that a list read backwards is the same list.

pub(crate) mod aliases;
mod filter;
pub(crate) mod jobs;
mod keyed;
pub(crate) mod profiles;
pub(crate) mod runs;
mod sql;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use filter::{StringFilter, TimeFilter};
pub(crate) use filter::{coalesce, escaped, folded, idle_before, lower, search, text, time};
pub(crate) use keyed::{by_key, grouped};
pub(crate) use sql::{Side, by_optional_time, by_text, by_time, exclusive, inclusive, sorted};

use crate::{Error, Result};

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The smallest first.
    Asc,
    /// The largest first.
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

/// Rows of a page that names no size.
const DEFAULT_SIZE: u32 = 20;

/// Which part of a list is asked for: `first` rows from the beginning, or `last` rows up to the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// So many rows from the beginning; 20 when neither this nor `last` is given.
    pub first: Option<u32>,
    /// So many rows up to the end; counts only without `first`.
    pub last: Option<u32>,
    /// Only rows after this place.
    pub after: Option<PageKey>,
    /// Only rows before this place.
    pub before: Option<PageKey>,
}

/// One page of a list, each row with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOf<T> {
    /// The rows in the list's order, whichever end they were counted from.
    pub rows: Vec<(PageKey, T)>,
    /// Whether rows follow. Before a place something does: the row of the place.
    pub has_next: bool,
    /// Whether rows precede. After a place something does: the row of the place.
    pub has_previous: bool,
}

/// The place of a row in one list and order; serialised, it is what a cursor holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageKey {
    order: Cow<'static, str>,
    key: Key,
    id: Uuid,
}

/// What a list goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Key {
    /// A moment, or none.
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

/// How a page is read: which way the statement runs, how far, and between which places.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    order: &'static str,
    direction: Direction,
    size: u32,
    from_the_end: bool,
    request: &'a PageRequest,
}

impl PageRequest {
    /// Plans a page of the list and order named `order`; places of any other are refused.
    pub(crate) fn plan(&self, order: &'static str, direction: Direction) -> Result<Plan<'_>> {
        if self.after.iter().chain(&self.before).any(|place| place.order != order) {
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
    /// The way the statement runs: a page from the end is read backwards.
    pub(crate) fn sort(&self) -> Direction {
        if self.from_the_end { self.direction.reversed() } else { self.direction }
    }

    /// One row more than asked for tells whether there is more.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// The places to stay between, each with the side of it where the rows are.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = (Side, &PageKey)> {
        let [after, before] = match self.direction {
            Direction::Asc => [Side::Greater, Side::Less],
            Direction::Desc => [Side::Less, Side::Greater],
        };
        let after = self.request.after.iter().map(move |place| (after, place));
        after.chain(self.request.before.iter().map(move |place| (before, place)))
    }

    /// Makes the page out of what the statement gave.
    pub(crate) fn page<T>(&self, mut rows: Vec<T>, place: impl Fn(&T) -> (Key, Uuid)) -> PageOf<T> {
        let size = self.size as usize;
        let more = rows.len() > size;
        rows.truncate(size);
        if self.from_the_end {
            rows.reverse();
        }
        let (after, before) = (self.request.after.is_some(), self.request.before.is_some());
        let (has_previous, has_next) =
            if self.from_the_end { (more || after, before) } else { (after, more || before) };
        let placed = |row| {
            let (key, id) = place(&row);
            (PageKey { order: Cow::Borrowed(self.order), key, id }, row)
        };
        PageOf { rows: rows.into_iter().map(placed).collect(), has_next, has_previous }
    }
}
