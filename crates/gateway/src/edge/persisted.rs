//! Automatic persisted queries: a document that its client names by its hash instead of sending it again.
//!
//! The protocol is Apollo's (`extensions.persistedQuery`, version 1, SHA-256 in hexadecimal). The documents known are those
//! in the document cache. A client whose document is not there gets an error and sends it in full once.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::refusal::{Code, Refused, RejectReason};

/// The SHA-256 of a document's text, byte for byte.
pub(crate) type Hash = [u8; 32];

/// The supported version of the protocol.
const VERSION: u64 = 1;

/// Hashes a document the way its client does.
pub(crate) fn hash(source: &str) -> Hash {
    Sha256::digest(source.as_bytes()).into()
}

/// The hash that a request's extensions name its document by, if they do.
pub(crate) fn named(extensions: &Map<String, Value>) -> Result<Option<Hash>, Refused> {
    let Some(named) = extensions.get("persistedQuery").filter(|named| !named.is_null()) else { return Ok(None) };
    if named["version"].as_u64() != Some(VERSION) {
        // Clients compare with this text and send full documents from then on.
        let code = Code::PersistedQueryNotSupported;
        return Err(Refused::new(RejectReason::Document, code, "PersistedQueryNotSupported"));
    }
    match named["sha256Hash"].as_str().and_then(from_hex) {
        Some(hash) => Ok(Some(hash)),
        None => Err(Refused::malformed("`persistedQuery.sha256Hash` must be 64 hexadecimal digits")),
    }
}

/// No document has this hash. Clients compare with this text and then send the document in full.
pub(crate) fn not_found() -> Refused {
    Refused::new(RejectReason::Document, Code::PersistedQueryNotFound, "PersistedQueryNotFound")
}

/// The hash is not that of the document; accepting it would poison the cache.
pub(crate) fn foreign() -> Refused {
    Refused::malformed("`persistedQuery.sha256Hash` is not the hash of `query`")
}

fn from_hex(text: &str) -> Option<Hash> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    if digits.len() != 64 {
        return None;
    }
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::try_from(pair[0] << 4 | pair[1]).expect("two hexadecimal digits are a byte");
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn named_by(extensions: &Value) -> Result<Option<Hash>, Code> {
        named(extensions.as_object().unwrap()).map_err(|refused| refused.code())
    }

    #[test]
    fn a_hash_is_read_in_either_case() {
        for text in [EMPTY.to_owned(), EMPTY.to_uppercase()] {
            let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": text } });
            assert_eq!(named_by(&extensions), Ok(Some(hash(""))));
        }
        assert_eq!(named_by(&json!({})), Ok(None));
        assert_eq!(named_by(&json!({ "persistedQuery": null })), Ok(None));
    }

    #[test]
    fn an_invalid_hash_is_malformed() {
        for text in ["", "00", &EMPTY[1..], &format!("{EMPTY}00"), &EMPTY.replace('e', "ü"), &EMPTY.replace('e', "g")]
        {
            let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": text } });
            assert_eq!(named_by(&extensions), Err(Code::BadRequest), "{text}");
        }
        assert_eq!(named_by(&json!({ "persistedQuery": { "version": 1 } })), Err(Code::BadRequest));
    }

    #[test]
    fn another_version_is_not_supported() {
        for version in [json!(2), json!("1"), json!(null)] {
            let extensions = json!({ "persistedQuery": { "version": version, "sha256Hash": EMPTY } });
            assert_eq!(named_by(&extensions), Err(Code::PersistedQueryNotSupported), "{version}");
        }
        assert_eq!(named_by(&json!({ "persistedQuery": true })), Err(Code::PersistedQueryNotSupported));
    }
}
