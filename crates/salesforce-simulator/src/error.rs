//! Errors of the simulator itself.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An error at the start or during the run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cannot listen on the address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The app's certificate cannot be read.
    #[error("the certificate is no X.509 certificate in PEM; it begins with -----BEGIN CERTIFICATE-----")]
    Certificate,
    /// The certificate file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Signal handlers cannot be installed, or the output is closed.
    #[error("cannot run in this process")]
    Process(#[source] io::Error),
}
