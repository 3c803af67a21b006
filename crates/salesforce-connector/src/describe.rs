//! What an organisation shows of an object: objects and columns that it lacks or hides are absent.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use seatgraph_core::{Error, ErrorKind, Finding, Result};
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::dialect::{CODE, COLUMN};
use crate::query::{Answer, Org, Select};

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

/// Says what to do about what is hidden; an error that means something else stays as it is.
pub(crate) fn explained(error: Error, finding: impl Fn(String) -> Finding) -> Error {
    if !is_hidden(&error) {
        return error;
    }
    let finding = finding(said(&error));
    error.with_kind(ErrorKind::Forbidden).with_finding(finding)
}

/// The columns of one object, described once per link. A column that a query is refused for although describe
/// showed it is left out from then on.
#[derive(Debug)]
pub(crate) struct Columns {
    object: &'static str,
    described: OnceCell<Option<HashSet<String>>>,
    refused: Mutex<HashSet<String>>,
}

impl Columns {
    pub(crate) fn of(object: &'static str) -> Self {
        Self { object, described: OnceCell::new(), refused: Mutex::default() }
    }

    /// Splits `wanted` into what can be asked for and what is hidden; `None` when the object itself is hidden.
    pub(crate) async fn choose(&self, org: &Org, wanted: &[&'static str]) -> Result<Option<Choice>> {
        let described = self.described.get_or_try_init(|| describe(org, self.object)).await?;
        let Some(described) = described else { return Ok(None) };
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = |column: &&&'static str| described.contains(**column) && !refused.contains(**column);
        let (shown, hidden) = wanted.iter().partition::<Vec<_>, _>(shown);
        Ok(Some(Choice { shown, hidden }))
    }

    /// Learns from a refused query; says whether asking again without the column makes sense.
    pub(crate) fn learn(&self, error: &Error, choice: &Choice) -> bool {
        let Some(column) = error.get(COLUMN) else { return false };
        let Some(known) = choice.shown.iter().find(|shown| shown.eq_ignore_ascii_case(column)) else { return false };
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert((*known).to_owned())
    }
}

/// Which of the wanted columns an organisation shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) shown: Vec<&'static str>,
    pub(crate) hidden: Vec<&'static str>,
}

/// Asks for a small object; `None` when the organisation lacks or hides it, with what it said.
pub(crate) async fn query_if_shown(org: &Org, select: &Select) -> Result<std::result::Result<Answer, String>> {
    match org.query(select).await {
        Ok(answer) => Ok(Ok(answer)),
        Err(e) if is_hidden(&e) => Ok(Err(said(&e))),
        Err(e) => Err(e),
    }
}

/// What the organisation said, for a finding.
pub(crate) fn said(error: &Error) -> String {
    match error.get(CODE) {
        Some(code) => crate::findings::seen(code, error.get("said").unwrap_or_default()),
        None => error.message().to_owned(),
    }
}
