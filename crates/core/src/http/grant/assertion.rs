//! What an application signs to get a token for a user: a JWT of RFC 7523, with RS256.
//!
//! A signature is ring's, which the TLS beneath uses too; a library for JWTs would bring a second stack of ciphers for
//! the sake of joining three texts with dots.

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

/// How long an assertion is good for. Vendors refuse more than three to five minutes; less leaves no room for clocks.
const LIFE: TimeDelta = TimeDelta::minutes(3);

/// A private key that signs for an application.
pub struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads an RSA key in PEM, PKCS#8 or PKCS#1. Text around it is passed over, as OpenSSL does.
    ///
    /// # Errors
    /// What the text is instead.
    pub fn parse(pem: &Secret) -> Result<Self, UnusableKey> {
        let text = pem.expose();
        let says = |words: &str| text.contains(words);
        if says("-----BEGIN ENCRYPTED PRIVATE KEY-----") || says("Proc-Type: 4,ENCRYPTED") {
            return Err(UnusableKey::Encrypted);
        }
        if !says("PRIVATE KEY-----") && says("-----BEGIN ") {
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
        let refused = |_| Error::new(ErrorKind::Unexpected, "private key did not sign");
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).map_err(refused)?;
        Ok(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Why a text is no key to sign with; its `Display` says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusableKey {
    /// No key in PEM, or one that is cut off or changed.
    Malformed,
    /// One behind a passphrase.
    Encrypted,
    /// A public key or a certificate.
    NotPrivate,
    /// A key of another kind.
    NotRsa,
    /// One of fewer than 2048 bits.
    TooShort,
    /// One of more than 4096 bits, or of a length that nobody makes.
    OddLength,
}

impl fmt::Display for UnusableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "is no private key in PEM; give the whole file, from -----BEGIN PRIVATE KEY----- to the line that ends it"
            }
            Self::Encrypted => {
                "is encrypted, and nobody is there to type its passphrase; \
                 decrypt it first: openssl pkcs8 -topk8 -nocrypt -in key.pem"
            }
            Self::NotPrivate => {
                "is a public key or a certificate; give the private key that belongs to it, \
                 and upload the certificate to the vendor"
            }
            Self::NotRsa => "is no RSA key; RS256 needs one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            Self::TooShort => "has fewer than 2048 bits, which vendors refuse; make a longer one",
            Self::OddLength => "has a length that is not supported; make one of 2048, 3072 or 4096 bits",
        })
    }
}

impl std::error::Error for UnusableKey {}

/// Who says whom a token is wanted for, and when.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// The application's public name: the `iss` claim.
    pub client_id: &'a str,
    /// The user's login: the `sub` claim.
    pub username: &'a str,
    /// The key whose certificate the vendor holds.
    pub key: &'a SigningKey,
    /// Now; the assertion is good for three minutes from then.
    pub at: DateTime<Utc>,
}

impl Assertion<'_> {
    /// Writes and signs it. Whoever has it can get a token, so it is a secret for as long as it is good.
    pub(super) fn signed(&self, audience: &str) -> Result<Secret> {
        let expires = (self.at + LIFE).timestamp();
        let claims = json!({ "iss": self.client_id, "sub": self.username, "aud": audience, "exp": expires });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(&message)?);
        Ok(Secret::new(format!("{message}.{signature}")))
    }
}
