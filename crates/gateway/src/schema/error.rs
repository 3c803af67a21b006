//! Errors shown to users: refusals as `userErrors`, and errors with a code.

use std::borrow::Borrow;

use async_graphql::{Enum, Error, ErrorExtensions as _, SimpleObject};
use seatgraph_engine::{Refusal, RefusalCode};

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Reason why a mutation was refused. Nothing was changed.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct UserError {
    /// Machine-readable code.
    code: UserErrorCode,
    /// Path of the input field that caused the refusal. Null if no single field caused it.
    field: Option<Vec<String>>,
    /// Description of the problem and its remedy.
    message: String,
}

/// Code of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RefusalCode")]
pub(crate) enum UserErrorCode {
    /// A required value is missing.
    Required,
    /// A value is invalid.
    Invalid,
    /// The object does not exist.
    NotFound,
    /// Another object has the same name, or the operation is already in progress.
    Conflict,
    /// The object is in use by another object.
    InUse,
    /// The operation is not possible in the object's current state.
    InvalidState,
    /// The parent alias already serves a profile. Each further profile requires its own child alias.
    NeedsChildAlias,
    /// Another profile already tracks this organisation.
    DuplicateOrganization,
    /// The object changed since it was read.
    Stale,
    /// A configured limit was reached.
    LimitExceeded,
    /// The idempotency key was already used with different parameters.
    IdempotencyKeyReused,
    /// The connector does not support the operation.
    Unsupported,
}

impl UserError {
    /// Refuses an ID that does not exist.
    pub(crate) fn not_found(field: &[&str], what: &str) -> Self {
        Self::at(field, UserErrorCode::NotFound, format!("the {what} does not exist"))
    }

    /// Refuses an invalid value.
    pub(crate) fn invalid(field: &[&str], message: &str) -> Self {
        Self::at(field, UserErrorCode::Invalid, message.to_owned())
    }

    fn at(field: &[&str], code: UserErrorCode, message: String) -> Self {
        Self { code, field: Some(field.iter().map(|&part| part.to_owned()).collect()), message }
    }
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code.into(), field: refusal.field, message: refusal.message }
    }
}

/// An invalid argument. `argument` is its path.
pub(crate) fn bad_input(argument: &str, fault: &str) -> Error {
    coded("BAD_USER_INPUT", format!("argument `{argument}` {fault}")).extend_with(|_, e| e.set("argument", argument))
}

/// An operation that the caller may not perform.
pub(crate) fn forbidden(message: impl Into<String>) -> Error {
    coded("FORBIDDEN", message)
}

/// An object that does not exist.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    coded("NOT_FOUND", message)
}

/// A row that a foreign key promises is missing.
pub(crate) fn dangling() -> Error {
    coded("INTERNAL_SERVER_ERROR", "a row that a foreign key refers to is missing")
}

/// A stored object uses a connector that this binary does not contain.
pub(crate) fn missing_connector(key: &str) -> Error {
    not_found(format!("this gateway has no connector `{key}`"))
}

/// A failure of the engine. The edge hides its text from clients unless it has a public code.
pub(crate) fn engine(error: &seatgraph_engine::Error) -> Error {
    match error {
        seatgraph_engine::Error::Store(inner) => store(inner),
        other => internal(other),
    }
}

/// A failure of the store. The edge hides its text from clients unless it has a public code.
pub(crate) fn store(error: impl Borrow<seatgraph_store::Error>) -> Error {
    let error = error.borrow();
    match error {
        seatgraph_store::Error::NotFound { .. } => coded("NOT_FOUND", "the object does not exist"),
        slow if slow.is_timeout() => coded("TIMEOUT", "the database query timed out; request less data at once"),
        seatgraph_store::Error::Unavailable(_) => {
            tracing::warn!(error = %chain(error), "database unavailable");
            coded("SERVICE_UNAVAILABLE", "the database is unavailable; try again later")
        }
        seatgraph_store::Error::CursorMismatch => bad_input(
            "after",
            "is not a cursor of this list and order; use a cursor from a page with the same arguments",
        ),
        other => internal(other),
    }
}

/// An unexpected failure. Its text goes to the log; the edge hides it from clients.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Error {
    coded("INTERNAL_SERVER_ERROR", chain(error))
}

fn coded(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
