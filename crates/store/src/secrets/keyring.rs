//! Encryption keys. The newest encrypts data keys; every key decrypts what it encrypted.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305};
use seatgraph_core::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Length of the key id in an encrypted secret.
pub(super) const KEY_ID: usize = 4;

/// First bytes of a key's hash.
pub(super) type KeyId = [u8; KEY_ID];

/// A key that encrypts data keys.
#[derive(Clone)]
pub(super) struct SealingKey {
    pub(super) id: KeyId,
    pub(super) cipher: XChaCha20Poly1305,
}

impl SealingKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&Sha256::digest(key)[..KEY_ID]);
        Self { id, cipher: XChaCha20Poly1305::new(Key::from_slice(key)) }
    }
}

/// Keys, newest first. Never empty.
#[derive(Clone)]
pub(super) struct Keyring(Vec<SealingKey>);

impl Keyring {
    pub(super) fn of(key: SealingKey) -> Self {
        Self(vec![key])
    }

    /// Parses keys of 32 bytes in base64, separated by spaces, commas or line ends.
    pub(super) fn parse(text: &Secret) -> Result<Self> {
        let words = text.expose().split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let keys: Vec<_> = words.map(read).collect::<Result<_>>()?;
        if keys.is_empty() { Err(no_key()) } else { Ok(Self(keys)) }
    }

    pub(super) fn newest(&self) -> &SealingKey {
        &self.0[0]
    }

    pub(super) fn find(&self, id: &[u8]) -> Option<&SealingKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

fn read(word: &str) -> Result<SealingKey> {
    let bytes = Zeroizing::new(BASE64.decode(word).unwrap_or_default());
    let key: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| no_key())?;
    Ok(SealingKey::new(key))
}

fn no_key() -> Error {
    Error::Damaged("the key is not 32 bytes in base64".to_owned())
}

/// Modification time and size of a file.
pub(super) type Stamp = (SystemTime, u64);

/// A key file, one key per line, newest first. Only its owner can read it.
#[derive(Clone)]
pub(super) struct KeyFile(PathBuf);

impl KeyFile {
    /// Opens the file at `path`, or creates it with one key.
    pub(super) fn open(path: &Path) -> Result<Self> {
        match File::open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => match write_new(path, &new_key()) {
                // Another process was faster; its key counts.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => other.map_err(Error::unavailable)?,
            },
            Err(error) => return Err(Error::unavailable(error)),
        }
        Ok(Self(path.to_owned()))
    }

    /// Returns the modification time and size.
    pub(super) fn stamp(&self) -> Result<Stamp> {
        let about = fs::metadata(&self.0).map_err(Error::unavailable)?;
        Ok((about.modified().map_err(Error::unavailable)?, about.len()))
    }

    pub(super) fn load(&self) -> Result<Keyring> {
        Keyring::parse(&self.text()?)
    }

    /// Adds a new key as the first one.
    pub(super) fn add(&self) -> Result<()> {
        let (new, old) = (new_key(), self.text()?);
        self.replace(&Zeroizing::new(format!("{}{}", &*new, old.expose())))
    }

    /// Deletes all keys but the `most` newest.
    pub(super) fn keep(&self, most: usize) -> Result<()> {
        let text = self.text()?;
        let kept = text.expose().lines().filter(|line| !line.trim().is_empty()).take(most);
        self.replace(&Zeroizing::new(kept.fold(String::new(), |kept, line| kept + line + "\n")))
    }

    fn text(&self) -> Result<Secret> {
        let mut text = String::new();
        File::open(&self.0).and_then(|mut file| file.read_to_string(&mut text)).map_err(Error::unavailable)?;
        Ok(Secret::new(text))
    }

    /// Locks the file against changes by other processes until dropped.
    pub(super) fn lock(&self) -> Result<File> {
        let lock = File::options().create(true).append(true).open(self.sibling(".lock")).map_err(Error::unavailable)?;
        lock.lock().map_err(Error::unavailable)?;
        Ok(lock)
    }

    /// Replaces the file atomically and durably.
    fn replace(&self, text: &str) -> Result<()> {
        let sibling = self.sibling(".new");
        let replaced = match fs::remove_file(&sibling) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => write_new(&sibling, text).and_then(|()| fs::rename(&sibling, &self.0)),
        };
        replaced.and_then(|()| self.sync_folder()).map_err(Error::unavailable)
    }

    /// Flushes the directory entry to disk.
    fn sync_folder(&self) -> std::io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn sibling(&self, ending: &str) -> PathBuf {
        let mut sibling = self.0.clone().into_os_string();
        sibling.push(ending);
        PathBuf::from(sibling)
    }
}

fn new_key() -> Zeroizing<String> {
    let mut key = Zeroizing::new([0; 32]);
    OsRng.fill_bytes(&mut *key);
    Zeroizing::new(BASE64.encode(*key) + "\n")
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
}
