//! The results of contract tests.

use std::fmt;

use futures::future::BoxFuture;
use seatgraph_core::Process;

use crate::Fixture;

/// The result of a contract test.
pub type ContractResult = Result<(), NotMet>;

/// Why a contract test did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotMet {
    /// The test was not run, with the reason: the manifest excludes it, or the fixture does not support it.
    Skipped(&'static str),
    /// The connector violates the contract.
    Violated(Violation),
}

/// A violation of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The process. `None` if the violation concerns the whole connector.
    pub process: Option<Process>,
    /// The expected and the actual behaviour.
    pub what: String,
}

impl Violation {
    /// A violation of the whole connector.
    pub fn new(what: impl Into<String>) -> Self {
        Self { process: None, what: what.into() }
    }

    /// A violation of one process.
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

/// A contract test.
#[derive(Clone, Copy)]
pub struct ContractTest {
    /// Name in the report.
    pub name: &'static str,
    /// Tests the connector of a fixture.
    pub run: for<'a> fn(&'a dyn Fixture) -> BoxFuture<'a, ContractResult>,
}

impl fmt::Debug for ContractTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ContractTest").field(&self.name).finish()
    }
}

/// Returns a violation unless the condition holds.
pub(super) fn ensure(condition: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if condition { Ok(()) } else { Err(violation()) }
}
