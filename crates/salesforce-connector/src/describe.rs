//! What an organisation shows of an object: objects and columns that it lacks or hides are absent.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use seatgraph_core::{Error, ErrorKind, Finding, Process, Result};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::dialect::{CODE, COLUMN, ENTITY};
use crate::findings;
use crate::query::{GoOn, Org, Select};

#[derive(Deserialize)]
struct Described {
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
}

/// Reads the columns of `object` that the organisation shows; `None` when it does not show the object.
pub(crate) async fn describe(org: &Org, object: &str) -> Result<Option<HashSet<String>>> {
    match org.get::<Described>(&format!("/sobjects/{object}/describe")).await {
        Ok(described) => Ok(Some(described.fields.into_iter().map(|field| field.name).collect())),
        Err(e) if e.kind() == ErrorKind::NotFound || is_hidden_object(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Says whether an error means that the organisation lacks or hides an object.
pub(crate) fn is_hidden_object(error: &Error) -> bool {
    const CODES: [&str; 5] = [
        "INVALID_TYPE",
        "INVALID_TYPE_FOR_OPERATION",
        "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
    ];
    error.get(CODE).is_some_and(|code| CODES.contains(&code))
}

/// Says whether an error means that the organisation hides an object, or a column that was asked for.
pub(crate) fn is_hidden(error: &Error) -> bool {
    is_hidden_object(error) || error.get(CODE) == Some("INVALID_FIELD")
}

/// Says whether the organisation answered that it does not give something, for whatever reason of its own; for what
/// can be done without.
pub(crate) fn is_withheld(error: &Error) -> bool {
    use ErrorKind::{NotFound, Refused, Unexpected, Unsupported};
    is_hidden(error) || matches!(error.kind(), NotFound | Refused | Unexpected | Unsupported)
}

/// Says what to do about what is hidden; an error that means something else stays as it is.
pub(crate) fn explained(error: Error, finding: impl Fn(String) -> Finding) -> Error {
    if !is_hidden(&error) {
        return error;
    }
    let finding = finding(said(&error));
    error.with_kind(ErrorKind::Forbidden).with_finding(finding)
}

/// What is asked of an object whose columns are taken to be there until one is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) object: &'static str,
    /// Columns without which a row says nothing.
    pub(crate) needed: &'static [&'static str],
    /// Columns that may be hidden, and what is lost then.
    pub(crate) optional: &'static [(&'static str, &'static str)],
}

impl Table {
    fn columns(&self) -> Vec<&'static str> {
        self.needed.iter().copied().chain(self.optional.iter().map(|(column, _)| *column)).collect()
    }

    /// Says what is lost with the columns that are hidden.
    fn findings(&self, hidden: &[&'static str]) -> Vec<Finding> {
        let lost = self.optional.iter().filter(|(column, _)| hidden.contains(column));
        lost.map(|(column, without)| {
            findings::field_hidden(Process::DownloadSubscriptions, self.object, column, without)
        })
        .collect()
    }
}

/// Rows as they came, and what is to be said about the columns that they lack.
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

/// The columns of one object, described once per link where describing pays. A column that a query is refused for
/// is left out from then on.
#[derive(Debug)]
pub(crate) struct Columns {
    object: &'static str,
    described: Option<OnceCell<Option<HashSet<String>>>>,
    refused: Mutex<HashSet<&'static str>>,
}

impl Columns {
    pub(crate) fn of(object: &'static str) -> Self {
        Self { object, described: Some(OnceCell::new()), refused: Mutex::default() }
    }

    /// For objects of few columns: what is hidden shows when it is asked for.
    pub(crate) fn undescribed(object: &'static str) -> Self {
        Self { object, described: None, refused: Mutex::default() }
    }

    /// Asks for all columns of `table`, and again without those that the organisation refuses.
    pub(crate) async fn read(&self, org: &Org, table: &Table, select: &Select, go_on: GoOn) -> Result<Rows> {
        let wanted = table.columns();
        loop {
            let Some(choice) = self.choose(org, &wanted).await? else { return Ok(Rows::default()) };
            let select = select.clone().columns(choice.shown.iter().copied());
            match org.read(&select, go_on).await {
                Err(e)
                    if !self.refusal(&e, &choice).iter().any(|c| table.needed.contains(c))
                        && self.learn(&e, &choice) => {}
                found => return Ok(Rows { found: found?, findings: table.findings(&choice.hidden) }),
            }
        }
    }

    /// Splits `wanted` into what can be asked for and what is hidden; `None` when the object itself is hidden.
    pub(crate) async fn choose(&self, org: &Org, wanted: &[&'static str]) -> Result<Option<Choice>> {
        let described = match &self.described {
            Some(described) => {
                let Some(known) = described.get_or_try_init(|| describe(org, self.object)).await? else {
                    return Ok(None);
                };
                Some(known)
            }
            None => None,
        };
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        // What lies behind a relationship is described elsewhere.
        let is_described = |column: &str| column.contains('.') || described.is_none_or(|known| known.contains(column));
        let shown = |column: &&&'static str| is_described(column) && !refused.contains(**column);
        let (shown, hidden) = wanted.iter().partition::<Vec<_>, _>(shown);
        Ok(Some(Choice { shown, hidden }))
    }

    /// Learns from a refused query; says whether asking again without the column makes sense.
    pub(crate) fn learn(&self, error: &Error, choice: &Choice) -> bool {
        let refusal = self.refusal(error, choice);
        if refusal.len() == choice.shown.len() {
            return false;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = refused.len();
        refused.extend(refusal);
        refused.len() > known
    }

    /// The columns that a refused query was refused for.
    fn refusal(&self, error: &Error, choice: &Choice) -> Vec<&'static str> {
        let Some(hidden) = error.get(COLUMN) else { return Vec::new() };
        let is_it = |column: &&&'static str| is_hidden_as(self.object, column, hidden, error.get(ENTITY));
        choice.shown.iter().filter(is_it).copied().collect()
    }
}

/// Says whether `column` of `object`, or a relationship on the way to it, is what the organisation calls `hidden`.
fn is_hidden_as(object: &str, column: &str, hidden: &str, entity: Option<&str>) -> bool {
    let (way, name) = column.rsplit_once('.').unwrap_or(("", column));
    // The relationships asked along are called like what they lead to.
    let owner = way.rsplit('.').next().filter(|last| !last.is_empty()).unwrap_or(object);
    column.eq_ignore_ascii_case(hidden) && entity.is_none_or(|entity| entity.eq_ignore_ascii_case(object))
        || way.split('.').any(|step| step.eq_ignore_ascii_case(hidden))
        || name.eq_ignore_ascii_case(hidden) && entity.is_some_and(|entity| entity.eq_ignore_ascii_case(owner))
}

/// Which of the wanted columns an organisation shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) shown: Vec<&'static str>,
    pub(crate) hidden: Vec<&'static str>,
}

/// What the organisation said, for a finding.
pub(crate) fn said(error: &Error) -> String {
    match error.get(CODE) {
        Some(code) => findings::seen(code, error.get("said").unwrap_or_default()),
        None => match error.get("status") {
            Some(status) => format!("{} (HTTP {status})", error.message()),
            None => error.message().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_about_the_column_of_the_object_it_names() {
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
            assert_eq!(is_hidden_as("User", column, hidden, entity), expected, "{column}: {hidden} of {entity:?}");
        }
    }
}
