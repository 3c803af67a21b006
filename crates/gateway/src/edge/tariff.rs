//! How the price of a field comes about, by its definition alone, and the formula that tells it to people.

/// Rows assumed of a list that has no page size; such lists are bounded by their nature.
pub(crate) const LIST_ROWS: u64 = 4;
/// What a mutation costs beyond what it returns.
pub(crate) const MUTATION: u64 = 10;
/// What the count of a connection's rows costs: the database goes through all of them.
pub(crate) const COUNT: u64 = 10;

/// What of a field's definition decides its price.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) parent: &'a str,
    pub(crate) name: &'a str,
    /// The field's type without lists and marks.
    pub(crate) inner: &'a str,
    pub(crate) is_list: bool,
    /// It takes the size of a page: an argument `first` of type `Int`.
    pub(crate) pages: bool,
    /// Its first argument that takes a list, such as `ids`.
    pub(crate) asked: Option<&'a str>,
}

/// How the price of a field that has selections comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tariff<'a> {
    /// One object.
    Object,
    /// A connection, paid for with each row of its page.
    Connection,
    /// The rows of a connection.
    Row,
    /// The edges of a connection, which are free: both ways to a row cost the same.
    Edge,
    /// A list that takes the size of its page.
    Page,
    /// A list of what is asked for by the argument named.
    Asked(&'a str),
    /// A list that is short by its nature.
    List,
}

impl<'a> Tariff<'a> {
    pub(crate) fn of(shape: Shape<'a>) -> Self {
        match shape {
            Shape { parent, name: "nodes", .. } if is_connection(parent) => Self::Row,
            Shape { parent, name: "edges", .. } if is_connection(parent) => Self::Edge,
            Shape { inner, .. } if is_connection(inner) => Self::Connection,
            Shape { is_list: false, .. } => Self::Object,
            Shape { pages: true, .. } => Self::Page,
            Shape { asked: Some(argument), .. } => Self::Asked(argument),
            _ => Self::List,
        }
    }
}

/// Says whether a field is the count of a connection's rows, for which the database goes through all of them.
pub(crate) fn is_count(parent: &str, name: &str) -> bool {
    name == "totalCount" && is_connection(parent)
}

/// The price of a field as arithmetic that a person can do; `None` when it is free or priced with its connection.
pub(crate) fn formula(shape: Shape<'_>, has_selections: bool, is_mutation: bool) -> Option<String> {
    let formula = match has_selections.then(|| Tariff::of(shape)) {
        None if is_count(shape.parent, shape.name) => Some(COUNT.to_string()),
        None | Some(Tariff::Row | Tariff::Edge) => None,
        Some(Tariff::Object) => Some("1".to_owned()),
        Some(Tariff::Connection) => Some("1 + page size × (1 + what a row selects)".to_owned()),
        Some(Tariff::Page) => Some("page size × (1 + what a row selects)".to_owned()),
        Some(Tariff::Asked(argument)) => Some(format!("count of `{argument}` × (1 + what a row selects)")),
        Some(Tariff::List) => Some(format!("{LIST_ROWS} × (1 + what a row selects)")),
    };
    match (formula, is_mutation) {
        (formula, false) => formula,
        (None, true) => Some(MUTATION.to_string()),
        (Some(formula), true) => Some(format!("{MUTATION} + {formula}")),
    }
}

fn is_connection(type_name: &str) -> bool {
    type_name.ends_with("Connection")
}
