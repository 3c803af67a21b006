//! Relay connections: paging arguments and pages.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, OutputType, SimpleObject, TypeName};
use seatgraph_store::{PageKey, PageOf, PageRequest};

use super::context::{HasRequest as _, RequestContext};
use super::cursor;
use super::error::{self, Result};
use super::scalars::int;
use crate::edge::DEFAULT_PAGE_SIZE;

/// The paging arguments of a field.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl Paging {
    /// Creates the arguments of a list that is only paged forwards.
    pub(crate) fn forward(first: Option<i32>, after: Option<String>) -> Self {
        Self { first, after, ..Self::default() }
    }

    /// Validates the arguments. `listing` names the list and its order; cursors of any other are refused.
    pub(crate) fn read(&self, listing: &str) -> Result<PageRequest> {
        if self.first.is_some() && self.last.is_some() {
            return Err(error::bad_input("last", "cannot be combined with `first`"));
        }
        let last = self.last.map(|rows| size("last", rows)).transpose()?;
        let first = match (self.first, last) {
            (Some(rows), _) => Some(size("first", rows)?),
            (None, Some(_)) => None,
            (None, None) => Some(DEFAULT_PAGE_SIZE),
        };
        let after = position("after", self.after.as_deref(), listing)?;
        let before = position("before", self.before.as_deref(), listing)?;
        Ok(PageRequest { first, last, after, before })
    }

    /// Returns the page size and the sequence number to start after, for a list with sequence numbers.
    pub(crate) fn read_numbered(&self, listing: &str) -> Result<(u32, i64)> {
        let rows = self.first.map_or(Ok(DEFAULT_PAGE_SIZE), |rows| size("first", rows))?;
        let Some(text) = &self.after else { return Ok((rows, 0)) };
        let after = cursor::decode(listing, text).ok_or_else(|| foreign("after"))?;
        Ok((rows, after))
    }
}

/// Reads the size of a page. The edge refuses one beyond `limits.page_size` when it prices the request.
fn size(argument: &str, rows: i32) -> Result<u32> {
    u32::try_from(rows).map_err(|_| error::bad_input(argument, "must not be negative"))
}

fn position(argument: &str, text: Option<&str>, listing: &str) -> Result<Option<PageKey>> {
    let Some(text) = text else { return Ok(None) };
    cursor::decode(listing, text).map(Some).ok_or_else(|| foreign(argument))
}

fn foreign(argument: &str) -> async_graphql::Error {
    error::bad_input(
        argument,
        "is not a cursor of this list and order; use a cursor from a page with the same arguments",
    )
}

/// A type that is listed in pages.
pub(crate) trait Paged: OutputType + Send + Sync + Sized {
    /// What the total count needs: the filter of the list.
    type Total: Send + Sync;

    fn count(request: &RequestContext, total: &Self::Total) -> impl Future<Output = Result<i64>> + Send;
}

/// A page of a list.
#[derive(SimpleObject)]
#[graphql(complex, name_type)]
pub(crate) struct Connection<T: Paged> {
    /// The items of the page with their cursors.
    edges: Vec<Edge<T>>,
    /// Information about the page.
    page_info: PageInfo,
    #[graphql(skip)]
    total: T::Total,
}

#[ComplexObject]
impl<T: Paged> Connection<T> {
    /// The items of the page.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Number of items in all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i32> {
        T::count(ctx.request()?, &self.total).await.map(int)
    }
}

impl<T: Paged> Connection<T> {
    /// Converts a page that the store returned.
    pub(crate) fn of<R>(listing: &str, page: PageOf<R>, total: T::Total, node: impl Fn(R) -> T) -> Self {
        let listing: Arc<str> = listing.into();
        let rows = page.rows.into_iter().map(|(position, row)| {
            let position = ListPosition { listing: Arc::clone(&listing), row: RowPosition::Key(position) };
            Edge { node: node(row), position }
        });
        Self::around(rows.collect(), page.has_previous, page.has_next, total)
    }

