//! Digests of secret tokens: what the database keeps of a text that only its holder may know.

use sha2::{Digest, Sha256};

/// The SHA-256 digest of a text. Only for texts that cannot be guessed: others would be found by trying.
#[must_use]
pub fn hash(known: &str) -> Vec<u8> {
    Sha256::digest(known).to_vec()
}

/// Writes bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
