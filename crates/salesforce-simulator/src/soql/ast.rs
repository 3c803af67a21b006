//! The syntax tree of a query, before it is bound to the schema.

/// A name or dotted path with its position in the query.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) columns: Columns,
    pub(crate) from: Name,
    pub(crate) filter: Option<Condition>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) enum Columns {
    /// `COUNT()`: the response has a number and no records.
    Count,
    Fields(Vec<Name>),
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) by: Name,
    pub(crate) descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { left: Name, operator: Operator, right: Literal },
    In { left: Name, negated: bool, right: Vec<Literal> },
    InQuery { left: Name, negated: bool, right: Box<Query> },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Seconds since 1970.
    Time(i64),
}
