//! The chain of MACs, and its verification.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hmac::{Hmac, Mac};
use rand::RngCore as _;
use serde::Serializer;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{AuditEvent, after};
use crate::db::with_conn;
use crate::digest::hex;
use crate::schema::audit_head;
use crate::{Db, Error, Result, Sealer};

/// MAC that precedes the first row.
pub(super) const ORIGIN: [u8; 32] = [0; 32];

/// Location of the chain's key, for the sealer.
pub(crate) const PLACE: &str = "audit_head|1|sealed_key";

/// Number of rows per page of a verification.
const PIECE: i64 = 1000;

/// The log is complete and unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of rows.
    pub events: i64,
    /// MAC of the last row in hexadecimal. Stored elsewhere, it detects a later truncation.
    pub head: String,
}

/// The log was tampered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A row is missing or was moved.
    #[error("row {expected} is missing; the next one found is {found}")]
    Missing {
        /// The expected sequence number.
        expected: i64,
        /// The sequence number that was found.
        found: i64,
    },
    /// A row was inserted before the beginning or after the end.
    #[error("row {0} was put there by somebody else")]
    PutIn(i64),
    /// A row does not match its MAC.
    #[error("row {0} is not what was written")]
    Changed(i64),
    /// The log does not end with the row that the head names.
    #[error("the log ends with row {found}, and its head says {expected}")]
    CutOff {
        /// The expected sequence number.
        expected: i64,
        /// The sequence number that was found.
        found: i64,
    },
    /// The given head is not in the log.
    #[error("the given head is not in the log; the log was truncated or replaced")]
    HeadMissing,
}

/// The end of the log: the last sequence number, its MAC, and the encrypted key.
type Head = (i64, Vec<u8>, Vec<u8>);

async fn read_head(db: &Db) -> Result<Option<Head>> {
    with_conn!(db, read, |c| {
        let columns = (audit_head::sequence, audit_head::hash, audit_head::sealed_key);
        Ok(audit_head::table.select(columns).first(c).await.optional()?)
    })
}

/// The last row of the log, to be stored outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Sequence number of the row.
    pub sequence: i64,
    /// MAC of the row in hexadecimal.
    pub mac: String,
}

/// Returns the last row. `None` if the log is empty.
pub async fn head(db: &Db) -> Result<Option<AuditHead>> {
    Ok(read_head(db).await?.map(|(sequence, mac, _)| AuditHead { sequence, mac: hex(&mac) }))
}

/// Whether the log still contains a row. If not, it was truncated or replaced.
pub async fn holds(db: &Db, noted: &AuditHead) -> Result<bool> {
    let row = after(db, noted.sequence - 1, 1).await?.pop();
    Ok(row.is_some_and(|row| row.sequence == noted.sequence && row.mac_hex() == noted.mac))
}

/// Whether the keys decrypt the log's key. Always true for an empty log.
pub async fn opens(db: &Db, sealer: &Sealer) -> Result<bool> {
    let Some((.., sealed)) = read_head(db).await? else { return Ok(true) };
    match open_key(sealer, &sealed) {
        Err(Error::DecryptFailed) => Ok(false),
        other => other.map(|_| true),
    }
}

/// Verifies the whole log. With a head in hexadecimal, also checks that the log still contains its row.
///
/// # Errors
/// `DecryptFailed` if the key of the chain cannot be decrypted. The inner error is the position where the log is broken.
pub async fn verify(db: &Db, sealer: &Sealer, noted: Option<&str>) -> Result<Result<Verified, Broken>> {
    let Some(mut head) = read_head(db).await? else {
        let found = after(db, i64::MIN, 1).await?.pop().map(|event| Broken::PutIn(event.sequence));
        let broken = found.or_else(|| noted.map(|_| Broken::HeadMissing));
        return Ok(broken.map_or_else(|| Ok(Verified { events: 0, head: hex(&ORIGIN) }), Err));
    };
    let key = open_key(sealer, &head.2)?;
    let mut verification = Verification { key, last: (0, ORIGIN.to_vec()), noted, head_found: noted.is_none() };
    loop {
        if let Err(broken) = verification.verify_up_to(db, head.0).await? {
            return Ok(Err(broken));
        }
        let (found, mac) = &verification.last;
        if *mac != head.1 {
            return Ok(Err(Broken::CutOff { expected: head.0, found: *found }));
        }
        let Some(beyond) = after(db, *found, 1).await?.pop() else { break };
        // A row that was written meanwhile moved the head as well.
        match read_head(db).await? {
            Some(moved) if moved.0 >= beyond.sequence => head = moved,
            _ => return Ok(Err(Broken::PutIn(beyond.sequence))),
        }
    }
    let (events, mac) = verification.last;
    Ok(if verification.head_found { Ok(Verified { events, head: hex(&mac) }) } else { Err(Broken::HeadMissing) })
}

struct Verification<'a> {
    key: Zeroizing<Vec<u8>>,
    last: (i64, Vec<u8>),
    noted: Option<&'a str>,
    head_found: bool,
}

impl Verification<'_> {
    /// Verifies the rows up to number `end`.
    async fn verify_up_to(&mut self, db: &Db, end: i64) -> Result<Result<(), Broken>> {
        while self.last.0 < end {
            // Sequence numbers start at 1, unless a row was forged.
            let behind = if self.last.0 == 0 { i64::MIN } else { self.last.0 };
            let piece = after(db, behind, PIECE.min(end - self.last.0)).await?;
            if piece.is_empty() {
                return Ok(Err(Broken::CutOff { expected: end, found: self.last.0 }));
            }
            for event in piece {
                if let Err(broken) = self.step(event) {
                    return Ok(Err(broken));
                }
            }
        }
        Ok(Ok(()))
    }

    fn step(&mut self, event: AuditEvent) -> Result<(), Broken> {
        let expected = self.last.0 + 1;
        if event.sequence < expected {
            return Err(Broken::PutIn(event.sequence));
        }
        if event.sequence != expected {
            return Err(Broken::Missing { expected, found: event.sequence });
        }
        let is_intact = bool::from(mac_of(&self.key, &event).ct_eq(&event.mac));
        if !is_intact || event.previous_mac != self.last.1 {
            return Err(Broken::Changed(event.sequence));
        }
        self.head_found |= self.noted.is_some_and(|noted| noted.eq_ignore_ascii_case(&hex(&event.mac)));
        self.last = (event.sequence, event.mac);
        Ok(())
    }
}

/// Computes the MAC of a row over the row and the previous MAC.
pub(super) fn mac_of(key: &[u8], event: &AuditEvent) -> Vec<u8> {
    let record = &event.record;
    let covered = (
        (event.sequence, event.at.timestamp_micros(), record.operation_id, &record.actor, &record.actor_name),
        (&record.client_address, &record.action, record.outcome, &record.subject),
        (&record.before, &record.after, &record.note, &record.trace_id, &event.previous_mac),
    );
    let covered = match record.profile_id {
        None => serde_json::to_vec(&covered),
        Some(profile) => serde_json::to_vec(&(covered, profile)),
    };
    let covered = covered.expect("plain fields are JSON");
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(&covered);
    mac.finalize().into_bytes().to_vec()
}

/// Creates an encrypted key for a new chain.
pub(super) fn fresh_key(sealer: &Sealer) -> Result<Vec<u8>> {
    let mut key = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(&mut *key);
    sealer.seal(PLACE, &*key)
}

pub(super) fn open_key(sealer: &Sealer, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    sealer.open(PLACE, sealed)
}

pub(super) fn as_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}
