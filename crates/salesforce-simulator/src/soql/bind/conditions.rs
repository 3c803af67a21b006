//! Binds conditions: checks fields, operators and literals.

use super::Binder;
use crate::id::Id;
use crate::refusal::Refusal;
use crate::schema::{Field, Kind, Object};
use crate::soql::ast::{Condition, Literal, Name, Operator};
use crate::soql::filter::{Filter, Operand};
use crate::soql::path::Path;

impl Binder<'_> {
    pub(super) fn filter(&self, condition: &Condition, object: &'static Object) -> Result<Filter, Refusal> {
        let all = |conditions: &[Condition]| -> Result<Vec<Filter>, Refusal> {
            conditions.iter().map(|condition| self.filter(condition, object)).collect()
        };
        Ok(match condition {
            Condition::And(terms) => Filter::And(all(terms)?),
            Condition::Or(terms) => Filter::Or(all(terms)?),
            Condition::Not(inner) => Filter::Not(Box::new(self.filter(inner, object)?)),
            Condition::Compare { left, operator, right } => {
                let path = self.filterable(left, object)?;
                self.check_operator(path.field, *operator, left.at)?;
                let right = self.operand(path.field, right, left.at)?;
                Filter::Test { left: path, operator: *operator, right }
            }
            Condition::In { left, negated, right } => {
                let path = self.filterable(left, object)?;
                self.membership(path, *negated, right, left.at)?
            }
            Condition::InQuery { left, negated, right } => {
                let path = self.filterable(left, object)?;
                if !path.field.kind.is_id() {
                    let message = "semi join sub-selects are only allowed on id and reference fields";
                    return Err(self.refuse("MALFORMED_QUERY", left.at, message));
                }
                let ids = self.inner_ids(right)?.into_iter().collect();
                Filter::Ids { left: path, negated: *negated, ids }
            }
        })
    }

    fn filterable(&self, name: &Name, object: &'static Object) -> Result<Path, Refusal> {
        let path = self.path(name, object)?;
        let ended = path.field.filter_until.is_some_and(|version| self.context.version >= version);
        if !path.field.filterable || ended {
            let message = format!("field '{}' can not be filtered in a query call", path.field.name);
            return Err(self.refuse("INVALID_QUERY_FILTER_OPERATOR", name.at, &message));
        }
        Ok(path)
    }

    fn check_operator(&self, field: &Field, operator: Operator, at: usize) -> Result<(), Refusal> {
        if field.kind != Kind::Boolean || matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Ok(());
        }
        let message = format!("invalid operator on {} field", field.kind.name());
        Err(self.refuse("INVALID_QUERY_FILTER_OPERATOR", at, &message))
    }

    fn membership(&self, path: Path, negated: bool, right: &[Literal], at: usize) -> Result<Filter, Refusal> {
        let operands: Vec<Operand> =
            right.iter().map(|literal| self.operand(path.field, literal, at)).collect::<Result<_, _>>()?;
        let ids = operands.iter().map(|operand| match operand {
            Operand::Id(id) => Some(*id),
            _ => None,
        });
        if let Some(ids) = ids.collect() {
            return Ok(Filter::Ids { left: path, negated, ids });
        }
        let equals =
            operands.into_iter().map(|right| Filter::Test { left: path.clone(), operator: Operator::Equal, right });
        let any = Filter::Or(equals.collect());
        Ok(if negated { Filter::Not(Box::new(any)) } else { any })
    }

    /// Converts a literal to the type of the compared field.
    fn operand(&self, field: &Field, literal: &Literal, at: usize) -> Result<Operand, Refusal> {
        let kind = field.kind;
        let operand = match literal {
            Literal::Null => Some(Operand::Null),
            Literal::Bool(own) => (kind == Kind::Boolean).then_some(Operand::Bool(*own)),
            Literal::Number(number) => kind.is_number().then_some(Operand::Number(*number)),
            Literal::Text(text) if kind.is_id() => Some(Operand::Id(id(text)?)),
            Literal::Text(text) => kind.is_text().then(|| Operand::Text(text.to_lowercase())),
            Literal::Time(time) => (kind == Kind::DateTime).then_some(Operand::Time(*time)),
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

fn id(text: &str) -> Result<Id, Refusal> {
    Id::parse(text).ok_or_else(|| Refusal::bad("INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {text}")))
}
