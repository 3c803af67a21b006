//! Conditions and comparisons. Text compares case-insensitively.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::ast::Operator;
use super::path::Path;
use crate::id::Id;
use crate::value::Value;

/// A literal, converted to the type of the compared field.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Null,
    Bool(bool),
    Number(f64),
    /// In lower case.
    Text(String),
    Id(Id),
    /// Seconds since 1970.
    Time(i64),
}

pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Test { left: Path, operator: Operator, right: Operand },
    Ids { left: Path, negated: bool, ids: HashSet<Id> },
}

impl Filter {
    pub(crate) fn accepts<'a>(&self, value: &impl Fn(&Path) -> Value<'a>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.accepts(value)),
            Self::Or(any) => any.iter().any(|one| one.accepts(value)),
            Self::Not(inner) => !inner.accepts(value),
            Self::Test { left, operator, right } => test(&value(left), *operator, right),
            Self::Ids { left, negated, ids } => match value(left) {
                Value::Id(id) => ids.contains(&id) != *negated,
                _ => *negated,
            },
        }
    }
}

fn test(value: &Value<'_>, operator: Operator, right: &Operand) -> bool {
    let ordering = match (value, right) {
        (Value::Null, Operand::Null) => Some(Ordering::Equal),
        (Value::Bool(own), Operand::Bool(other)) => Some(own.cmp(other)),
        (Value::Int(own), Operand::Number(other)) => (*own as f64).partial_cmp(other),
        (Value::Double(own), Operand::Number(other)) => own.partial_cmp(other),
        (Value::Text(own), Operand::Text(other)) => Some(compare_text(own, other)),
        (Value::Id(own), Operand::Id(other)) => Some(own.cmp(other)),
        (Value::Time(own), Operand::Time(other)) => Some(own.cmp(other)),
        // `!=` also matches records without a value.
        _ => None,
    };
    match operator {
        Operator::Equal => ordering == Some(Ordering::Equal),
        Operator::NotEqual => ordering != Some(Ordering::Equal),
        Operator::Less => ordering.is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => ordering.is_some_and(Ordering::is_le),
        Operator::Greater => ordering.is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
    }
}

/// Compares case-insensitively; `lower` is in lower case.
fn compare_text(own: &str, lower: &str) -> Ordering {
    if own.is_ascii() && lower.is_ascii() {
        return own.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(lower.bytes());
    }
    own.to_lowercase().as_str().cmp(lower)
}

/// Orders two values of one field. Null is the smallest.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Id(a), Value::Id(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => compare_text(a, &b.to_lowercase()),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_differs_from_every_value_and_is_never_less() {
        let right = Operand::Text("x".to_owned());
        assert!(test(&Value::Null, Operator::NotEqual, &right));
        assert!(!test(&Value::Null, Operator::Less, &right));
        assert!(test(&Value::Text("X".into()), Operator::Equal, &right));
        assert!(test(&Value::Null, Operator::Equal, &Operand::Null));
        assert!(test(&Value::Text("X".into()), Operator::NotEqual, &Operand::Null));
    }
}
