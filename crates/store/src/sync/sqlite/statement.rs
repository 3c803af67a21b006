//! A statement over many rows of values, built as it is sent.

use std::collections::HashSet;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Date, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::AccountId;
use crate::records::{Row, Value};
use crate::types::sql::{SqlJson, SqlTimestamp, SqlUuid};

/// `head (…), (…), … tail`
pub(super) struct Statement<'a> {
    pub(super) head: &'a str,
    pub(super) rows: &'a [Row],
    pub(super) tail: &'a str,
}

impl Statement<'_> {
    /// Returns the ids that the statement returns.
    pub(super) fn ids(self, c: &mut SqliteConnection) -> QueryResult<HashSet<Uuid>> {
        Returning::<SqlUuid>::of(self).load::<Uuid>(c).map(|ids| ids.into_iter().collect())
    }

    /// Returns the accounts that the statement returns, by their external ids.
    pub(super) fn accounts(self, c: &mut SqliteConnection) -> QueryResult<Vec<(String, AccountId)>> {
        let found = Returning::<(SqlUuid, Text)>::of(self).load::<(AccountId, String)>(c)?;
        Ok(found.into_iter().map(|(id, name)| (name, id)).collect())
    }
}

impl QueryFragment<Sqlite> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        // Its text depends on how many rows there are.
        out.unsafe_to_cache_prepared();
        out.push_sql(self.head);
        for (place, row) in self.rows.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            for (place, value) in row.iter().enumerate() {
                if place > 0 {
                    out.push_sql(", ");
                }
                match value {
                    Value::Null => out.push_sql("NULL"),
                    Value::Bool(value) => out.push_bind_param::<Bool, _>(value)?,
                    Value::Integer(value) => out.push_bind_param::<BigInt, _>(value)?,
                    Value::Text(value) => out.push_bind_param::<Text, _>(value)?,
                    Value::Date(value) => out.push_bind_param::<Date, _>(value)?,
                    Value::Time(value) => out.push_bind_param::<SqlTimestamp, _>(value)?,
                    Value::Id(value) => out.push_bind_param::<SqlUuid, _>(value)?,
                    Value::Json(value) => out.push_bind_param::<SqlJson, _>(value)?,
                    Value::Bytes(value) => out.push_bind_param::<Binary, _>(value)?,
                }
            }
            out.push_sql(")");
        }
        out.push_sql(self.tail);
        Ok(())
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Statement<'_> {}

/// The same, for a statement that returns rows of a type.
struct Returning<'a, ST> {
    statement: Statement<'a>,
    returned: PhantomData<ST>,
}

impl<'a, ST> Returning<'a, ST> {
    fn of(statement: Statement<'a>) -> Self {
        Self { statement, returned: PhantomData }
    }
}

impl<ST> QueryFragment<Sqlite> for Returning<'_, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.statement.walk_ast(out)
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
