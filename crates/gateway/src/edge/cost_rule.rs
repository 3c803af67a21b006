//! The cost rules. They determine the cost of requests, and the schema publishes them as `@cost` and `@listSize`.
//!
//! | field | weight | size |
//! |---|--:|---|
//! | a leaf | 0 | |
//! | an object | 1 | 1 |
//! | a connection | 1 | its page, for its `nodes` and `edges` |
//! | `edges` of a connection | 0, so that both ways to a row cost the same | the page |
//! | `totalCount` of a connection | [`COUNT`] | |
//! | a list with `first` or `last` | 1 | the page |
//! | a list with an argument of ids | 1 | the ids given, [`IDS`] at most |
//! | any other list | 1 | [`SHORT_LIST`] |
//! | a field of `Mutation` | [`MUTATION`] more | |
//!
//! A field costs its size times the sum of its weight and what its selections cost: a page of 50 with three joined objects
//! costs 1 + 50 × (1 + 3) = 201.

/// Rows of a page that names no size.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// Objects that one request may name by their ids in one list.
pub(crate) const IDS: u64 = 200;
/// Rows assumed of a list that has neither a page size nor ids; such lists are bounded by their nature.
pub(crate) const SHORT_LIST: u64 = 4;
/// The weight of a mutation beyond what it returns.
const MUTATION: u64 = 10;
/// The weight of a count: the database reads all rows of the list.
const COUNT: u64 = 10;

/// The properties of a field's definition that decide its cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldShape<'a> {
    pub(crate) parent: &'a str,
    pub(crate) name: &'a str,
    /// The field's type without lists and non-null marks.
    pub(crate) inner: &'a str,
    pub(crate) is_list: bool,
    /// A scalar or an enum.
    pub(crate) is_leaf: bool,
    /// A field of the root of mutations.
    pub(crate) is_mutation: bool,
    /// It has an argument `first` or `last` of type `Int`.
    pub(crate) pages: bool,
    /// Its first argument that takes a list, such as `ids`.
    pub(crate) ids: Option<&'a str>,
}

/// What one field costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CostRule<'a> {
    pub(crate) weight: u64,
    pub(crate) size: Size<'a>,
}

/// How often the weight and the selections of a field count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size<'a> {
    /// Once.
    One,
    /// Once; its `nodes` and `edges` as often as the page has rows.
    Connection,
    /// As often as the page of its connection has rows.
    Row,
    /// As often as the page has rows.
    Page,
    /// As often as the argument of this name has items.
    Ids(&'a str),
    /// [`SHORT_LIST`] times.
    Short,
}

impl<'a> CostRule<'a> {
    pub(crate) fn of(shape: FieldShape<'a>) -> Self {
        let in_connection = is_connection(shape.parent);
        let (weight, size) = match shape {
            FieldShape { is_leaf: true, name: "totalCount", .. } if in_connection => (COUNT, Size::One),
            FieldShape { is_leaf: true, .. } => (0, Size::One),
            FieldShape { name: "nodes", .. } if in_connection => (1, Size::Row),
            FieldShape { name: "edges", .. } if in_connection => (0, Size::Row),
            FieldShape { inner, .. } if is_connection(inner) => (1, Size::Connection),
            FieldShape { is_list: false, .. } => (1, Size::One),
            FieldShape { pages: true, .. } => (1, Size::Page),
            FieldShape { ids: Some(argument), .. } => (1, Size::Ids(argument)),
            _ => (1, Size::Short),
        };
        Self { weight: if shape.is_mutation { weight + MUTATION } else { weight }, size }
    }
}

fn is_connection(type_name: &str) -> bool {
    type_name.ends_with("Connection")
}
