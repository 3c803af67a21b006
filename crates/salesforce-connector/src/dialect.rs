//! How Salesforce says no: the error code decides, the status only where there is no code.

use seatgraph_core::http::{Dialect, Headers, Refusal};
use seatgraph_core::{Error, ErrorKind};
use serde::Deserialize;

use crate::findings;

/// A column that the organisation does not have, or hides, stands in the error under this name.
pub(crate) const COLUMN: &str = "column";

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
            return Error::new(by_status(refusal.status), "organisation refused without giving a code");
        };
        let error = Error::new(kind_of(&said, refusal.status), "organisation refused")
            .with(CODE, &said.code)
            .with("said", said.words());
        let error = match said.hidden_column() {
            Some(column) => error.with(COLUMN, column),
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Said {
    #[serde(alias = "errorCode", alias = "exceptionCode", alias = "error", alias = "statusCode")]
    code: String,
    #[serde(default, alias = "exceptionMessage", alias = "error_description")]
    message: String,
}

impl Said {
    /// Reads a body: a list of errors, of which the first counts, or one error; `None` for anything else.
    fn read(body: &[u8]) -> Option<Self> {
        let list = || serde_json::from_slice::<Vec<Self>>(body).ok()?.into_iter().next();
        list().or_else(|| serde_json::from_slice(body).ok())
    }

    /// The words, without the copy of the query that some of them begin with.
    fn words(&self) -> String {
        let said = self.message.split_once("ERROR at Row:").map_or(self.message.as_str(), |(_, behind)| behind);
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(LONGEST_WORDS).collect()
    }

    /// The column or relationship that the organisation does not know.
    fn hidden_column(&self) -> Option<&str> {
        if self.code != "INVALID_FIELD" {
            return None;
        }
        let behind = ["No such column '", "Didn't understand relationship '", "No such relation '"];
        let (_, rest) = behind.iter().find_map(|words| self.message.split_once(words))?;
        rest.split('\'').next().filter(|column| !column.is_empty())
    }

    fn mentions(&self, words: &str) -> bool {
        self.message.contains(words)
    }
}

fn kind_of(said: &Said, status: u16) -> ErrorKind {
    match said.code.as_str() {
        // A new token would be refused like the old one.
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" if is_about_the_application(said) => ErrorKind::Forbidden,
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
            ErrorKind::Unauthenticated if !is_about_the_application(said) => ErrorKind::Unauthenticated,
            _ => ErrorKind::Refused,
        },
    }
}

fn is_about_the_application(said: &Said) -> bool {
    said.mentions("not valid for use with the REST API") || said.mentions("not attached to Agent")
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
