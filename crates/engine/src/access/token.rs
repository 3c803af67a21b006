//! The text of an API token: `sg_`, then the token's id and 256 random bits in base64.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seatgraph_core::Secret;
use seatgraph_store::TokenId;
use uuid::Uuid;

/// What every token begins with, so that secret scanners know one when they see it.
const PREFIX: &str = "sg_";
const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// Makes the text of a new token.
pub(super) fn mint(id: TokenId) -> Secret {
    let mut bytes = [0; ID_BYTES + SECRET_BYTES];
    bytes[..ID_BYTES].copy_from_slice(id.as_uuid().as_bytes());
    rand::fill(&mut bytes[ID_BYTES..]);
    Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Reads which token a text is; `None` when it is none of ours.
pub(super) fn id_of(text: &str) -> Option<TokenId> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    if bytes.len() != ID_BYTES + SECRET_BYTES {
        return None;
    }
    Uuid::from_slice(&bytes[..ID_BYTES]).ok().map(TokenId::from_uuid)
}

/// The last characters of a token, by which users recognise it.
pub(super) fn hint(text: &str) -> String {
    text[text.len() - 4..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_which_one_it_is_and_no_two_are_alike() {
        let id = TokenId::generate();
        let (one, other) = (mint(id), mint(id));
        assert_eq!(id_of(one.expose()), Some(id));
        assert_ne!(one.expose(), other.expose());
        assert!(one.expose().starts_with("sg_") && one.expose().len() == 67);
        assert!(one.expose().ends_with(&hint(one.expose())));
    }

    #[test]
    fn what_is_no_token_is_none() {
        let token = mint(TokenId::generate());
        let long = format!("{}AAAA", token.expose());
        for text in ["", "sg_", "sg_%%", &token.expose()[3..], &token.expose()[..60], &long] {
            assert_eq!(id_of(text), None, "{text}");
        }
    }
}