    /// Converts rows with sequence numbers.
    pub(crate) fn numbered(
        listing: &str,
        rows: Vec<(i64, T)>,
        has_previous: bool,
        has_next: bool,
        total: T::Total,
    ) -> Self {
        let listing: Arc<str> = listing.into();
        let edges = rows.into_iter().map(|(number, node)| {
            let position = ListPosition { listing: Arc::clone(&listing), row: RowPosition::Number(number) };
            Edge { node, position }
        });
        Self::around(edges.collect(), has_previous, has_next, total)
    }

    fn around(edges: Vec<Edge<T>>, has_previous_page: bool, has_next_page: bool, total: T::Total) -> Self {
        let position = |edge: Option<&Edge<T>>| edge.map(|edge| edge.position.clone());
        let page_info =
            PageInfo { has_next_page, has_previous_page, ends: [position(edges.first()), position(edges.last())] };
        Self { edges, page_info, total }
    }
}

impl<T: Paged> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// An item of a page with its cursor.
#[derive(SimpleObject)]
#[graphql(complex, name_type)]
pub(crate) struct Edge<T: Paged> {
    /// The item.
    node: T,
    #[graphql(skip)]
    position: ListPosition,
}

#[ComplexObject]
impl<T: Paged> Edge<T> {
    /// Cursor of the item, for the arguments `after` and `before`.
    async fn cursor(&self) -> String {
        self.position.cursor()
    }
}

impl<T: Paged> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// Information about a page of a list.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct PageInfo {
    /// Whether there are more items after this page.
    has_next_page: bool,
    /// Whether there are more items before this page.
    has_previous_page: bool,
    #[graphql(skip)]
    ends: [Option<ListPosition>; 2],
}

#[ComplexObject]
impl PageInfo {
    /// Cursor of the last item, for the argument `after`. Null if the page is empty.
    async fn end_cursor(&self) -> Option<String> {
        self.ends[1].as_ref().map(ListPosition::cursor)
    }

    /// Cursor of the first item, for the argument `before`. Null if the page is empty.
    async fn start_cursor(&self) -> Option<String> {
        self.ends[0].as_ref().map(ListPosition::cursor)
    }
}

/// Position of a row in its list. It is encoded as a cursor only if the cursor is selected.
#[derive(Debug, Clone)]
struct ListPosition {
    listing: Arc<str>,
    row: RowPosition,
}

#[derive(Debug, Clone)]
enum RowPosition {
    Key(PageKey),
    Number(i64),
}

impl ListPosition {
    fn cursor(&self) -> String {
        match &self.row {
            RowPosition::Key(key) => cursor::encode(&self.listing, key),
            RowPosition::Number(number) => cursor::encode(&self.listing, number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(paging: &Paging) -> String {
        paging.read("accounts").unwrap_err().message
    }

    #[test]
    fn a_page_that_names_no_size_has_twenty_rows() {
        let request = Paging::default().read("accounts").unwrap();
        assert_eq!((request.first, request.last), (Some(20), None));
    }

    #[test]
    fn last_counts_from_the_end() {
        let request = Paging { last: Some(3), ..Paging::default() }.read("accounts").unwrap();
        assert_eq!((request.first, request.last), (None, Some(3)));
    }

    #[test]
    fn first_and_last_together_are_refused_by_name() {
        let both = Paging { first: Some(1), last: Some(1), ..Paging::default() };
        assert_eq!(refused(&both), "argument `last` cannot be combined with `first`");
    }

    #[test]
    fn a_negative_page_is_refused_by_name() {
        let negative = Paging { last: Some(-1), ..Paging::default() };
        assert_eq!(refused(&negative), "argument `last` must not be negative");
    }

    #[test]
    fn a_cursor_of_another_list_is_refused_by_name() {
        let before = cursor::encode("subscriptions", &7);
        let foreign = Paging { before: Some(before), ..Paging::default() };
        assert_eq!(
            refused(&foreign),
            "argument `before` is not a cursor of this list and order; use a cursor from a page with the same arguments"
        );
    }
}
