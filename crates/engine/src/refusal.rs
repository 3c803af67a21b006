//! Refusals of commands, with a code and a message for the user.

use seatgraph_core as core;
use seatgraph_store as store;

use crate::Error;

/// Code of a refusal. Clients branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// A required value is missing.
    Required,
    /// A value is invalid.
    Invalid,
    /// The object does not exist.
    NotFound,
    /// The name is taken, or the operation is already in progress.
    Conflict,
    /// Other objects use the object.
    InUse,
    /// The state of the object does not allow the operation.
    InvalidState,
    /// The profile requires its own child alias.
    NeedsChildAlias,
    /// Another profile tracks the same organisation.
    DuplicateOrganization,
    /// The object changed since it was read.
    Stale,
    /// A limit was reached.
    LimitExceeded,
    /// The idempotency key was used with other parameters.
    IdempotencyKeyReused,
    /// The connector, or this binary, does not support the operation.
    Unsupported,
}

/// A refusal of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Path of the input field that caused the refusal. `None` if no single field caused it.
    pub field: Option<Vec<String>>,
    /// Code of the refusal.
    pub code: RefusalCode,
    /// The problem and its remedy.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { field: None, code, message: message.into() }
    }

    pub(crate) fn at<const N: usize>(mut self, path: [&str; N]) -> Self {
        self.field = Some(path.iter().map(|&step| step.to_owned()).collect());
        self
    }
}

/// Reason why a command was not executed.
#[derive(Debug)]
pub enum Denied {
    /// The command was refused. The user can correct the input.
    Refused(Vec<Refusal>),
    /// The command failed unexpectedly.
    Failed(Error),
}

impl Denied {
    pub(crate) fn not_found(what: &str, field: &str) -> Self {
        Refusal::new(RefusalCode::NotFound, format!("{what} does not exist")).at([field]).into()
    }

    /// Sets the input field that caused the refusal.
    pub(crate) fn at(self, field: &str) -> Self {
        match self {
            Self::Refused(refusals) => Self::Refused(refusals.into_iter().map(|refusal| refusal.at([field])).collect()),
            failed @ Self::Failed(_) => failed,
        }
    }

    pub(crate) fn invalid_state(message: impl Into<String>) -> Self {
        Refusal::new(RefusalCode::InvalidState, message).into()
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<store::Error> for Denied {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Converts a connector's configuration error to a refusal of the property that it names.
pub(crate) fn of_config(error: &core::Error) -> Refusal {
    let said = error.finding().map(|finding| format!("; {}", finding.remedy)).unwrap_or_default();
    let refusal = Refusal::new(RefusalCode::Invalid, format!("{}{said}", error.message()));
    match error.get("property") {
        Some("instanceUrl") => refusal.at(["instanceUrl"]),
        Some(name) => refusal.at(["properties", name]),
        None => refusal.at(["properties"]),
    }
}

/// Converts the violation of `constraint` to a refusal. Other errors stay errors.
pub(crate) fn on_conflict(error: store::Error, constraint: &str, refusal: impl FnOnce() -> Refusal) -> Denied {
    match error {
        store::Error::Conflict { constraint: hit } if hit == constraint => refusal().into(),
        other => other.into(),
    }
}
