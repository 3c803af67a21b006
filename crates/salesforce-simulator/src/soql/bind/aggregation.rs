//! Binds GROUP BY, aggregate functions, HAVING and the order of groups.

use super::{Binder, Scope, sort};
use crate::refusal::Refusal;
use crate::soql::ast::{Call, Condition, Function, Item, Literal, Name, Operand as Left, Operator, Query};
use crate::soql::filter::{Filter, Operand};
use crate::soql::plan::{Aggregation, Column, Path};

impl Binder<'_> {
    pub(super) fn aggregation(&self, query: &Query, scope: &Scope<'_>) -> Result<Aggregation, Refusal> {
        let mut keys = Vec::new();
        for name in &query.group {
            let path = self.path(name, scope)?;
            if !path.field.groupable {
                let message = format!("field '{}' can not be grouped in a query call", path.field.name);
                return Err(self.refuse("MALFORMED_QUERY", name.at, &message));
            }
            keys.push(path);
        }
        let mut bound = Aggregation { keys, calls: Vec::new(), columns: Vec::new(), having: None, order: Vec::new() };
        self.columns(query, scope, &mut bound)?;
        if let Some(condition) = &query.having {
            bound.having = Some(self.having(condition, scope, &mut bound)?);
        }
        for entry in &query.order {
            let column = self.column(&entry.by, scope, &mut bound)?;
            bound.order.push(sort(column, entry));
        }
        Ok(bound)
    }

    fn columns(&self, query: &Query, scope: &Scope<'_>, bound: &mut Aggregation) -> Result<(), Refusal> {
        let mut unnamed = 0;
        for item in &query.items {
            let (name, column) = match item {
                Item::Field { name, alias } => {
                    let column = self.key_column(name, scope, bound)?;
                    let Column::Key(index) = column else { continue };
                    let own = bound.keys[index].field.name.to_owned();
                    (alias.as_ref().map_or(own, |alias| alias.text.clone()), column)
                }
                Item::Aggregate { call, alias } => {
                    let column = self.call_column(call, scope, bound)?;
                    (self.call_name(alias.as_ref(), &mut unnamed), column)
                }
                Item::CountAll => {
                    let argument = Name { text: "Id".to_owned(), at: 0 };
                    let call = Call { function: Function::Count, argument };
                    (self.call_name(None, &mut unnamed), self.call_column(&call, scope, bound)?)
                }
                Item::Child(child) => {
                    return Err(self.refuse("MALFORMED_QUERY", child.from.at, "subqueries can not be grouped"));
                }
                Item::Fields { at, .. } => {
                    return Err(self.refuse("MALFORMED_QUERY", *at, "FIELDS can not be grouped"));
                }
            };
            bound.columns.push((name, column));
        }
        Ok(())
    }

    fn call_name(&self, alias: Option<&Name>, unnamed: &mut usize) -> String {
        match alias {
            Some(alias) => alias.text.clone(),
            None => {
                *unnamed += 1;
                format!("expr{}", *unnamed - 1)
            }
        }
    }

    fn key_column(&self, name: &Name, scope: &Scope<'_>, bound: &Aggregation) -> Result<Column, Refusal> {
        let path = self.path(name, scope)?;
        let same = |key: &Path| {
            key.field.name == path.field.name
                && key.hops.len() == path.hops.len()
                && key.hops.iter().zip(&path.hops).all(|(a, b)| a.0.name == b.0.name)
        };
        let found = bound.keys.iter().position(same).map(Column::Key);
        found.ok_or_else(|| {
            let message = format!("Field must be grouped or aggregated: {}", path.field.name);
            self.refuse("MALFORMED_QUERY", name.at, &message)
        })
    }

    fn call_column(&self, call: &Call, scope: &Scope<'_>, bound: &mut Aggregation) -> Result<Column, Refusal> {
        let path = self.path(&call.argument, scope)?;
        let numeric = matches!(call.function, Function::Sum | Function::Avg);
        if numeric && !path.field.kind.is_number() {
            let message = format!("field {} does not support aggregate operator", path.field.name);
            return Err(self.refuse("MALFORMED_QUERY", call.argument.at, &message));
        }
        bound.calls.push((call.function, path));
        Ok(Column::Call(bound.calls.len() - 1))
    }

    fn column(&self, left: &Left, scope: &Scope<'_>, bound: &mut Aggregation) -> Result<Column, Refusal> {
        match left {
            Left::Aggregate(call) => self.call_column(call, scope, bound),
            Left::Field(name) => {
                let aliased = bound.columns.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name.text));
                match aliased {
                    Some((_, column)) => Ok(*column),
                    None => self.key_column(name, scope, bound),
                }
            }
        }
    }

    fn having(
        &self,
        condition: &Condition,
        scope: &Scope<'_>,
        bound: &mut Aggregation,
    ) -> Result<Filter<Column>, Refusal> {
        let mut all = |terms: &[Condition]| -> Result<Vec<Filter<Column>>, Refusal> {
            terms.iter().map(|term| self.having(term, scope, bound)).collect()
        };
        Ok(match condition {
            Condition::And(terms) => Filter::And(all(terms)?),
            Condition::Or(terms) => Filter::Or(all(terms)?),
            Condition::Not(inner) => Filter::Not(Box::new(self.having(inner, scope, bound)?)),
            Condition::Compare { left, operator, right } => {
                let column = self.column(left, scope, bound)?;
                let right = self.having_operand(column, *operator, right, bound)?;
                Filter::Test { left: column, operator: *operator, right }
            }
            Condition::In { left, negated, right } => {
                let column = self.column(left, scope, bound)?;
                let mut tests = Vec::new();
                for literal in right {
                    let right = self.having_operand(column, Operator::Equal, literal, bound)?;
                    tests.push(Filter::Test { left: column, operator: Operator::Equal, right });
                }
                let any = Filter::Or(tests);
                if *negated { Filter::Not(Box::new(any)) } else { any }
            }
            Condition::InQuery { right, .. } => {
                return Err(self.refuse("MALFORMED_QUERY", right.from.at, "unexpected token: 'SELECT'"));
            }
        })
    }

    fn having_operand(
        &self,
        column: Column,
        operator: Operator,
        literal: &Literal,
        bound: &Aggregation,
    ) -> Result<Operand, Refusal> {
        let field = match column {
            Column::Key(index) => bound.keys[index].field,
            Column::Call(index) => match (&bound.calls[index], literal) {
                ((Function::Min | Function::Max, path), _) => path.field,
                (_, Literal::Number(number)) => return Ok(Operand::Number(*number)),
                _ => return Err(self.refuse("MALFORMED_QUERY", 0, "HAVING compares a count with a number")),
            },
        };
        self.operand(field, operator, literal, 0)
    }
}
