//! Refusals of the edge, and the errors of the executor as clients see them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use apollo_compiler::parser::{LineColumn, SourceMap, SourceSpan};
use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use serde_json::json;

/// Errors listed in one answer; a hostile document can have thousands.
pub(crate) const MAX_ERRORS: usize = 10;

/// The `extensions.code` of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    GraphqlParseFailed,
    GraphqlValidationFailed,
    BadUserInput,
    BadRequest,
    OperationResolutionFailure,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    Unauthenticated,
    DocumentNotAllowed,
    Forbidden,
    ServiceUnavailable,
    RateLimited,
    CostLimit,
    Timeout,
    InternalServerError,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::BadRequest => "BAD_REQUEST",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::DocumentNotAllowed => "DOCUMENT_NOT_ALLOWED",
            Self::Forbidden => "FORBIDDEN",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::RateLimited => "RATE_LIMITED",
            Self::CostLimit => "COST_LIMIT",
            Self::Timeout => "TIMEOUT",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One reason why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) message: String,
    location: Option<LineColumn>,
    /// Names that the client may have meant, for callers who may read the schema.
    suggestion: Option<String>,
    /// The path of the input value at fault.
    input: Option<serde_json::Value>,
    /// Seconds after which it is worth trying again.
    retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), location: None, suggestion: None, input: None, retry_after: None }
    }

    /// Points at the place in the document that `span` covers.
    pub(crate) fn at(mut self, span: Option<SourceSpan>, sources: &SourceMap) -> Self {
        self.location = span.and_then(|span| span.line_column(sources));
        self
    }

    pub(crate) fn at_line_column(mut self, location: Option<LineColumn>) -> Self {
        self.location = location;
        self
    }

    /// Names the input value at fault by the steps that lead to it: `v`, `.by`, `[0]`.
    pub(crate) fn at_input(mut self, steps: &[String]) -> Self {
        let step = |step: &String| match step.trim_start_matches('[').trim_end_matches(']').parse::<usize>() {
            Ok(index) if step.starts_with('[') => json!(index),
            _ => json!(step.trim_start_matches('.')),
        };
        self.input = Some(steps.iter().map(step).collect());
        self
    }

    /// Where in the document the refusal points.
    pub(crate) fn line_column(&self) -> Option<(usize, usize)> {
        self.location.map(|LineColumn { line, column }| (line, column))
    }

    pub(crate) fn suggesting(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    fn to_json(&self, trace_id: &str) -> serde_json::Value {
        let message = match &self.suggestion {
            Some(suggestion) => format!("{}; did you mean {suggestion}?", self.message),
            None => self.message.clone(),
        };
        let mut error = json!({
            "message": message,
            "extensions": { "code": self.code.as_str(), "traceId": trace_id },
        });
        if let Some(LineColumn { line, column }) = self.location {
            error["locations"] = json!([{ "line": line, "column": column }]);
        }
        if let Some(path) = &self.input {
            error["extensions"]["details"] = json!({ "path": path });
        }
        if let Some(seconds) = self.retry_after {
            error["extensions"]["details"] = json!({ "retryAfterSeconds": seconds });
        }
        error
    }
}

/// Why a request is refused; decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RejectReason {
    /// The credentials are absent or invalid.
    Unauthenticated,
    /// The credentials cannot be looked up.
    Unavailable,
    /// `Host` or `Origin` is not allowed.
    Forbidden,
    /// The client accepts none of the forms of an answer.
    NotAcceptable,
    /// The HTTP method cannot carry this operation.
    Method(&'static str),
    /// The body is not `application/json`.
    MediaType,
    /// The body is larger than allowed.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// The caller has exhausted a limit; the seconds after which it may try again.
    RateLimited(u64),
    /// The parameters are not those of a GraphQL request.
    Malformed,
    /// The document, the choice of an operation or its variables.
    Document,
    /// The operation ran out of time.
    TimedOut,
    /// The operation panicked.
    Broken,
}

/// A refused request.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) reason: RejectReason,
    pub(crate) errors: Vec<Refusal>,
}

impl Refused {
    pub(crate) fn new(reason: RejectReason, code: Code, message: impl Into<String>) -> Self {
        Self { reason, errors: vec![Refusal::new(code, message)] }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(RejectReason::Malformed, Code::BadRequest, message)
    }

    pub(crate) fn rate_limited(seconds: u64, message: impl Into<String>) -> Self {
        let refusal = Refusal { retry_after: Some(seconds), ..Refusal::new(Code::RateLimited, message) };
        Self { reason: RejectReason::RateLimited(seconds), errors: vec![refusal] }
    }

