//! Encrypts and decrypts secrets.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, RwLock};

use chacha20poly1305::aead::rand_core::RngCore;
use chacha20poly1305::aead::{Aead, OsRng, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use seatgraph_core::Secret;
use zeroize::Zeroizing;

use super::keyring::{KEY_ID, KeyFile, Keyring, SealingKey, Stamp};
use crate::{Error, Result};

const VERSION: u8 = 2;
const NONCE: usize = 24;
const TAG: usize = 16;
const DATA_KEY: usize = 32;
/// Length of an encrypted data key.
const WRAPPED: usize = NONCE + DATA_KEY + TAG;

/// Encrypts each secret with its own data key and that with the newest key. Decrypts with any of its keys. Clones share
/// the keys.
///
/// With a key file, a key that another process added is used from the next secret on.
#[derive(Clone)]
pub struct Sealer(Arc<Shared>);

struct Shared {
    file: Option<KeyFile>,
    key_state: RwLock<KeyState>,
}

/// The keys, with the state of the file that they were read from.
#[derive(Clone)]
struct KeyState {
    keys: Keyring,
    stamp: Option<Stamp>,
}

impl Sealer {
    fn new(keys: Keyring, file: Option<KeyFile>, stamp: Option<Stamp>) -> Self {
        Self(Arc::new(Shared { file, key_state: RwLock::new(KeyState { keys, stamp }) }))
    }

    /// Seals with these 32 bytes.
    #[must_use]
    pub fn from_key(key: &[u8; 32]) -> Self {
        Self::new(Keyring::of(SealingKey::new(key)), None, None)
    }

    /// Reads the key file: keys of 32 bytes in base64, one per line, newest first. Creates it if missing, readable by
    /// its owner only.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be read or created; `Damaged` if it contains no key.
    pub fn from_key_file(path: &Path) -> Result<Self> {
        let file = KeyFile::open(path)?;
        let (stamp, keys) = (file.stamp()?, file.load()?);
        Ok(Self::new(keys, Some(file), Some(stamp)))
    }

    /// Parses keys of 32 bytes in base64, separated by commas, newest first.
    ///
    /// # Errors
    /// `Damaged` if a key is invalid.
    pub fn from_base64(text: &Secret) -> Result<Self> {
        Ok(Self::new(Keyring::parse(text)?, None, None))
    }

    /// Locks the key file until dropped, because concurrent rotations would lose keys. `None` for keys from the
    /// environment.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be locked.
    pub fn lock(&self) -> Result<Option<File>> {
        self.0.file.as_ref().map(KeyFile::lock).transpose()
    }

    /// Adds a new key to the front of the key file. Returns whether there is a file; keys from the environment are
    /// changed by the operator.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be written.
    pub fn add_key(&self) -> Result<bool> {
        let Some(file) = &self.0.file else { return Ok(false) };
        file.add()?;
        self.read_again(file)?;
        Ok(true)
    }

    /// Deletes all keys of the file but the newest two. Another process may be using the second one.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be written.
    pub fn forget_old_keys(&self) -> Result<()> {
        let Some(file) = &self.0.file else { return Ok(()) };
        file.keep(2)?;
        self.read_again(file)
    }

    /// Returns whether a secret's data key is sealed with the newest key.
    pub(crate) fn is_newest(&self, sealed: &[u8]) -> bool {
        Envelope::read(sealed).is_some_and(|envelope| envelope.key == self.key_state().keys.newest().id)
    }

    pub(crate) fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let mut data_key = Zeroizing::new([0; DATA_KEY]);
        OsRng.fill_bytes(&mut *data_key);
        let secret = encrypt(&cipher(&*data_key), place.as_bytes(), secret)?;
        self.wrap(place, &*data_key, &secret)
    }

    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let envelope = Envelope::read(sealed).ok_or(Error::DecryptFailed)?;
        let data_key = self.unwrap(place, &envelope)?;
        decrypt(&cipher(&data_key), place.as_bytes(), envelope.secret)
    }

    /// Seals a secret's data key with the newest key; the secret itself stays as it lies.
    pub(crate) fn rewrap(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let envelope = Envelope::read(sealed).ok_or(Error::DecryptFailed)?;
        let data_key = self.unwrap(place, &envelope)?;
        self.wrap(place, &data_key, envelope.secret)
    }

    fn wrap(&self, place: &str, data_key: &[u8], secret: &[u8]) -> Result<Vec<u8>> {
        if let Some(file) = &self.0.file
            && file.stamp().ok() != self.key_state().stamp
        {
            self.read_again(file)?;
        }
        let key_state = self.key_state();
        let key = key_state.keys.newest();
        let wrapped = encrypt(&key.cipher, &associated(place, &key.id), data_key)?;
        Ok([&[VERSION][..], &key.id, &wrapped, secret].concat())
    }

    fn unwrap(&self, place: &str, envelope: &Envelope<'_>) -> Result<Zeroizing<Vec<u8>>> {
        if let (None, Some(file)) = (self.key_state().keys.find(envelope.key), &self.0.file) {
            self.read_again(file)?;
        }
        let key_state = self.key_state();
        let key = key_state.keys.find(envelope.key).ok_or(Error::DecryptFailed)?;
        decrypt(&key.cipher, &associated(place, envelope.key), envelope.data_key)
    }

    fn key_state(&self) -> KeyState {
        self.0.key_state.read().expect("no holder of the keys panics").clone()
    }

    fn read_again(&self, file: &KeyFile) -> Result<()> {
        let key_state = KeyState { stamp: Some(file.stamp()?), keys: file.load()? };
        *self.0.key_state.write().expect("no holder of the keys panics") = key_state;
        Ok(())
    }
}

