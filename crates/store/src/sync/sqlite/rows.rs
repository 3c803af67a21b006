//! A statement over many rows of values, built as it is sent.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use serde::Serialize;
use uuid::Uuid;

use crate::AccountId;
use crate::types::sql::Guid;

/// One value.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Null,
    Number(i64),
    Text(String),
    Blob(Vec<u8>),
    Guid(Uuid),
}

impl Cell {
    pub(super) fn json(value: &impl Serialize) -> Self {
        Self::Text(serde_json::to_string(value).expect("a map of texts is JSON"))
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Number(value.into())
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Number(value.timestamp_micros())
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<Uuid> for Cell {
    fn from(value: Uuid) -> Self {
        Self::Guid(value)
    }
}

/// `head (…), (…), … tail`
pub(super) struct Rows<'a> {
    pub(super) head: &'a str,
    pub(super) rows: &'a [Vec<Cell>],
    pub(super) tail: &'a str,
}

impl Rows<'_> {
    /// Returns the ids that the statement returns.
    pub(super) fn written(self, c: &mut SqliteConnection) -> QueryResult<HashSet<Uuid>> {
        Returning::<Guid>::of(self).load::<Uuid>(c).map(|ids| ids.into_iter().collect())
    }

    /// Returns the ids and names that the statement returns.
    pub(super) fn named(self, c: &mut SqliteConnection) -> QueryResult<Vec<(String, AccountId)>> {
        let found = Returning::<(Guid, Text)>::of(self).load::<(AccountId, String)>(c)?;
        Ok(found.into_iter().map(|(id, name)| (name, id)).collect())
    }
}

impl QueryFragment<Sqlite> for Rows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        // Its text depends on how many rows there are.
        out.unsafe_to_cache_prepared();
        out.push_sql(self.head);
        for (place, row) in self.rows.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            for (place, cell) in row.iter().enumerate() {
                if place > 0 {
                    out.push_sql(", ");
                }
                match cell {
                    Cell::Null => out.push_sql("NULL"),
                    Cell::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                    Cell::Text(text) => out.push_bind_param::<Text, _>(text)?,
                    Cell::Blob(bytes) => out.push_bind_param::<Binary, _>(bytes)?,
                    Cell::Guid(id) => out.push_bind_param::<Guid, _>(id)?,
                }
            }
            out.push_sql(")");
        }
        out.push_sql(self.tail);
        Ok(())
    }
}

impl QueryId for Rows<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Rows<'_> {}

/// The same, for a statement that returns rows of a type.
struct Returning<'a, ST> {
    rows: Rows<'a>,
    returned: std::marker::PhantomData<ST>,
}

impl<'a, ST> Returning<'a, ST> {
    fn of(rows: Rows<'a>) -> Self {
        Self { rows, returned: std::marker::PhantomData }
    }
}

impl<ST> QueryFragment<Sqlite> for Returning<'_, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.rows.walk_ast(out)
    }
}

impl<ST> QueryId for Returning<'_, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Returning<'_, ST> {
    type SqlType = ST;
}

impl<ST> RunQueryDsl<SqliteConnection> for Returning<'_, ST> {}
