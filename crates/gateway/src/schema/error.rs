//! What a person may be told: refusals as `userErrors`, and errors with a code.

use async_graphql::{Enum, Error, ErrorExtensions as _, SimpleObject};
use seatgraph_engine::{Denied, Refusal, RefusalCode};

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a mutation did not do what it was asked. It is an expected answer: nothing was changed, and the person who asked
/// can mend it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct UserError {
    /// The kind of refusal, for programs.
    code: UserErrorCode,
    /// The path of the input field at fault, from the input inwards; null when no single field is.
    field: Option<Vec<String>>,
    /// What is the matter and what to do about it, for people.
    message: String,
}

/// The kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RefusalCode")]
pub(crate) enum UserErrorCode {
    /// A value that is needed is missing.
    Required,
    /// A value is not acceptable.
    Invalid,
    /// What the input names does not exist.
    NotFound,
    /// Something else has the same name, or is already doing what was asked.
    Conflict,
    /// It cannot be deleted or changed while something else uses it.
    InUse,
    /// The object's state does not allow it.
    InvalidState,
    /// The parent alias already serves a profile; a further one needs a child alias of its own.
    NeedsChildAlias,
    /// Another profile already tracks this organisation.
    DuplicateOrganization,
    /// The object changed since it was read.
    Stale,
    /// A configured limit is reached.
    LimitExceeded,
    /// The idempotency key was used before, for something else.
    IdempotencyKeyReused,
    /// The connector, or this version of it, does not do that.
    Unsupported,
}

impl UserError {
    /// Refuses an id that names nothing.
    pub(crate) fn not_found(field: &[&str], what: &str) -> Self {
        Self::at(field, UserErrorCode::NotFound, format!("there is no such {what}"))
    }

    /// Refuses a value.
    pub(crate) fn invalid(field: &[&str], message: &str) -> Self {
        Self::at(field, UserErrorCode::Invalid, message.to_owned())
    }

    /// Refuses to do without a value.
    pub(crate) fn required(field: &[&str], message: &str) -> Self {
        Self::at(field, UserErrorCode::Required, message.to_owned())
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

/// Separates what was done or refused from what went wrong.
pub(crate) fn settle<T>(outcome: Result<T, Denied>) -> Result<Result<T, Vec<UserError>>> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(Denied::Refused(refusals)) => Ok(Err(refusals.into_iter().map(UserError::from).collect())),
        Err(Denied::Failed(error)) => Err(engine(&error)),
    }
}

/// An argument that cannot be meant; `argument` is its path.
pub(crate) fn bad_input(argument: &str, fault: &str) -> Error {
    coded("BAD_USER_INPUT", format!("argument `{argument}` {fault}")).extend_with(|_, e| e.set("argument", argument))
}

/// Something that whoever asks may not do.
pub(crate) fn forbidden(message: impl Into<String>) -> Error {
    coded("FORBIDDEN", message)
}

/// What was asked for does not exist.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    coded("NOT_FOUND", message)
}

/// A relation that the database promises and that is not there.
pub(crate) fn dangling() -> Error {
    coded("INTERNAL_SERVER_ERROR", "a row that a foreign key names is missing")
}

/// Something stored belongs to a connector that this binary does not have.
pub(crate) fn missing_connector(key: &str) -> Error {
    not_found(format!("this gateway has no connector `{key}`"))
}

/// A failure of the engine, which the edge keeps inside unless its code says otherwise.
pub(crate) fn engine(error: &seatgraph_engine::Error) -> Error {
    match error {
        seatgraph_engine::Error::Store(inner) => store(inner),
        other => internal(other),
    }
}

/// A failure of the store, which the edge keeps inside unless its code says otherwise.
pub(crate) fn store(error: &seatgraph_store::Error) -> Error {
    match error {
        seatgraph_store::Error::NotFound { .. } => coded("NOT_FOUND", "there is no such object"),
        slow if slow.is_timeout() => coded("TIMEOUT", "the database took too long; ask for less at once"),
        seatgraph_store::Error::Unavailable(_) => {
            tracing::warn!(error = %chain(error), "database is away");
            coded("SERVICE_UNAVAILABLE", "the database cannot be reached; try again later")
        }
        seatgraph_store::Error::ForeignKeyset => bad_input("after", "is not a cursor of this list in this order"),
        other => internal(other),
    }
}

/// A failure without a name of its own: its text is for the log, and the edge, which writes the log, keeps it inside.
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