/// A parsed encrypted secret.
struct Envelope<'a> {
    /// Names the key that seals the data key.
    key: &'a [u8],
    data_key: &'a [u8],
    secret: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(sealed: &'a [u8]) -> Option<Self> {
        let (key, rest) = sealed.strip_prefix(&[VERSION])?.split_at_checked(KEY_ID)?;
        let (data_key, secret) = rest.split_at_checked(WRAPPED)?;
        Some(Self { key, data_key, secret })
    }
}

fn cipher(data_key: &[u8]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(Key::from_slice(data_key))
}

fn encrypt(cipher: &XChaCha20Poly1305, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    OsRng.fill_bytes(&mut nonce);
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg, aad }).map_err(|_| Error::DecryptFailed)?;
    Ok([&nonce[..], &sealed].concat())
}

fn decrypt(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let (nonce, msg) = sealed.split_at_checked(NONCE).ok_or(Error::DecryptFailed)?;
    let opened = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg, aad }).map_err(|_| Error::DecryptFailed)?;
    Ok(Zeroizing::new(opened))
}

fn associated(place: &str, key: &[u8]) -> Vec<u8> {
    [place.as_bytes(), b"|", key].concat()
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD as BASE64;

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
        assert!(matches!(sealer().open("there", &sealed), Err(Error::DecryptFailed)));
    }

    #[test]
    fn another_key_does_not_open() {
        let sealed = sealer().seal("here", b"hunter2").unwrap();
        assert!(matches!(Sealer::from_key(&[8; 32]).open("here", &sealed), Err(Error::DecryptFailed)));
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
    fn every_secret_has_a_data_key_of_its_own_bound_to_its_place() {
        let (one, other) = (sealer().seal("here", b"hunter2").unwrap(), sealer().seal("here", b"hunter3").unwrap());
        let secret_at = 1 + KEY_ID + WRAPPED;
        let mixed = [&one[..secret_at], &other[secret_at..]].concat();
        assert!(matches!(sealer().open("here", &mixed), Err(Error::DecryptFailed)));
        assert!(matches!(sealer().rewrap("there", &one), Err(Error::DecryptFailed)));
    }

    #[test]
    fn a_new_key_seals_the_data_key_anew_and_leaves_the_secret_as_it_lies() {
        let keys = |text: &str| Sealer::from_base64(&Secret::new(text)).unwrap();
        let (old, new) = (BASE64.encode([1; 32]), BASE64.encode([2; 32]));
        let sealed = keys(&old).seal("here", b"hunter2").unwrap();
        let rewrapped = keys(&format!("{new},{old}")).rewrap("here", &sealed).unwrap();
        let secret_at = 1 + KEY_ID + WRAPPED;
        assert_eq!(rewrapped[secret_at..], sealed[secret_at..]);
        assert_eq!(keys(&new).open("here", &rewrapped).unwrap().as_slice(), b"hunter2");
        assert!(matches!(keys(&old).open("here", &rewrapped), Err(Error::DecryptFailed)));
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
    fn a_key_that_another_process_added_opens_and_seals_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.key");
        let (serving, rotating) = (Sealer::from_key_file(&path).unwrap(), Sealer::from_key_file(&path).unwrap());
        let old = serving.seal("here", b"hunter2").unwrap();
        assert!(rotating.add_key().unwrap() && !rotating.is_newest(&old));
        let new = rotating.seal("here", b"hunter3").unwrap();
        assert_eq!(serving.open("here", &new).unwrap().as_slice(), b"hunter3");
        assert!(rotating.is_newest(&serving.seal("here", b"hunter4").unwrap()));
        assert_eq!(serving.open("here", &old).unwrap().as_slice(), b"hunter2");
        assert_eq!(rotating.open("here", &old).unwrap().as_slice(), b"hunter2");

        rotating.add_key().unwrap();
        rotating.forget_old_keys().unwrap();
        let fresh = Sealer::from_key_file(&path).unwrap();
        assert!(fresh.open("here", &new).is_ok(), "the key before the newest is kept");
        assert!(matches!(fresh.open("here", &old), Err(Error::DecryptFailed)));
        assert!(!format!("{fresh:?}").contains(std::fs::read_to_string(&path).unwrap().trim()));
    }

    #[test]
    fn keys_from_the_environment_open_all_and_seal_with_the_first() {
        let keys = |text: &str| Sealer::from_base64(&Secret::new(text)).unwrap();
        let (old, new) = (BASE64.encode([1; 32]), BASE64.encode([2; 32]));
        let sealed = keys(&old).seal("here", b"hunter2").unwrap();
        let both = keys(&format!("{new},{old}"));
        assert!(both.open("here", &sealed).is_ok() && !both.is_newest(&sealed));
        assert!(keys(&new).open("here", &both.seal("here", b"x").unwrap()).is_ok());
        assert!(!both.add_key().unwrap());
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
