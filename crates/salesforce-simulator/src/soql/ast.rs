//! A query as it was written, before the schema had a say.

/// A name or dotted path with its place in the query.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) items: Vec<Item>,
    pub(crate) from: Name,
    pub(crate) alias: Option<String>,
    pub(crate) filter: Option<Condition>,
    pub(crate) group: Vec<Name>,
    pub(crate) having: Option<Condition>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Item {
    Field {
        name: Name,
        alias: Option<Name>,
    },
    /// `COUNT()`, which answers with a number alone.
    CountAll,
    Aggregate {
        call: Call,
        alias: Option<Name>,
    },
    Child(Box<Query>),
    Fields {
        scope: FieldScope,
        at: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldScope {
    All,
    Standard,
    Custom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Min,
    Max,
    Sum,
    Avg,
}

/// An aggregate function over a field.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) argument: Name,
}

#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Field(Name),
    Aggregate(Call),
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) by: Operand,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    Includes,
    Excludes,
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { left: Operand, operator: Operator, right: Literal },
    In { left: Operand, negated: bool, right: Vec<Literal> },
    InQuery { left: Operand, negated: bool, right: Box<Query> },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Seconds since 1970.
    Time(i64),
    /// Days since 1970.
    Date(i32),
    /// `TODAY`, `LAST_N_DAYS:30` and their like.
    Period {
        name: String,
        count: i64,
    },
}
