//! Places and orders in SQL: `(key, id) > (…, …)`, which both databases answer from an index, and a sort whose direction
//! is known only when it runs.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Nullable};

use super::Direction;

/// On which side of a place rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Less,
    Greater,
}

/// Compares columns with values, the first column first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowCompare<L, R> {
    columns: L,
    values: R,
    side: Side,
    /// Whether the place itself is among them.
    inclusive: bool,
}

/// Finds rows whose `columns` lie on that side of `values`; one with a missing column lies on neither.
pub(crate) fn exclusive<L, R>(columns: L, values: R, side: Side) -> RowCompare<L, R>
where
    L: Expression,
    R: Expression<SqlType = L::SqlType>,
{
    RowCompare { columns, values, side, inclusive: false }
}

/// The same with the rows at `values` themselves.
pub(crate) fn inclusive<L, R>(columns: L, values: R, side: Side) -> RowCompare<L, R>
where
    L: Expression,
    R: Expression<SqlType = L::SqlType>,
{
    RowCompare { columns, values, side, inclusive: true }
}

impl<L: Expression, R: Expression> Expression for RowCompare<L, R> {
    type SqlType = Nullable<Bool>;
}

impl<L, R, QS> AppearsOnTable<QS> for RowCompare<L, R>
where
    L: AppearsOnTable<QS>,
    R: AppearsOnTable<QS>,
{
}

impl<L, R, GB> ValidGrouping<GB> for RowCompare<L, R> {
    type IsAggregate = is_aggregate::No;
}

impl<L, R> QueryId for RowCompare<L, R> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<L: QueryFragment<DB>, R: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for RowCompare<L, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(match (self.side, self.inclusive) {
            (Side::Less, false) => ") < (",
            (Side::Less, true) => ") <= (",
            (Side::Greater, false) => ") > (",
            (Side::Greater, true) => ") >= (",
        });
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// What a list goes by, and which way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorted<E> {
    expression: E,
    direction: Direction,
    optional: bool,
}

/// Sorts by `expression`; an `optional` one says where those without it stand, which the databases see differently.
pub(crate) fn sorted<E: Expression>(expression: E, direction: Direction, optional: bool) -> Sorted<E> {
    Sorted { expression, direction, optional }
}

impl<E: Expression> Expression for Sorted<E> {
    type SqlType = E::SqlType;
}

impl<E: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Sorted<E> {}

impl<E: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Sorted<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.expression.walk_ast(out.reborrow())?;
        out.push_sql(match (self.direction, self.optional) {
            (Direction::Asc, false) => " ASC",
            (Direction::Desc, false) => " DESC",
            (Direction::Asc, true) => " ASC NULLS FIRST",
            (Direction::Desc, true) => " DESC NULLS LAST",
        });
        Ok(())
    }
}

/// Keeps a boxed query between the places of a plan and orders it by a text and the id.
macro_rules! by_text {
    ($query:ident, $plan:expr, $key:expr, $id:expr) => {{
        use ::diesel::sql_types::Text;
        use $crate::listing::{exclusive, sorted};
        use $crate::types::{Bind, sql::SqlUuid};
        for (side, place) in $plan.bounds() {
            let at = (place.text()?.into_sql::<Text>(), Bind(place.id()).into_sql::<SqlUuid>());
            $query = $query.filter(exclusive(($key, $id), at, side));
        }
        $query.order((sorted($key, $plan.sort(), false), sorted($id, $plan.sort(), false)))
    }};
}

/// The same by a moment that is never missing.
macro_rules! by_time {
    ($query:ident, $plan:expr, $key:expr, $id:expr) => {{
        use $crate::listing::{exclusive, sorted};
        use $crate::types::{
            Bind,
            sql::{SqlTimestamp, SqlUuid},
        };
        for (side, place) in $plan.bounds() {
            let time = place.time()?.ok_or($crate::Error::CursorMismatch)?;
            let at = (Bind(time).into_sql::<SqlTimestamp>(), Bind(place.id()).into_sql::<SqlUuid>());
            $query = $query.filter(exclusive(($key, $id), at, side));
        }
        $query.order((sorted($key, $plan.sort(), false), sorted($id, $plan.sort(), false)))
    }};
}

/// The same by a moment that may be missing, which then counts as the earliest.
macro_rules! by_optional_time {
    ($query:ident, $plan:expr, $key:expr, $id:expr) => {{
        use ::diesel::sql_types::Nullable;
        use $crate::listing::{Side, exclusive, sorted};
        use $crate::types::{
            Bind,
            sql::{SqlTimestamp, SqlUuid},
        };
        for (side, place) in $plan.bounds() {
            let (time, id) = (place.time()?, Bind(place.id()));
            let at = (Bind(time).into_sql::<Nullable<SqlTimestamp>>(), id.into_sql::<SqlUuid>());
            let known = exclusive(($key, $id), at, side);
            $query = match (time, side) {
                (Some(_), Side::Greater) => $query.filter(known),
                (Some(_), Side::Less) => $query.filter(known.or($key.is_null())),
                (None, Side::Greater) => $query.filter($key.is_not_null().or($id.gt(id))),
                (None, Side::Less) => $query.filter($key.is_null().and($id.lt(id))),
            };
        }
        $query.order((sorted($key, $plan.sort(), true), sorted($id, $plan.sort(), false)))
    }};
}

pub(crate) use {by_optional_time, by_text, by_time};
