//! The objects and columns that an organisation shows. Hidden ones are absent, like those it does not have.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use seatgraph_core::{Error, ErrorKind, Finding, Process, Result};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::errors::{COLUMN, ENTITY, is_hidden_object};
use crate::findings;
use crate::query::{Continue, Org, Select};

/// What an organisation shows of one object.
#[derive(Debug)]
pub(crate) struct Description {
    /// The visible columns, and whether the connection may change each.
    columns: HashMap<String, bool>,
    is_updateable: bool,
    is_deletable: bool,
}

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    updateable: bool,
    #[serde(default)]
    deletable: bool,
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    #[serde(default)]
    updateable: bool,
}

impl From<Described> for Description {
    fn from(described: Described) -> Self {
        let columns = described.fields.into_iter().map(|field| (field.name, field.updateable));
        Self { columns: columns.collect(), is_updateable: described.updateable, is_deletable: described.deletable }
    }
}

impl Description {
    /// Says whether the connection may change `column`, or delete rows where no column is named.
    pub(crate) fn allows_write(&self, column: Option<&str>) -> bool {
        match column {
            Some(column) => self.is_updateable && self.columns.get(column) == Some(&true),
            None => self.is_deletable,
        }
    }
}

/// Describes `object`; `None` when the organisation does not show it.
async fn describe(org: &Org, object: &str) -> Result<Option<Description>> {
    match org.get::<Described>(&format!("/sobjects/{object}/describe")).await {
        Ok(described) => Ok(Some(described.into())),
        Err(e) if e.kind() == ErrorKind::NotFound || is_hidden_object(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The columns to read of an object. All of them are queried until the organisation refuses one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) object: &'static str,
    /// The process that reads it.
    pub(crate) process: Process,
    /// Columns without which a row has no meaning.
    pub(crate) needed: &'static [&'static str],
    /// Columns that may be hidden, each with what is lost then.
    pub(crate) optional: &'static [(&'static str, &'static str)],
}

impl Table {
    fn columns(&self) -> Vec<&'static str> {
        self.needed.iter().copied().chain(self.optional.iter().map(|(column, _)| *column)).collect()
    }

    /// The findings for hidden columns.
    fn findings(&self, hidden: &[&'static str]) -> Vec<Finding> {
        let lost = self.optional.iter().filter(|(column, _)| hidden.contains(column));
        lost.map(|(column, lost)| findings::field_hidden(self.process, self.object, column, lost)).collect()
    }
}

/// Rows as JSON, and the findings for their hidden columns.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) found: Vec<Value>,
    pub(crate) findings: Vec<Finding>,
}

impl Rows {
    pub(crate) fn append(&mut self, mut more: Self) {
        self.found.append(&mut more.found);
        self.findings = more.findings;
    }
}

/// The columns of one object. A column for which a query was refused is left out of later queries.
#[derive(Debug)]
pub(crate) struct Columns {
    object: &'static str,
    /// Whether the object is described before it is queried.
    describe_first: bool,
    /// Read when first needed; `None` if the organisation does not show the object.
    description: OnceCell<Option<Description>>,
    refused: Mutex<HashSet<&'static str>>,
}

impl Columns {
    pub(crate) fn described(object: &'static str) -> Self {
        Self { describe_first: true, ..Self::undescribed(object) }
    }

    /// For objects with few columns: a query that is refused shows which are hidden.
    pub(crate) fn undescribed(object: &'static str) -> Self {
        Self { object, describe_first: false, description: OnceCell::new(), refused: Mutex::default() }
    }

    /// The description of the object; `None` when the organisation does not show it.
    pub(crate) async fn description(&self, org: &Org) -> Result<Option<&Description>> {
        Ok(self.description.get_or_try_init(|| describe(org, self.object)).await?.as_ref())
    }

    /// Reads all columns of `table`, and again without those that the organisation refuses.
    pub(crate) async fn read(
        &self,
        org: &Org,
        table: &Table,
        select: &Select,
        continue_after: Continue,
    ) -> Result<Rows> {
        let wanted = table.columns();
        loop {
            let Some(split) = self.split(org, &wanted).await? else { return Ok(Rows::default()) };
            let select = select.clone().columns(split.shown.iter().copied());
            match org.read(&select, continue_after).await {
                Err(e)
                    if !self.refused_columns(&e, &split).iter().any(|c| table.needed.contains(c))
                        && self.remember_hidden(&e, &split) => {}
                found => return Ok(Rows { found: found?, findings: table.findings(&split.hidden) }),
            }
        }
    }

