//! Unexpected failures of the engine. Expected refusals are [`crate::Denied`].

/// Result with the engine's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An unexpected failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("store")]
    Store(#[from] seatgraph_store::Error),
    /// A connector, or the vendor that it calls, failed.
    #[error("connector")]
    Connector(#[from] seatgraph_core::Error),
    /// A stored row uses a connector that this binary does not contain.
    #[error("connector {0} is not compiled in")]
    UnknownConnector(String),
}
