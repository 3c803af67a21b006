//! Gives a literal the shape of the field it is compared with, or refuses it.

use super::Binder;
use crate::org::id::Id;
use crate::refusal::Refusal;
use crate::schema::{Field, Kind};
use crate::soql::ast::{Literal, Operator};
use crate::soql::dates;
use crate::soql::filter::Operand;

const DAY: i64 = 86_400;

impl Binder<'_> {
    pub(super) fn operand(
        &self,
        field: &Field,
        operator: Operator,
        literal: &Literal,
        at: usize,
    ) -> Result<Operand, Refusal> {
        let kind = field.kind;
        let operand = match literal {
            Literal::Null => Some(Operand::Null),
            Literal::Bool(own) => (kind == Kind::Boolean).then_some(Operand::Bool(*own)),
            Literal::Number(number) => kind.is_number().then_some(Operand::Number(*number)),
            Literal::Text(text) if kind.is_id() => Some(Operand::Id(id(text)?)),
            Literal::Text(text) => kind.is_text().then(|| Operand::Text(folded(text, operator))),
            Literal::Time(time) => (kind == Kind::DateTime).then_some(Operand::Span(*time, *time + 1)),
            Literal::Date(day) => {
                let from = i64::from(*day) * DAY;
                (kind == Kind::Date).then_some(Operand::Span(from, from + DAY))
            }
            Literal::Period { name, count } => {
                let (from, to) = dates::span(name, *count, self.viewer.now);
                matches!(kind, Kind::Date | Kind::DateTime).then_some(Operand::Span(from, to))
            }
        };
        operand.ok_or_else(|| {
            let (wanted, quotes) = match kind {
                Kind::DateTime => ("dateTime", "should not"),
                Kind::Boolean | Kind::Date | Kind::Int | Kind::Double | Kind::Percent => (kind.name(), "should not"),
                _ => ("string", "should"),
            };
            let message = format!(
                "value of filter criterion for field '{}' must be of type {wanted} and {quotes} be enclosed in quotes",
                field.name
            );
            self.refuse("INVALID_FIELD", at, &message)
        })
    }
}

/// LIKE keeps the escapes of its wildcards; every other operator takes them as the characters.
fn folded(text: &str, operator: Operator) -> String {
    let lower = text.to_lowercase();
    if operator == Operator::Like { lower } else { lower.replace("\\%", "%").replace("\\_", "_") }
}

fn id(text: &str) -> Result<Id, Refusal> {
    Id::parse(text).ok_or_else(|| Refusal::bad("INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {text}")))
}
