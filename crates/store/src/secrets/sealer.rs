//! The key that secrets are sealed with.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chacha20poly1305::aead::rand_core::RngCore;
use chacha20poly1305::aead::{Aead, KeyInit, OsRng, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use seatgraph_core::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result};

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;

/// Seals and opens secrets with one key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    key_id: [u8; KEY_ID],
}

impl Sealer {
    /// Seals with these 32 bytes.
    #[must_use]
    pub fn from_key(key: &[u8; 32]) -> Self {
        let mut key_id = [0; KEY_ID];
        key_id.copy_from_slice(&Sha256::digest(key)[..KEY_ID]);
        Self { cipher: XChaCha20Poly1305::new(Key::from_slice(key)), key_id }
    }

    /// Reads the key file, 32 bytes in base64; makes one that only its owner may read when there is none.
    ///
    /// # Errors
    /// `Unavailable` when the file can be neither read nor made; `Damaged` when it holds no key.
    pub fn from_key_file(path: &Path) -> Result<Self> {
        match File::open(path) {
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(Error::unavailable)?;
                Self::from_base64(&Secret::new(text))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    fn make(path: &Path) -> Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *key);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut file) => {
                let text = Zeroizing::new(BASE64.encode(*key));
                file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::unavailable)?;
                Ok(Self::from_key(&key))
            }
            // Another process was faster; its key counts.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::from_key_file(path),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Takes a key of 32 bytes in base64, as the environment holds it.
    ///
    /// # Errors
    /// `Damaged` when it is no key.
    pub fn from_base64(text: &Secret) -> Result<Self> {
        let bytes = Zeroizing::new(BASE64.decode(text.expose().trim()).unwrap_or_default());
        let key: &[u8; 32] =
            bytes.as_slice().try_into().map_err(|_| Error::Damaged("the key is not 32 bytes in base64".to_owned()))?;
        Ok(Self::from_key(key))
    }

    pub(crate) fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        OsRng.fill_bytes(&mut nonce);
        let associated = self.associated(place);
        let payload = Payload { msg: secret, aad: &associated };
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| Error::Unsealable)?;
        Ok([&[VERSION][..], &self.key_id, &nonce, &sealed].concat())
    }

    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let rest = sealed.strip_prefix(&[VERSION]).ok_or(Error::Unsealable)?;
        let rest = rest.strip_prefix(&self.key_id).ok_or(Error::Unsealable)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or(Error::Unsealable)?;
        let associated = self.associated(place);
        let payload = Payload { msg: sealed, aad: &associated };
        let opened = self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| Error::Unsealable)?;
        Ok(Zeroizing::new(opened))
    }

    fn associated(&self, place: &str) -> Vec<u8> {
        [place.as_bytes(), b"|", &self.key_id].concat()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::from_key(&[7; 32])
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let sealed = sealer().seal("here", b"hunter2").unwrap();
        assert_eq!(sealer().open("here", &sealed).unwrap().as_slice(), b"hunter2");
    }

    #[test]
    fn a_secret_moved_to_another_place_does_not_open() {
        let sealed = sealer().seal("here", b"hunter2").unwrap();
        assert!(matches!(sealer().open("there", &sealed), Err(Error::Unsealable)));
    }

    #[test]
    fn another_key_does_not_open() {
        let sealed = sealer().seal("here", b"hunter2").unwrap();
        assert!(matches!(Sealer::from_key(&[8; 32]).open("here", &sealed), Err(Error::Unsealable)));
    }

    #[test]
    fn no_byte_can_be_changed_and_none_cut_off() {
        let sealed = sealer().seal("here", b"hunter2").unwrap();
        for at in 0..sealed.len() {
            let mut tampered = sealed.clone();
            tampered[at] ^= 1;
            assert!(sealer().open("here", &tampered).is_err(), "byte {at}");
            assert!(sealer().open("here", &sealed[..at]).is_err(), "length {at}");
        }
    }

    #[test]
    fn two_seals_of_one_secret_differ() {
        assert_ne!(sealer().seal("here", b"hunter2").unwrap(), sealer().seal("here", b"hunter2").unwrap());
    }

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.key");
        let sealed = Sealer::from_key_file(&path).unwrap().seal("here", b"hunter2").unwrap();
        assert!(Sealer::from_key_file(&path).unwrap().open("here", &sealed).is_ok());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "c2hvcnQ=", "not base64 at all, but longer than a key would be"] {
            assert!(matches!(Sealer::from_base64(&Secret::new(text)), Err(Error::Damaged(_))), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", sealer()), "Sealer(…)");
    }
}
