//! What can go wrong with the simulator itself.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a simulator did not start or run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The app's certificate cannot be read.
    #[error("the certificate is no X.509 certificate in PEM; it begins with -----BEGIN CERTIFICATE-----")]
    Certificate,
    /// The certificate's file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file asked for.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The process could not be told to end by signals, or its output is gone.
    #[error("cannot run in this process")]
    Process(#[source] io::Error),
}
