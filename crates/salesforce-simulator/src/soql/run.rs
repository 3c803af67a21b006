//! Runs a plan: finds the rows, evaluates the condition, and sorts.

use std::cmp::Ordering;

use super::filter;
use super::narrow::{self, Access};
use super::path::Path;
use super::plan::{Plan, Sort};
pub(crate) use super::selection::Selection;
use crate::id::Id;
use crate::org::Org;
use crate::org::rows::Row;
use crate::refusal::Refusal;
use crate::schema::{Field, Table};
use crate::user_context::UserContext;
use crate::value::Value;

const DAY: i64 = 86_400;

/// Selects the rows of a plan that the user can see.
pub(crate) fn select(org: &Org, context: &UserContext, plan: &Plan) -> Result<Selection, Refusal> {
    check_window(context, plan)?;
    Ok(within(org, context, plan, plan.limit.unwrap_or(u64::MAX)))
}

/// Selects the rows of a plan like a bulk job: in chunks by id, so that no chunk times out.
/// A query with an order or a limit is not split into chunks.
pub(crate) fn select_in_chunks(org: &Org, context: &UserContext, plan: &Plan) -> Result<Selection, Refusal> {
    if plan.order.is_empty() && plan.limit.is_none() {
        return Ok(within(org, context, plan, u64::MAX));
    }
    select(org, context, plan)
}

fn within(org: &Org, context: &UserContext, plan: &Plan, limit: u64) -> Selection {
    let direction = natural(&plan.order);
    let access = narrow::access(org, plan);
    if let (Access::Span { from, to, exact: true }, Some(Direction::Ascending)) = (&access, direction)
        && org.is_dense(plan.object)
        && !context.is_restricted(plan.object)
    {
        let end = org.last_ordinal(plan.object);
        let from = (*from).min(end);
        let to = (*to).min(end).max(from);
        return Selection::Span { from, to: to.min(from.saturating_add(limit)) };
    }
    let enough = usize::try_from(limit).unwrap_or(usize::MAX);
    let reader = Reader { org, context, plan, enough };
    let by_time = plan.object.table == Table::LoginHistory && login_order(&plan.order).is_some();
    let mut rows = match access {
        _ if limit == 0 => Vec::new(),
        Access::Logins { from, to } => reader.logins(from, to),
        Access::Span { .. } if by_time => reader.logins(i64::MIN, i64::MAX),
        Access::Rows(rows) => reader.in_natural_order(rows.into_iter(), direction),
        Access::Span { from, to, .. } => reader.in_natural_order(org.ordinals(plan.object, from, to), direction),
    };
    rows.truncate(enough);
    Selection::List(rows)
}

/// The values of an id field in the selected rows, for a semi-join.
pub(crate) fn ids(org: &Org, context: &UserContext, plan: &Plan, field: &Field) -> Result<Vec<Id>, Refusal> {
    let selection = select(org, context, plan)?;
    let rows = selection.page(0, u64::MAX).into_iter();
    let ids = rows.filter_map(|ordinal| {
        let row = org.row(plan.object, ordinal, context.permissions)?;
        match org.value(plan.object, field, ordinal, &row) {
            Value::Id(id) => Some(id),
            _ => None,
        }
    });
    Ok(ids.collect())
}

/// The time-out fault: a query over the object must have a time range below the configured one.
fn check_window(context: &UserContext, plan: &Plan) -> Result<(), Refusal> {
    let Some(fault) = &context.faults.query_timeout else { return Ok(()) };
    if !fault.object.eq_ignore_ascii_case(plan.object.name) {
        return Ok(());
    }
    let narrowest = ["LoginTime", "SystemModstamp", "LastModifiedDate", "CreatedDate", "LastLoginDate"]
        .into_iter()
        .filter_map(|field| {
            let (from, to) = plan.filter.as_ref().map(|filter| narrow::times(filter, field))?;
            (from != i64::MIN).then(|| to.min(context.now).saturating_sub(from))
        })
        .min();
    if narrowest.is_some_and(|seconds| seconds < i64::from(fault.until_days) * DAY) {
        return Ok(());
    }
    Err(Refusal::bad("QUERY_TIMEOUT", "Your query request was running for too long."))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    fn of(sort: &Sort) -> Self {
        if sort.descending { Self::Descending } else { Self::Ascending }
    }
}

