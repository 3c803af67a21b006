//! How Salesforce says no: the error code decides, the status only where there is no code.

use seatgraph_core::http::{Dialect, Headers, Refusal};
use seatgraph_core::{Error, ErrorKind};
use serde_json::Value;

use crate::findings;

/// A column that the organisation does not have, or hides, stands in the error under this name.
pub(crate) const COLUMN: &str = "column";

/// The object that the column belongs to stands there under this name, where the vendor says it.
pub(crate) const ENTITY: &str = "entity";

/// The vendor's error code stands in the error under this name.
pub(crate) const CODE: &str = "code";

/// As much of the vendor's words as is worth keeping.
const LONGEST_WORDS: usize = 300;

/// The vendor's manner of speaking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Salesforcese;

impl Dialect for Salesforcese {
    fn refusal(&self, refusal: &Refusal<'_>) -> Error {
        let Some(said) = Said::read(refusal.body) else {
            let kind = match by_status(refusal.status) {
                ErrorKind::Unauthenticated if is_about_the_application(&String::from_utf8_lossy(refusal.body)) => {
                    ErrorKind::Forbidden
                }
                kind => kind,
            };
            return Error::new(kind, "organisation refused without giving a code");
        };
        let error = Error::new(kind_of(&said, refusal.status), "organisation refused")
            .with(CODE, &said.code)
            .with("said", said.words());
        let error = match said.hidden_column() {
            Some((column, Some(entity))) => error.with(COLUMN, column).with(ENTITY, entity),
            Some((column, None)) => error.with(COLUMN, column),
            None => error,
        };
        match findings::of_code(&said.code, &said.words()) {
            Some(finding) => error.with_finding(finding),
            None => error,
        }
    }

    fn allowance(&self, headers: &Headers<'_>) -> Option<(u64, u64)> {
        limit_info(headers.get("sforce-limit-info")?)
    }
}

/// Reads `api-usage=18/15000`, alone or in front of an application's own quota.
fn limit_info(text: &str) -> Option<(u64, u64)> {
    let usage = text.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, limit) = usage.split_once('/')?;
    Some((used.trim().parse().ok()?, limit.trim().parse().ok()?))
}

/// What the vendor said: its code and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    code: String,
    message: String,
}

impl Said {
    /// Reads a body: a list of errors, of which the first with a code counts, or one error, in JSON or, from whoever
    /// does not look at what we accept, in XML; `None` for anything else.
    fn read(body: &[u8]) -> Option<Self> {
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Array(list)) => list.iter().find_map(Self::in_json),
            Ok(one) => Self::in_json(&one),
            Err(_) => Self::in_xml(std::str::from_utf8(body).ok()?),
        }
    }

    fn in_json(error: &Value) -> Option<Self> {
        let text = |names: &[&str]| names.iter().find_map(|name| error.get(*name)?.as_str());
        Self::of(
            text(&["errorCode", "exceptionCode", "statusCode", "error", "code"])?,
            text(&["message", "exceptionMessage", "error_description"]),
        )
    }

    fn in_xml(text: &str) -> Option<Self> {
        let within = |tag: &str| {
            let (_, rest) = text.split_once(&format!("<{tag}>"))?;
            rest.split_once(&format!("</{tag}>")).map(|(words, _)| words)
        };
        let either = |one: &str, other: &str| within(one).or_else(|| within(other));
        Self::of(either("errorCode", "exceptionCode")?, either("message", "exceptionMessage"))
    }

    fn of(code: &str, message: Option<&str>) -> Option<Self> {
        let code = code.trim();
        let said = || Self { code: code.to_owned(), message: message.unwrap_or_default().to_owned() };
        (!code.is_empty()).then(said)
    }

    /// The words, without the copy of the query that some of them begin with, and the place in it.
    fn words(&self) -> String {
        let copied = self.message.split_once("ERROR at Row:");
        let said = copied.and_then(|(_, place)| place.split_once(char::is_whitespace));
        let said = said.map_or(self.message.as_str(), |(_, said)| said);
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(LONGEST_WORDS).collect()
    }

    /// The column or relationship that the organisation does not know, and of which object where it says so.
    fn hidden_column(&self) -> Option<(&str, Option<&str>)> {
        if self.code != "INVALID_FIELD" {
            return None;
        }
        let behind = ["No such column '", "Didn't understand relationship '", "No such relation '"];
        let (_, rest) = behind.iter().find_map(|words| self.message.split_once(words))?;
        let (column, behind) = rest.split_once('\'').filter(|(column, _)| !column.is_empty())?;
        let entity = behind.split_once("on entity '").and_then(|(_, entity)| entity.split('\'').next());
        Some((column, entity))
    }

    fn mentions(&self, words: &str) -> bool {
        self.message.contains(words)
    }
}

fn kind_of(said: &Said, status: u16) -> ErrorKind {
    match said.code.as_str() {
        // A new token would be refused like the old one.
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" if is_about_the_application(&said.message) => ErrorKind::Forbidden,
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" | "InvalidSessionId" => ErrorKind::Unauthenticated,
        // One code, two meanings: too many at once, or too many today.
        "REQUEST_LIMIT_EXCEEDED" if said.mentions("Concurrent") => ErrorKind::RateLimited { retry_after: None },
        "REQUEST_LIMIT_EXCEEDED" => ErrorKind::QuotaExhausted { until: None },
        "LOGIN_RATE_EXCEEDED" => ErrorKind::RateLimited { retry_after: None },
        "API_DISABLED_FOR_ORG"
        | "API_CURRENTLY_DISABLED"
        | "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"
        | "TXN_SECURITY_METERING_ERROR"
        | "INVALID_FIELD"
        | "INVALID_TYPE" => ErrorKind::Forbidden,
        "INVALID_TYPE_FOR_OPERATION" | "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION" => ErrorKind::Unsupported,
        "UNSUPPORTED_API_VERSION" => ErrorKind::ConfigInvalid,
        "INVALID_QUERY_LOCATOR" => ErrorKind::CursorExpired,
        "NOT_FOUND" | "ENTITY_IS_DELETED" => ErrorKind::NotFound,
        "UNABLE_TO_LOCK_ROW" | "QUERY_TIMEOUT" | "SERVER_UNAVAILABLE" => ErrorKind::Unavailable,
        "MALFORMED_QUERY" | "INVALID_QUERY_FILTER_OPERATOR" | "MALFORMED_ID" | "JSON_PARSER_ERROR" => {
            ErrorKind::Unexpected
        }
        _ => match by_status(status) {
            passing @ (ErrorKind::Unavailable | ErrorKind::RateLimited { .. }) => passing,
            ErrorKind::Unauthenticated if !is_about_the_application(&said.message) => ErrorKind::Unauthenticated,
            _ => ErrorKind::Refused,
        },
    }
}

fn is_about_the_application(words: &str) -> bool {
    words.contains("not valid for use with the REST API") || words.contains("not attached to Agent")
}

/// Judges an answer without a code: maintenance pages, gateways on the way, empty bodies.
const fn by_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        406 | 408 | 420 | 500..=599 => ErrorKind::Unavailable,
        409 | 412 => ErrorKind::Conflict,
        410 => ErrorKind::ConfigInvalid,
        414 | 431 => ErrorKind::Unexpected,
        429 => ErrorKind::RateLimited { retry_after: None },
        _ => ErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests;
