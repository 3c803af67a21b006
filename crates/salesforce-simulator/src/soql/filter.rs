//! Conditions and how values compare: text without regard to case, null apart from everything.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::ast::Operator;
use crate::org::id::Id;
use crate::value::Value;

/// A literal in the shape of the field it is compared with.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Null,
    Bool(bool),
    Number(f64),
    /// In lower case.
    Text(String),
    Id(Id),
    /// Seconds from (inclusive) and to (exclusive).
    Span(i64, i64),
}

/// A condition over things of type `L`, which are paths or columns.
pub(crate) enum Filter<L> {
    And(Vec<Filter<L>>),
    Or(Vec<Filter<L>>),
    Not(Box<Filter<L>>),
    Test { left: L, operator: Operator, right: Operand },
    Ids { left: L, negated: bool, ids: HashSet<Id> },
}

impl<L> Filter<L> {
    pub(crate) fn accepts<'a>(&self, value: &impl Fn(&L) -> Value<'a>) -> bool {
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
    let is_null = matches!(value, Value::Null);
    match (operator, right) {
        (Operator::Equal, Operand::Null) => is_null,
        (Operator::NotEqual, Operand::Null) => !is_null,
        (Operator::Like, Operand::Text(pattern)) => match value {
            Value::Text(text) => like(&text.to_lowercase(), pattern),
            _ => false,
        },
        // A record without a value differs from every value.
        (Operator::NotEqual, _) => is_null || order(value, right) != Some(Ordering::Equal),
        _ => order(value, right).is_some_and(|ordering| match operator {
            Operator::Equal => ordering.is_eq(),
            Operator::Less => ordering.is_lt(),
            Operator::LessOrEqual => ordering.is_le(),
            Operator::Greater => ordering.is_gt(),
            Operator::GreaterOrEqual => ordering.is_ge(),
            _ => false,
        }),
    }
}

/// Where the value stands to the literal; inside a span counts as equal.
fn order(value: &Value<'_>, right: &Operand) -> Option<Ordering> {
    let span = |at: i64, from: i64, to: i64| match at {
        at if at < from => Ordering::Less,
        at if at >= to => Ordering::Greater,
        _ => Ordering::Equal,
    };
    match (value, right) {
        (Value::Bool(own), Operand::Bool(other)) => Some(own.cmp(other)),
        (Value::Int(own), Operand::Number(other)) => (*own as f64).partial_cmp(other),
        (Value::Double(own), Operand::Number(other)) => own.partial_cmp(other),
        (Value::Text(own), Operand::Text(other)) => Some(compare_text(own, other)),
        (Value::Id(own), Operand::Id(other)) => Some(own.cmp(other)),
        (Value::Time(own), Operand::Span(from, to)) => Some(span(*own, *from, *to)),
        (Value::Date(own), Operand::Span(from, to)) => Some(span(i64::from(*own) * 86_400, *from, *to)),
        _ => None,
    }
}

/// Compares with a text that is in lower case already.
fn compare_text(own: &str, lower: &str) -> Ordering {
    if own.is_ascii() && lower.is_ascii() {
        return own.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(lower.bytes());
    }
    own.to_lowercase().as_str().cmp(lower)
}

/// Orders two values of one field; null is smaller than everything.
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

/// Matches `%` and `_`, both of which a backslash makes literal.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        parts.push(match char {
            '\\' => (chars.next().unwrap_or('\\'), false),
            other => (other, matches!(other, '%' | '_')),
        });
    }
    // Greedy matching with one point of return, at the last `%`.
    let (mut at, mut part) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match parts.get(part) {
            Some(('%', true)) => {
                back = Some((part, at));
                part += 1;
            }
            Some((char, wild)) if *wild || *char == text[at] => {
                at += 1;
                part += 1;
            }
            _ => match &mut back {
                Some((star, from)) => {
                    *from += 1;
                    (part, at) = (*star + 1, *from);
                }
                None => return false,
            },
        }
    }
    parts[part..].iter().all(|part| *part == ('%', true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_wildcards_and_their_escapes() {
        for (text, pattern, expected) in [
            ("acme", "acme", true),
            ("acme", "ac%", true),
            ("acme", "%me", true),
            ("acme", "a_me", true),
            ("acme", "a_m", false),
            ("acme", "%c%e", true),
            ("100%", "100\\%", true),
            ("1000", "100\\%", false),
            ("", "%", true),
            ("a", "", false),
        ] {
            assert_eq!(like(text, pattern), expected, "{text} like {pattern}");
        }
    }

    #[test]
    fn null_differs_from_every_value_and_is_less_than_none() {
        let right = Operand::Text("x".to_owned());
        assert!(test(&Value::Null, Operator::NotEqual, &right));
        assert!(!test(&Value::Null, Operator::Less, &right));
        assert!(test(&Value::Text("X".into()), Operator::Equal, &right));
    }
}
