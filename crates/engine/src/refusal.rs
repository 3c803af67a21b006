//! What the engine refuses, in words for the person who asked.

use seatgraph_core as core;
use seatgraph_store as store;

use crate::Error;

/// Why something was refused; clients branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// A value is missing.
    Required,
    /// A value cannot be what it is.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// Something else is in the way.
    Conflict,
    /// Others depend on it.
    InUse,
    /// Its state does not allow that.
    InvalidState,
    /// A further profile needs a child alias of its own.
    NeedsChildAlias,
    /// Another profile tracks the same organisation.
    DuplicateOrganization,
    /// It was changed meanwhile.
    Stale,
    /// More than is allowed at once.
    LimitExceeded,
    /// The idempotency key was used for something else.
    IdempotencyKeyReused,
    /// This binary, or this connector, does not do that.
    Unsupported,
}

/// One refusal, with the way out in its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where in the input the fault is; `None` when it is not in the input.
    pub field: Option<Vec<String>>,
    /// The sort of refusal.
    pub code: RefusalCode,
    /// What is the matter and what to do.
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

/// Why a command was not carried out.
#[derive(Debug)]
pub enum Denied {
    /// For reasons that the person can do something about.
    Refused(Vec<Refusal>),
    /// For a reason of ours.
    Failed(Error),
}

impl Denied {
    pub(crate) fn not_found(what: &str, field: &str) -> Self {
        Refusal::new(RefusalCode::NotFound, format!("{what} does not exist")).at([field]).into()
    }

    /// Says where in the input it was.
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

/// Reads what a connector says against a configuration as a refusal of the property it names.
pub(crate) fn of_config(error: &core::Error) -> Refusal {
    let said = error.finding().map(|finding| format!("; {}", finding.remedy)).unwrap_or_default();
    let refusal = Refusal::new(RefusalCode::Invalid, format!("{}{said}", error.message()));
    match error.get("property") {
        Some("instanceUrl") => refusal.at(["instanceUrl"]),
        Some(name) => refusal.at(["properties", name]),
        None => refusal.at(["properties"]),
    }
}

/// Turns the one conflict that a person can cause into a refusal; every other error stays one.
pub(crate) fn on_conflict(error: store::Error, constraint: &str, refusal: impl FnOnce() -> Refusal) -> Denied {
    match error {
        store::Error::Conflict { constraint: hit } if hit == constraint => refusal().into(),
        other => other.into(),
    }
}
