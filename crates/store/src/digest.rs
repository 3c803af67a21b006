//! Hashes of secrets that the database must not contain.

use sha2::{Digest, Sha256};

/// Hashes a random secret. Not suitable for guessable texts such as passwords.
pub(crate) fn hash(known: &str) -> Vec<u8> {
    Sha256::digest(known).to_vec()
}

/// Encodes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
