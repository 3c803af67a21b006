//! Opaque cursors. Each is bound to one list and order; others and damaged ones are refused.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// Number of checksum bytes in a cursor. The checksum detects accidental damage; it is not a security measure.
const CHECK: usize = 4;

/// Encodes the position of a row in `listing`.
pub(crate) fn encode(listing: &str, position: &impl Serialize) -> String {
    let mut bytes = serde_json::to_vec(position).expect("a position is plain values");
    let check = digest(listing, &bytes);
    bytes.extend_from_slice(&check);
    BASE64.encode(bytes)
}

/// Decodes a cursor of `listing`. Returns `None` if it belongs to another list or order, or is damaged.
pub(crate) fn decode<T: DeserializeOwned>(listing: &str, cursor: &str) -> Option<T> {
    let bytes = BASE64.decode(cursor).ok()?;
    let (position, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
    if check != digest(listing, position) {
        return None;
    }
    serde_json::from_slice(position).ok()
}

fn digest(listing: &str, position: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new().chain_update(listing).chain_update([0]).chain_update(position).finalize();
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_decoded_to_its_position() {
        let cursor = encode("accounts", &("ann", 7));
        assert_eq!(decode("accounts", &cursor), Some(("ann".to_owned(), 7)));
    }

    #[test]
    fn a_cursor_of_another_listing_or_order_is_none() {
        let cursor = encode("accounts by USERNAME ASC", &7);
        assert_eq!(decode::<i32>("accounts by USERNAME DESC", &cursor), None);
        assert_eq!(decode::<i32>("subscriptions", &cursor), None);
    }

    #[test]
    fn a_cursor_with_any_letter_changed_is_none() {
        let cursor = encode("accounts", &"ann");
        for at in 0..cursor.len() {
            let mut damaged = cursor.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(decode::<String>("accounts", &damaged), None, "letter {at}");
        }
    }

    #[test]
    fn a_malformed_cursor_is_none() {
        for text in ["", "a", "AAAA", "not base64!", "AAAAAAAA"] {
            assert_eq!(decode::<String>("accounts", text), None, "{text}");
        }
    }
}