    /// Splits `wanted` into visible and hidden columns; `None` when the object itself is hidden.
    pub(crate) async fn split(&self, org: &Org, wanted: &[&'static str]) -> Result<Option<ColumnSplit>> {
        let description = if self.describe_first { self.description(org).await? } else { None };
        if self.describe_first && description.is_none() {
            return Ok(None);
        }
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        // The description of an object does not list the columns of its parents.
        let is_described =
            |column: &str| column.contains('.') || description.is_none_or(|known| known.columns.contains_key(column));
        let shown = |column: &&&'static str| is_described(column) && !refused.contains(**column);
        let (shown, hidden) = wanted.iter().partition::<Vec<_>, _>(shown);
        Ok(Some(ColumnSplit { shown, hidden }))
    }

    /// Remembers the columns for which a query was refused, and says whether to query again without them.
    pub(crate) fn remember_hidden(&self, error: &Error, split: &ColumnSplit) -> bool {
        let columns = self.refused_columns(error, split);
        if columns.len() == split.shown.len() {
            return false;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = refused.len();
        refused.extend(columns);
        refused.len() > known
    }

    /// The columns for which a query was refused.
    fn refused_columns(&self, error: &Error, split: &ColumnSplit) -> Vec<&'static str> {
        let Some(hidden) = error.get(COLUMN) else { return Vec::new() };
        let is_it = |column: &&&'static str| is_named(self.object, column, hidden, error.get(ENTITY));
        split.shown.iter().filter(is_it).copied().collect()
    }
}

/// Says whether `column` of `object`, or a relationship on the way to it, is the one that an error names.
fn is_named(object: &str, column: &str, hidden: &str, entity: Option<&str>) -> bool {
    let (way, name) = column.rsplit_once('.').unwrap_or(("", column));
    // The relationships in use have the names of the objects they lead to.
    let owner = way.rsplit('.').next().filter(|last| !last.is_empty()).unwrap_or(object);
    column.eq_ignore_ascii_case(hidden) && entity.is_none_or(|entity| entity.eq_ignore_ascii_case(object))
        || way.split('.').any(|step| step.eq_ignore_ascii_case(hidden))
        || name.eq_ignore_ascii_case(hidden) && entity.is_some_and(|entity| entity.eq_ignore_ascii_case(owner))
}

/// The wanted columns, divided into visible and hidden ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnSplit {
    pub(crate) shown: Vec<&'static str>,
    pub(crate) hidden: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(value: Value) -> Description {
        serde_json::from_value::<Described>(value).unwrap().into()
    }

    #[test]
    fn a_write_needs_both_the_object_and_the_field() {
        let user = |object, field| {
            let field = json!({ "name": "IsActive", "updateable": field });
            described(json!({ "updateable": object, "fields": [field] })).allows_write(Some("IsActive"))
        };
        assert!(user(true, true));
        assert!(!user(true, false) && !user(false, true));
        let hidden = described(json!({ "updateable": true, "fields": [] }));
        assert!(!hidden.allows_write(Some("IsActive")) && !hidden.allows_write(None));
        assert!(described(json!({ "deletable": true, "fields": [] })).allows_write(None));
    }

    #[test]
    fn an_error_is_matched_to_the_column_it_names() {
        let table = [
            ("Name", "Name", Some("User"), true),
            ("Name", "name", None, true),
            ("Name", "Name", Some("Profile"), false),
            ("Profile.Name", "Name", Some("Profile"), true),
            ("Profile.Name", "Name", Some("User"), false),
            ("Profile.Name", "Name", None, false),
            ("Profile.UserLicense.Name", "Name", Some("UserLicense"), true),
            ("Profile.UserLicense.Name", "Name", Some("Profile"), false),
            ("Profile.UserLicense.Name", "UserLicense", None, true),
            ("Profile.UserLicense.Name", "Profile", Some("User"), true),
            ("ProfileId", "Profile", None, false),
        ];
        for (column, hidden, entity, expected) in table {
            assert_eq!(is_named("User", column, hidden, entity), expected, "{column}: {hidden} of {entity:?}");
        }
    }
}
