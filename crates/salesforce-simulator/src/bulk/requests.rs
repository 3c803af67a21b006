//! Request bodies of query jobs.

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The body that creates a job. Unknown members and values are refused.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewJob {
    pub(crate) operation: Operation,
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) content_type: ContentType,
    #[serde(default)]
    pub(crate) column_delimiter: Delimiter,
    #[serde(default)]
    pub(crate) line_ending: LineEnding,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    Query,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) enum ContentType {
    #[default]
    #[serde(rename = "CSV")]
    Csv,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Delimiter {
    #[default]
    Comma,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

/// The body that changes a job. The only change is to abort it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[expect(dead_code, reason = "reading it is the check that it says Aborted")]
    state: AbortedState,
}

#[derive(Deserialize)]
enum AbortedState {
    Aborted,
}

impl NewJob {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| malformed(&error))
    }
}

impl Change {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| malformed(&error))
    }
}

// Salesforce does not document this message.
fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal::bad("JSON_PARSER_ERROR", error.to_string())
}
