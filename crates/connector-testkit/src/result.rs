//! What a contract test says of a connector.

use std::fmt;

use futures::future::BoxFuture;
use seatgraph_core::Process;

use crate::Fixture;

/// The result of a contract test.
pub type ContractResult = Result<(), NotMet>;

/// Why a contract test did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotMet {
    /// It could not be tried, and why: the manifest does not promise it, or the fixture cannot provoke it.
    Skipped(&'static str),
    /// The connector breaks the contract.
    Violated(Violation),
}

/// A breach of the contract, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The process at fault; `None` when it is the connector as a whole.
    pub process: Option<Process>,
    /// What was expected and what was seen instead.
    pub what: String,
}

impl Violation {
    /// States a violation by the connector as a whole.
    pub fn new(what: impl Into<String>) -> Self {
        Self { process: None, what: what.into() }
    }

    /// States a violation in one process.
    pub fn of(process: Process, what: impl Into<String>) -> Self {
        Self { process: Some(process), what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "{process}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for Violation {}

impl From<Violation> for NotMet {
    fn from(violation: Violation) -> Self {
        Self::Violated(violation)
    }
}

/// One contract test, by name.
#[derive(Clone, Copy)]
pub struct ContractTest {
    /// Its name in the report.
    pub name: &'static str,
    /// Tries a fixture's connector.
    pub run: for<'a> fn(&'a dyn Fixture) -> BoxFuture<'a, ContractResult>,
}

impl fmt::Debug for ContractTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ContractTest").field(&self.name).finish()
    }
}

/// Fails unless the condition holds.
pub(super) fn ensure(condition: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if condition { Ok(()) } else { Err(violation()) }
}
