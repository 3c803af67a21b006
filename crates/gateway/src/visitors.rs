//! Recognizes visitors by what they bring along: an API token, or, in a demo, the machine they sit at.

use seatgraph_engine::Engine;
use seatgraph_engine::access::Principal;

use crate::edge::{CannotTell, Introduction};

/// By what visitors are recognized.
#[derive(Debug, Clone, Default)]
pub struct Visitors {
    demo: bool,
}

impl Visitors {
    /// Takes a visitor from this machine for the person who started the demo.
    #[must_use]
    pub const fn of_demo() -> Self {
        Self { demo: true }
    }

    /// Recognizes whoever sends a request. A token that is not good makes its sender a stranger, whatever else it
    /// brings along.
    pub(crate) async fn recognize(
        &self,
        engine: &Engine,
        introduction: &Introduction,
    ) -> Result<Option<Principal>, CannotTell> {
        let Some(token) = &introduction.bearer else {
            return Ok((self.demo && introduction.local).then(Principal::demo));
        };
        engine.recognize_token(token).await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "a visitor could not be recognized");
            CannotTell
        })
    }
}
