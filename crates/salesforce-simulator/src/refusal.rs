//! Errors of the REST API.

use serde_json::{Value, json};

/// An HTTP status with the error code and message of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) fields: Vec<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), fields: Vec::new() }
    }

    pub(crate) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub(crate) fn with_field(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(crate) fn method() -> Self {
        Self::new(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed for this resource.")
    }

    /// An error with a position in the query: `\n<query>\n   ^\nERROR at Row:1:Column:n\n<message>`.
    pub(crate) fn in_query(code: &str, query: &str, at: usize, message: &str) -> Self {
        let before = &query[..at.min(query.len())];
        let row = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = query[line_start..].lines().next().unwrap_or("");
        let column = before[line_start..].chars().count();
        let caret = " ".repeat(column);
        Self::bad(code, format!("\n{line}\n{caret}^\nERROR at Row:{row}:Column:{}\n{message}", column + 1))
    }

    /// The error as JSON. The member of the code is `errorCode` in single calls and `statusCode` in
    /// collections.
    pub(crate) fn entry(&self, code_name: &str) -> Value {
        let mut entry = json!({ "message": self.message, code_name: self.code });
        if !self.fields.is_empty() || code_name == "statusCode" {
            entry["fields"] = json!(self.fields);
        }
        entry
    }
}
