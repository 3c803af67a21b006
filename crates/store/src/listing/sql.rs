//! Row comparisons in SQL, `(key, id) > (…, …)`, which both databases answer from an index, and sorting in a direction that
//! is known at run time only.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Nullable};

use super::Direction;

/// On which side of a key rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Less,
    Greater,
}

/// Compares columns with values lexicographically.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowCompare<L, R> {
    columns: L,
    values: R,
    side: Side,
    /// Whether equal rows match too.
    inclusive: bool,
}

/// Matches rows whose `columns` are on that side of `values`; rows with a NULL among the columns never match.
pub(crate) fn exclusive<L, R>(columns: L, values: R, side: Side) -> RowCompare<L, R>
where
    L: Expression,
    R: Expression<SqlType = L::SqlType>,
{
    RowCompare { columns, values, side, inclusive: false }
}

/// The same, with rows that equal `values`.
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

/// A sort key and its direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorted<E> {
    expression: E,
    direction: Direction,
    optional: bool,
}

/// Sorts by `expression`; `optional` fixes the position of NULLs, for which the databases have different defaults.
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

/// Limits a boxed query to the bounds of a plan and orders it by a text and the id.
macro_rules! by_text {
    ($query:ident, $plan:expr, $key:expr, $id:expr) => {{
        use ::diesel::sql_types::Text;
        use $crate::listing::{exclusive, sorted};
        use $crate::types::{Bind, sql::SqlUuid};
        for (side, bound) in $plan.bounds() {
            let at = (bound.text()?.into_sql::<Text>(), Bind(bound.id()).into_sql::<SqlUuid>());
            $query = $query.filter(exclusive(($key, $id), at, side));
        }
        $query.order((sorted($key, $plan.sort(), false), sorted($id, $plan.sort(), false)))
    }};
}

/// The same by a time that is never NULL.
macro_rules! by_time {
    ($query:ident, $plan:expr, $key:expr, $id:expr) => {{
        use $crate::listing::{exclusive, sorted};
        use $crate::types::{
            Bind,
            sql::{SqlTimestamp, SqlUuid},
        };
        for (side, bound) in $plan.bounds() {
            let time = bound.time()?.ok_or($crate::Error::CursorMismatch)?;
            let at = (Bind(time).into_sql::<SqlTimestamp>(), Bind(bound.id()).into_sql::<SqlUuid>());
            $query = $query.filter(exclusive(($key, $id), at, side));
        }
        $query.order((sorted($key, $plan.sort(), false), sorted($id, $plan.sort(), false)))
    }};
}

/// The same by a time; NULL counts as the earliest.
macro_rules! by_optional_time {
    ($query:ident, $plan:expr, $key:expr, $id:expr) => {{
        use ::diesel::sql_types::Nullable;
        use $crate::listing::{Side, exclusive, sorted};
        use $crate::types::{
            Bind,
            sql::{SqlTimestamp, SqlUuid},
        };
        for (side, bound) in $plan.bounds() {
            let (time, id) = (bound.time()?, Bind(bound.id()));
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
