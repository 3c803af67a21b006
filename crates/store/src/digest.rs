//! What is kept of texts that somebody must know and the database must not.

use sha2::{Digest, Sha256};

/// Hashes a text that nobody can guess; one that can be guessed would be found by trying.
pub(crate) fn hash(known: &str) -> Vec<u8> {
    Sha256::digest(known).to_vec()
}

/// Writes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
