//! Signed JWT assertions (RFC 7523), with RS256.
//!
//! `ring` signs, which TLS uses too. A JWT library would add a second cryptography stack to join three strings.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use crate::{Error, ErrorKind, Result, Secret};

/// The `grant_type` of RFC 7523 section 2.1.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The lifetime of an assertion. Vendors refuse more than three to five minutes; less leaves no room for clock skew.
const LIFETIME: TimeDelta = TimeDelta::minutes(3);

/// A private key that signs assertions.
pub struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Parses an RSA key in PEM, PKCS#8 or PKCS#1. Text around it is ignored, like in OpenSSL.
    ///
    /// # Errors
    /// Why the key cannot be used.
    ///
    /// `ring` gives no type for the reason why it rejects a key, so its text is matched here; a test fails when one of
    /// them changes.
    pub fn parse(pem: &Secret) -> Result<Self, UnusableKey> {
        let text = pem.expose();
        let contains = |label: &str| text.contains(label);
        if contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || contains("Proc-Type: 4,ENCRYPTED") {
            return Err(UnusableKey::Encrypted);
        }
        if !contains("PRIVATE KEY-----") && contains("-----BEGIN ") {
            return Err(UnusableKey::NotPrivate);
        }
        let pair = match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| UnusableKey::Malformed)? {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(UnusableKey::NotRsa),
        };
        let pair = pair.map_err(|rejected| match rejected.to_string().as_str() {
            "TooSmall" => UnusableKey::TooShort,
            "TooLarge" | "PrivateModulusLenNotMultipleOf512Bits" => UnusableKey::OddLength,
            "WrongAlgorithm" => UnusableKey::NotRsa,
            _ => UnusableKey::Malformed,
        })?;
        Ok(Self(pair))
    }

    fn sign(&self, message: &str) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let refused = |_| Error::new(ErrorKind::Unexpected, "private key cannot sign");
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).map_err(refused)?;
        Ok(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Why a text cannot be used as a signing key; its `Display` says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusableKey {
    /// Not a private key in PEM, or an incomplete one.
    Malformed,
    /// The key is encrypted with a passphrase.
    Encrypted,
    /// A public key or a certificate.
    NotPrivate,
    /// Not an RSA key.
    NotRsa,
    /// Fewer than 2048 bits.
    TooShort,
    /// More than 4096 bits, or an unsupported length.
    OddLength,
}

impl fmt::Display for UnusableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "is not a private key in PEM; enter the whole file, from -----BEGIN PRIVATE KEY----- to the last line"
            }
            Self::Encrypted => {
                "is encrypted with a passphrase, which the gateway does not support; \
                 decrypt it first: openssl pkcs8 -topk8 -nocrypt -in key.pem"
            }
            Self::NotPrivate => {
                "is a public key or a certificate; enter the matching private key, \
                 and upload the certificate to the vendor"
            }
            Self::NotRsa => {
                "is not an RSA key, which RS256 requires; \
                 create one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
            }
            Self::TooShort => "has fewer than 2048 bits, which vendors refuse; create a longer one",
            Self::OddLength => "has a length that is not supported; create one of 2048, 3072 or 4096 bits",
        })
    }
}

impl std::error::Error for UnusableKey {}

/// The claims of an assertion, and the key that signs them.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// The OAuth client ID: the `iss` claim.
    pub client_id: &'a str,
    /// The username: the `sub` claim.
    pub username: &'a str,
    /// The key whose certificate the vendor has.
    pub key: &'a SigningKey,
    /// The current time; the assertion expires three minutes later.
    pub at: DateTime<Utc>,
}

impl Assertion<'_> {
    /// Serializes and signs the assertion. It is a secret, because it can be exchanged for a token until it expires.
    pub(super) fn signed(&self, audience: &str) -> Result<Secret> {
        let expires = (self.at + LIFETIME).timestamp();
        let claims = json!({ "iss": self.client_id, "sub": self.username, "aud": audience, "exp": expires });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(&message)?);
        Ok(Secret::new(format!("{message}.{signature}")))
    }
}
