//! Salesforce's errors: the error code decides what one means, the HTTP status only where there is no code.
//!
//! Salesforce gives no type for some facts that it only words. Those texts are matched here, in one place each, and a
//! test fails when one of them changes.

use seatgraph_core::http::{ErrorParser, ErrorResponse, Headers};
use seatgraph_core::{Error, ErrorKind, Finding};
use serde_json::Value;

use crate::findings;

/// The name under which an error keeps the column that the organisation hides or does not have.
pub(crate) const COLUMN: &str = "column";

/// The name under which it keeps the object of that column, where Salesforce names it.
pub(crate) const ENTITY: &str = "entity";

/// The name under which it keeps Salesforce's error code.
pub(crate) const CODE: &str = "code";

/// The name under which it keeps Salesforce's message.
const MESSAGE: &str = "reported";

/// How many characters of Salesforce's message are kept.
const MAX_MESSAGE: usize = 300;

/// Parses Salesforce's error responses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SalesforceErrors;

impl ErrorParser for SalesforceErrors {
    fn parse(&self, response: &ErrorResponse<'_>) -> Error {
        let Some(report) = Report::read(response.body) else {
            let kind = match by_status(response.status) {
                ErrorKind::Unauthenticated if is_about_the_app(&String::from_utf8_lossy(response.body)) => {
                    ErrorKind::Forbidden
                }
                kind => kind,
            };
            return Error::new(kind, "organisation refused the request without an error code");
        };
        let error = Error::new(kind_of(&report, response.status), "organisation refused the request")
            .with(CODE, &report.code)
            .with(MESSAGE, report.reason());
        let error = match report.hidden_column() {
            Some((column, Some(entity))) => error.with(COLUMN, column).with(ENTITY, entity),
            Some((column, None)) => error.with(COLUMN, column),
            None => error,
        };
        match findings::of_code(&report.code, &report.reason()) {
            Some(finding) => error.with_finding(finding),
            None => error,
        }
    }

    fn api_usage(&self, headers: &Headers<'_>) -> Option<(u64, u64)> {
        limit_info(headers.get("sforce-limit-info")?)
    }
}

/// Reads `api-usage=18/15000`, alone or before an app's own quota.
fn limit_info(text: &str) -> Option<(u64, u64)> {
    let usage = text.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, limit) = usage.split_once('/')?;
    Some((used.trim().parse().ok()?, limit.trim().parse().ok()?))
}

/// What Salesforce reported: an error code and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Report {
    code: String,
    message: String,
}

impl Report {
    /// Reads a body: a list of errors, of which the first with a code counts, or one error, in JSON or in XML (some
    /// endpoints ignore the Accept header); `None` for anything else.
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
        let report = || Self { code: code.to_owned(), message: message.unwrap_or_default().to_owned() };
        (!code.is_empty()).then(report)
    }

    /// The message without the copy of the query, and the position in it, that some messages begin with.
    fn reason(&self) -> String {
        let copied = self.message.split_once("ERROR at Row:");
        let reason = copied.and_then(|(_, position)| position.split_once(char::is_whitespace));
        let reason = reason.map_or(self.message.as_str(), |(_, reason)| reason);
        let words = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(MAX_MESSAGE).collect()
    }

    /// The column or relationship that the organisation does not know, and its object where the message names it.
    fn hidden_column(&self) -> Option<(&str, Option<&str>)> {
        if self.code != "INVALID_FIELD" {
            return None;
        }
        let before = ["No such column '", "Didn't understand relationship '", "No such relation '"];
        let (_, rest) = before.iter().find_map(|words| self.message.split_once(words))?;
        let (column, rest) = rest.split_once('\'').filter(|(column, _)| !column.is_empty())?;
        let entity = rest.split_once("on entity '").and_then(|(_, entity)| entity.split('\'').next());
        Some((column, entity))
    }

    fn mentions(&self, words: &str) -> bool {
        self.message.contains(words)
    }
}

fn kind_of(report: &Report, status: u16) -> ErrorKind {
    match report.code.as_str() {
        // A new token would be refused as well.
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" if is_about_the_app(&report.message) => ErrorKind::Forbidden,
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" | "InvalidSessionId" => ErrorKind::Unauthenticated,
        // One code, two meanings: too many at once, or too many today.
        "REQUEST_LIMIT_EXCEEDED" if report.mentions("Concurrent") => ErrorKind::RateLimited { retry_after: None },
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
            transient @ (ErrorKind::Unavailable | ErrorKind::RateLimited { .. }) => transient,
            ErrorKind::Unauthenticated if !is_about_the_app(&report.message) => ErrorKind::Unauthenticated,
            _ => ErrorKind::Refused,
        },
    }
}

fn is_about_the_app(message: &str) -> bool {
    message.contains("not valid for use with the REST API") || message.contains("not attached to Agent")
}

/// The kind of a response without a code: a maintenance page, a proxy's answer, an empty body.
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

/// Says whether an error means that the organisation hides an object, or a column in the query.
pub(crate) fn is_hidden(error: &Error) -> bool {
    is_hidden_object(error) || error.get(CODE) == Some("INVALID_FIELD")
}

/// Says whether an error may concern a locator and not its query: the locator is forgotten, takes too long, or belongs to
/// a session that has ended. The same query without the locator decides.
pub(crate) fn is_refused_locator(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::CursorExpired | ErrorKind::NotFound => true,
        // An error of the token source has no code.
        ErrorKind::Unauthenticated => error.get(CODE).is_some(),
        _ => error.get(CODE) == Some("QUERY_TIMEOUT"),
    }
}

/// Says whether the organisation refuses to give something, for any reason; for what the connector can do without.
pub(crate) fn is_withheld(error: &Error) -> bool {
    use ErrorKind::{NotFound, Refused, Unexpected, Unsupported};
    is_hidden(error) || matches!(error.kind(), NotFound | Refused | Unexpected | Unsupported)
}

/// Adds the finding for a hidden object or column; an error with another meaning stays as it is.
pub(crate) fn explained(error: Error, finding: impl Fn(String) -> Finding) -> Error {
    if !is_hidden(&error) {
        return error;
    }
    let finding = finding(reported(&error));
    error.with_kind(ErrorKind::Forbidden).with_finding(finding)
}

/// What Salesforce reported, for a finding.
pub(crate) fn reported(error: &Error) -> String {
    match error.get(CODE) {
        Some(code) => findings::code_and_message(code, error.get(MESSAGE).unwrap_or_default()),
        None => match error.get("status") {
            Some(status) => format!("{} (HTTP {status})", error.message()),
            None => error.message().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
