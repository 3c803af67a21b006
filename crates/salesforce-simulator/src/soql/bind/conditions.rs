//! Binds WHERE: which fields may be filtered, by which operators, with what.

use super::{Binder, Scope};
use crate::refusal::Refusal;
use crate::schema::{Field, Kind};
use crate::soql::ast::{Condition, Literal, Name, Operand as Left, Operator};
use crate::soql::filter::{Filter, Operand};
use crate::soql::plan::Path;

impl Binder<'_> {
    pub(super) fn filter(&self, condition: &Condition, scope: &Scope<'_>) -> Result<Filter<Path>, Refusal> {
        let all = |conditions: &[Condition]| -> Result<Vec<Filter<Path>>, Refusal> {
            conditions.iter().map(|condition| self.filter(condition, scope)).collect()
        };
        Ok(match condition {
            Condition::And(terms) => Filter::And(all(terms)?),
            Condition::Or(terms) => Filter::Or(all(terms)?),
            Condition::Not(inner) => Filter::Not(Box::new(self.filter(inner, scope)?)),
            Condition::Compare { left, operator, right } => {
                let (path, name) = self.filterable(left, scope)?;
                self.check_operator(path.field, *operator, name.at)?;
                let right = self.operand(path.field, *operator, right, name.at)?;
                Filter::Test { left: path, operator: *operator, right }
            }
            Condition::In { left, negated, right } => {
                let (path, name) = self.filterable(left, scope)?;
                self.membership(path, *negated, right, name.at)?
            }
            Condition::InQuery { left, negated, right } => {
                let (path, name) = self.filterable(left, scope)?;
                if !path.field.kind.is_id() {
                    let message = "semi join sub-selects are only allowed on id and reference fields";
                    return Err(self.refuse("MALFORMED_QUERY", name.at, message));
                }
                let ids = self.inner_ids(right)?.into_iter().collect();
                Filter::Ids { left: path, negated: *negated, ids }
            }
        })
    }

    fn filterable<'n>(&self, left: &'n Left, scope: &Scope<'_>) -> Result<(Path, &'n Name), Refusal> {
        let name = match left {
            Left::Field(name) => name,
            Left::Aggregate(call) => {
                let message = "aggregate functions are only allowed in the HAVING clause";
                return Err(self.refuse("MALFORMED_QUERY", call.argument.at, message));
            }
        };
        let path = self.path(name, scope)?;
        let ended = path.field.filter_until.is_some_and(|version| self.viewer.version >= version);
        if !path.field.filterable || ended {
            let message = format!("field '{}' can not be filtered in a query call", path.field.name);
            return Err(self.refuse("INVALID_QUERY_FILTER_OPERATOR", name.at, &message));
        }
        Ok((path, name))
    }

    fn check_operator(&self, field: &Field, operator: Operator, at: usize) -> Result<(), Refusal> {
        let fits = match operator {
            Operator::Equal | Operator::NotEqual => true,
            Operator::Like => field.kind.is_text() && field.like,
            Operator::Includes | Operator::Excludes => false,
            _ => field.kind != Kind::Boolean,
        };
        if fits {
            return Ok(());
        }
        let message = format!("invalid operator on {} field", field.kind.name());
        Err(self.refuse("INVALID_QUERY_FILTER_OPERATOR", at, &message))
    }

    fn membership(&self, path: Path, negated: bool, right: &[Literal], at: usize) -> Result<Filter<Path>, Refusal> {
        let operands: Vec<Operand> = right
            .iter()
            .map(|literal| self.operand(path.field, Operator::Equal, literal, at))
            .collect::<Result<_, _>>()?;
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
}
