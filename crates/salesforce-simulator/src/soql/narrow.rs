//! Chooses how a query reads rows, so that a keyset query does not scan the whole table.

use super::ast::Operator;
use super::filter::{Filter, Operand};
use super::plan::Plan;
use crate::id::Id;
use crate::org::Org;
use crate::schema::{LinkTable, Object, Table};

/// The rows to read. The condition is evaluated on each of them.
pub(crate) enum Access {
    /// A list of ordinals, ascending.
    Rows(Vec<u64>),
    /// Ordinals from (inclusive) and to (exclusive).
    Span { from: u64, to: u64, exact: bool },
    /// Logins from (inclusive) and to (exclusive), in seconds.
    Logins { from: i64, to: i64 },
}

pub(crate) fn access(org: &Org, plan: &Plan) -> Access {
    let Some(filter) = &plan.filter else {
        return Access::Span { from: 0, to: u64::MAX, exact: true };
    };
    let object = plan.object;
    if let Some(ids) = ids(filter, "Id") {
        let mut rows: Vec<u64> = ids.into_iter().filter_map(|id| org.ordinal(object, id)).collect();
        rows.sort_unstable();
        rows.dedup();
        return Access::Rows(rows);
    }
    if let Some(ids) = user_field(object).and_then(|field| ids(filter, field)) {
        let mut users: Vec<u32> = ids.into_iter().filter_map(|id| org.user_index(id)).collect();
        users.sort_unstable();
        users.dedup();
        return Access::Rows(org.ordinals_of_users(object, &users));
    }
    if object.table == Table::LoginHistory {
        let (from, to) = times(filter, "LoginTime");
        if (from, to) != (i64::MIN, i64::MAX) {
            return Access::Logins { from, to };
        }
    }
    let (from, to) = span(org, object, filter);
    Access::Span { from, to, exact: is_span(filter) }
}

/// The field that references the user of a row.
fn user_field(object: &Object) -> Option<&'static str> {
    match object.table {
        Table::LoginHistory | Table::UserLogin | Table::Link(LinkTable::Package) => Some("UserId"),
        Table::Link(_) => Some("AssigneeId"),
        _ => None,
    }
}

/// The ids to which the condition limits the field; `None` if it does not.
fn ids(filter: &Filter, field: &str) -> Option<Vec<Id>> {
    match filter {
        Filter::And(terms) => terms.iter().find_map(|term| ids(term, field)),
        Filter::Or(terms) => {
            let lists: Option<Vec<Vec<Id>>> = terms.iter().map(|term| ids(term, field)).collect();
            lists.map(|lists| lists.concat())
        }
        Filter::Ids { left, negated: false, ids } if left.is_own(field) => Some(ids.iter().copied().collect()),
        Filter::Test { left, operator: Operator::Equal, right: Operand::Id(id) } if left.is_own(field) => {
            Some(vec![*id])
        }
        _ => None,
    }
}

/// The range of times to which the condition limits the field, from (inclusive) and to (exclusive), in seconds.
pub(crate) fn times(filter: &Filter, field: &str) -> (i64, i64) {
    const ALL: (i64, i64) = (i64::MIN, i64::MAX);
    match filter {
        Filter::And(terms) => terms.iter().fold(ALL, |(from, to), term| {
            let (own_from, own_to) = times(term, field);
            (from.max(own_from), to.min(own_to))
        }),
        Filter::Or(terms) => terms.iter().fold((i64::MAX, i64::MIN), |(from, to), term| {
            let (own_from, own_to) = times(term, field);
            (from.min(own_from), to.max(own_to))
        }),
        Filter::Test { left, operator, right: Operand::Time(at) } if left.is_own(field) => match operator {
            Operator::Equal => (*at, *at + 1),
            Operator::Less => (i64::MIN, *at),
            Operator::LessOrEqual => (i64::MIN, *at + 1),
            Operator::Greater => (*at + 1, i64::MAX),
            Operator::GreaterOrEqual => (*at, i64::MAX),
            Operator::NotEqual => ALL,
        },
        _ => ALL,
    }
}

/// The range of ordinals to which the condition limits the id of the row.
fn span(org: &Org, object: &Object, filter: &Filter) -> (u64, u64) {
    const ALL: (u64, u64) = (0, u64::MAX);
    match filter {
        Filter::And(terms) => terms.iter().fold(ALL, |(from, to), term| {
            let (own_from, own_to) = span(org, object, term);
            (from.max(own_from), to.min(own_to))
        }),
        Filter::Or(terms) => terms.iter().fold((u64::MAX, 0), |(from, to), term| {
            let (own_from, own_to) = span(org, object, term);
            (from.min(own_from), to.max(own_to))
        }),
        Filter::Test { left, operator, right: Operand::Id(id) } if left.is_own("Id") => {
            let Some(at) = org.ordinal(object, *id) else { return ALL };
            match operator {
                Operator::Less => (0, at),
                Operator::LessOrEqual => (0, at + 1),
                Operator::Greater => (at + 1, u64::MAX),
                Operator::GreaterOrEqual => (at, u64::MAX),
                _ => ALL,
            }
        }
        _ => ALL,
    }
}

/// Says whether the condition is only a range of ids.
fn is_span(filter: &Filter) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(is_span),
        Filter::Test { left, operator, right: Operand::Id(id) } => {
            let compares = !matches!(operator, Operator::Equal | Operator::NotEqual);
            left.is_own("Id") && compares && id.prefix() == left.object.prefix
        }
        _ => false,
    }
}