    /// The same without the names of the schema, for callers who may not read it.
    pub(crate) fn without_suggestions(mut self) -> Self {
        self.errors.iter_mut().for_each(|error| error.suggestion = None);
        self
    }

    pub(crate) fn code(&self) -> Code {
        self.errors.first().map_or(Code::InternalServerError, |error| error.code)
    }

    /// The `errors` list of the answer.
    pub(crate) fn errors_json(&self, trace_id: &str) -> serde_json::Value {
        let shown = self.errors.iter().take(MAX_ERRORS);
        shown.map(|error| error.to_json(trace_id)).collect()
    }

    /// The whole answer, which never has a `data` key.
    pub(crate) fn body(&self, trace_id: &str) -> String {
        json!({ "errors": self.errors_json(trace_id) }).to_string()
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        vec![refusal].into()
    }
}

impl From<Vec<Refusal>> for Refused {
    fn from(errors: Vec<Refusal>) -> Self {
        Self { reason: RejectReason::Document, errors }
    }
}

/// Gives every error of the executor a code and the trace id, and keeps internal text inside.
///
/// Returns the code of the first error.
pub(crate) fn label(response: &mut Response, trace_id: &str) -> Option<String> {
    let mut first = None;
    for error in &mut response.errors {
        let code = code_of(error);
        if code == Code::InternalServerError.as_str() {
            tracing::error!(
                trace_id,
                error = %error.message,
                path = ?error.path,
                "graphql field failed"
            );
            error.message = "internal error".to_owned();
            // What a resolver attached to an internal error is internal, too.
            error.extensions = None;
        }
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        extensions.set("code", code.as_str());
        extensions.set("traceId", trace_id);
        first.get_or_insert(code);
    }
    merge_repeated(&mut response.errors);
    first
}

/// A field that is selected twice fails twice: that is one fault in one place of the answer, with two locations.
fn merge_repeated(errors: &mut Vec<ServerError>) {
    let mut known = HashMap::new();
    let mut merged: Vec<ServerError> = Vec::with_capacity(errors.len());
    for error in errors.drain(..) {
        match known.entry((format!("{:?}", error.path), error.message.clone())) {
            Entry::Vacant(place) => {
                place.insert(merged.len());
                merged.push(error);
            }
            Entry::Occupied(place) => merged[*place.get()].locations.extend(error.locations),
        }
    }
    *errors = merged;
}

fn code_of(error: &ServerError) -> String {
    let given = error.extensions.as_ref().and_then(|values| values.get("code"));
    match given {
        Some(Value::String(code)) => code.clone(),
        _ if is_input_error(error) => Code::BadUserInput.to_string(),
        _ => Code::InternalServerError.to_string(),
    }
}

/// Whether a custom scalar refused a literal or a variable, which only the executor can find out.
///
/// The library gives such errors no type; these are the two texts it composes for them.
fn is_input_error(error: &ServerError) -> bool {
    error.source.is_none()
        && (error.message.starts_with("Failed to parse \"") || error.message.starts_with("Expected input type \""))
}

#[cfg(test)]
mod tests {
    use async_graphql::{Error, ErrorExtensions, Pos};

    use super::*;

    fn labelled(error: Error) -> serde_json::Value {
        let mut response = Response::from_errors(vec![error.into_server_error(Pos::default())]);
        label(&mut response, "t1");
        serde_json::to_value(&response.errors[0]).unwrap()
    }

    #[test]
    fn the_text_of_an_error_without_a_code_is_hidden() {
        let error = labelled(Error::new("password=hunter2").extend_with(|_, e| e.set("sql", "x")));
        assert_eq!(error["message"], "internal error");
        assert_eq!(error["extensions"], json!({ "code": "INTERNAL_SERVER_ERROR", "traceId": "t1" }));
    }

    #[test]
    fn an_error_with_a_code_is_for_the_user() {
        let error = labelled(Error::new("no such run").extend_with(|_, e| e.set("code", "NOT_FOUND")));
        assert_eq!(error["message"], "no such run");
        assert_eq!(error["extensions"], json!({ "code": "NOT_FOUND", "traceId": "t1" }));
    }

    #[test]
    fn a_value_refused_by_a_scalar_is_bad_user_input() {
        let error = labelled(Error::new("Failed to parse \"DateTime\": premature end of input"));
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    }

    #[test]
    fn an_answer_lists_ten_errors_at_most() {
        let many = vec![Refusal::new(Code::BadUserInput, "no"); 11];
        assert_eq!(Refused::from(many).errors_json("t1").as_array().unwrap().len(), 10);
    }
}
