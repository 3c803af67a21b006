//! Secret text, which never appears in logs, errors or `Debug`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde::de;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A credential or token. It has no `Display` and no `Serialize`, and is wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Generates 256 random bits, as 43 URL-safe characters.
    ///
    /// ```
    /// # use seatgraph_core::Secret;
    /// let (one, other) = (Secret::generate(), Secret::generate());
    /// assert_eq!(one.expose().len(), 43);
    /// assert_ne!(one.expose(), other.expose());
    /// ```
    #[must_use]
    pub fn generate() -> Self {
        let mut bits = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *bits).expect("the system has random bits");
        Self::new(URL_SAFE_NO_PAD.encode(*bits))
    }

    /// Returns the secret, for a request header or a cipher.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

/// Deserializes text, and refuses anything else without quoting it.
struct Text;

impl de::Visitor<'_> for Text {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::new(text))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
        Err(E::custom(NOT_TEXT))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Err(E::custom(NOT_TEXT))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Err(E::custom(NOT_TEXT))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Err(E::custom(NOT_TEXT))
    }
}

/// The error for a secret that is not a string.
const NOT_TEXT: &str = "a secret must be a string; put it between quotes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_a_string_is_refused_and_not_quoted() {
        for json in ["8675309", "-8675309", "86.5", "true"] {
            let refused = serde_json::from_str::<Secret>(json).unwrap_err().to_string();
            assert!(refused.contains("between quotes") && !refused.contains(json), "{refused}");
        }
        assert_eq!(serde_json::from_str::<Secret>("\"s3cret\"").unwrap().expose(), "s3cret");
    }

    #[test]
    fn debug_does_not_contain_the_secret() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