/// The direction in which to read the table, if its order is that of the query.
fn natural(order: &[Sort]) -> Option<Direction> {
    match order {
        [] => Some(Direction::Ascending),
        [first, ..] if first.by.is_own("Id") => Some(Direction::of(first)),
        _ => None,
    }
}

/// The direction in which to read the index over login times, if its order is that of the query.
fn login_order(order: &[Sort]) -> Option<Direction> {
    match order {
        [time] if time.by.is_own("LoginTime") => Some(Direction::of(time)),
        [time, id, ..] if time.by.is_own("LoginTime") && id.by.is_own("Id") && time.descending == id.descending => {
            Some(Direction::of(time))
        }
        _ => None,
    }
}

struct Reader<'a> {
    org: &'a Org,
    context: &'a UserContext,
    plan: &'a Plan,
    /// The maximum number of rows.
    enough: usize,
}

impl Reader<'_> {
    /// Reads a row, if the user can see it and the condition accepts it.
    fn accepted(&self, ordinal: u64) -> Option<Row> {
        let Self { org, context, plan, .. } = self;
        let row = org.row(plan.object, ordinal, context.permissions)?;
        let value = |path: &Path| path.value(org, context, plan.object, ordinal, &row);
        let is_accepted = context.sees_row(org, plan.object, &row)
            && plan.filter.as_ref().is_none_or(|filter| filter.accepts(&value));
        is_accepted.then_some(row)
    }

    fn in_natural_order(
        &self,
        ordinals: impl DoubleEndedIterator<Item = u64>,
        direction: Option<Direction>,
    ) -> Vec<u64> {
        match direction {
            Some(Direction::Ascending) => self.first(ordinals),
            Some(Direction::Descending) => self.first(ordinals.rev()),
            None => self.sorted(ordinals),
        }
    }

    fn first(&self, ordinals: impl Iterator<Item = u64>) -> Vec<u64> {
        ordinals.filter(|ordinal| self.accepted(*ordinal).is_some()).take(self.enough).collect()
    }

    fn logins(&self, from: i64, to: i64) -> Vec<u64> {
        let index = self.org.logins();
        let first = index.partition_point(|(time, _)| *time < from);
        let last = index.partition_point(|(time, _)| *time < to).max(first);
        let rows = index[first..last].iter().map(|(_, ordinal)| *ordinal);
        match (login_order(&self.plan.order), natural(&self.plan.order)) {
            (Some(Direction::Ascending), _) => self.first(rows),
            (Some(Direction::Descending), _) => self.first(rows.rev()),
            (None, direction) => {
                let mut rows: Vec<u64> = rows.collect();
                rows.sort_unstable();
                self.in_natural_order(rows.into_iter(), direction)
            }
        }
    }

    fn sorted(&self, ordinals: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut rows: Vec<(Vec<Value<'_>>, u64)> = ordinals
            .filter_map(|ordinal| {
                let row = self.accepted(ordinal)?;
                let keys = self
                    .plan
                    .order
                    .iter()
                    .map(|sort| sort.by.value(self.org, self.context, self.plan.object, ordinal, &row));
                Some((keys.collect(), ordinal))
            })
            .collect();
        rows.sort_by(|(left, left_row), (right, right_row)| {
            by_keys(&self.plan.order, left, right).then(left_row.cmp(right_row))
        });
        rows.into_iter().map(|(_, ordinal)| ordinal).collect()
    }
}

/// Compares two lists of sort keys, each in its own direction. Null is the smallest.
fn by_keys(order: &[Sort], left: &[Value<'_>], right: &[Value<'_>]) -> Ordering {
    let keys = order.iter().zip(left.iter().zip(right));
    keys.map(|(sort, (left, right))| {
        let ordering = filter::compare(left, right);
        if sort.descending { ordering.reverse() } else { ordering }
    })
    .find(|ordering| ordering.is_ne())
    .unwrap_or(Ordering::Equal)
}
