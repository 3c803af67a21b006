//! What a law says of a connector.
use std::fmt;

use futures::future::BoxFuture;
use seatgraph_core::Process;

use crate::Fixture;

/// What a law says when nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The law was tried and holds.
    Held,
    /// The manifest does not promise it, or the fixture cannot make the weather for it.
    NotAsked,
}

/// A law that does not hold, as a value: what was seen, and of which process.
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

/// A law's answer.
pub type Ruling = Result<Verdict, Violation>;

/// One law, by name.
#[derive(Clone, Copy)]
pub struct Law {
    /// Its name, which is the test's name too.
    pub name: &'static str,
    /// Tries a fixture's connector.
    pub judge: for<'a> fn(&'a dyn Fixture) -> BoxFuture<'a, Ruling>,
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Law").field(&self.name).finish()
    }
}

/// Rules by a condition.
pub(super) fn ensure(condition: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if condition { Ok(()) } else { Err(violation()) }
}
