//! The chain of signatures, and how it is found broken.

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
use crate::{Db, Result, Sealer};

/// What the first row follows.
pub(super) const ORIGIN: [u8; 32] = [0; 32];

/// Where the key lies, for the sealer.
pub(crate) const PLACE: &str = "audit_head|1|sealed_key";

/// Rows are read in pieces of so many.
const PIECE: i64 = 1000;

/// The log is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many rows it has.
    pub events: i64,
    /// The signature of the last one, in hexadecimal. Noted elsewhere, it shows whether the end was cut off later.
    pub head: String,
}

/// The log was tampered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A row is missing, or was put elsewhere.
    #[error("row {expected} is missing; the next one found is {found}")]
    Missing {
        /// The number that should have come.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// A row is not what was signed.
    #[error("row {0} is not what was written")]
    Changed(i64),
    /// The log does not end where its head says.
    #[error("the log ends with row {found}, and its head says {expected}")]
    CutOff {
        /// The last row by the head.
        expected: i64,
        /// The last row there is.
        found: i64,
    },
    /// The head that was noted elsewhere is not in the log.
    #[error("no row has the noted head; the log was cut off or replaced since it was noted")]
    NotedHead,
}

/// Verifies the whole log; with a `noted` head, in hexadecimal, also that the log still holds the row it is of.
///
/// # Errors
/// `Unsealable` when the key of the chain does not open; the inner error says where the log is broken.
pub async fn verify(db: &Db, sealer: &Sealer, noted: Option<&str>) -> Result<Result<Verified, Broken>> {
    let head: Option<(i64, Vec<u8>, Vec<u8>)> = with_conn!(db, read, |c| {
        let columns = (audit_head::sequence, audit_head::hash, audit_head::sealed_key);
        Ok(audit_head::table.select(columns).first(c).await.optional()?)
    })?;
    let Some((last, end, sealed)) = head else {
        let empty = after(db, 0, 1).await?.is_empty() && noted.is_none();
        let verified = Verified { events: 0, head: hex(&ORIGIN) };
        return Ok(if empty { Ok(verified) } else { Err(Broken::CutOff { expected: 0, found: 1 }) });
    };
    let mut walk = Walk { key: open_key(sealer, &sealed)?, last: (0, ORIGIN.to_vec()), noted, met: noted.is_none() };
    // Rows beyond the head are being written just now.
    while walk.last.0 < last {
        let piece = after(db, walk.last.0, PIECE.min(last - walk.last.0)).await?;
        if piece.is_empty() {
            return Ok(Err(Broken::CutOff { expected: last, found: walk.last.0 }));
        }
        for event in piece {
            if let Err(broken) = walk.step(event) {
                return Ok(Err(broken));
            }
        }
    }
    Ok(match walk {
        Walk { met: false, .. } => Err(Broken::NotedHead),
        Walk { last: (found, hash), .. } if hash != end => Err(Broken::CutOff { expected: last, found }),
        Walk { last: (events, hash), .. } => Ok(Verified { events, head: hex(&hash) }),
    })
}

struct Walk<'a> {
    key: Zeroizing<Vec<u8>>,
    last: (i64, Vec<u8>),
    noted: Option<&'a str>,
    met: bool,
}

impl Walk<'_> {
    fn step(&mut self, event: AuditEvent) -> Result<(), Broken> {
        let expected = self.last.0 + 1;
        if event.sequence != expected {
            return Err(Broken::Missing { expected, found: event.sequence });
        }
        let signed = bool::from(sign(&self.key, &event).ct_eq(&event.hash));
        if !signed || event.previous_hash != self.last.1 {
            return Err(Broken::Changed(event.sequence));
        }
        self.met |= self.noted.is_some_and(|noted| noted.eq_ignore_ascii_case(&hex(&event.hash)));
        self.last = (event.sequence, event.hash);
        Ok(())
    }
}

/// Signs a row together with the signature before it.
pub(super) fn sign(key: &[u8], event: &AuditEvent) -> Vec<u8> {
    let deed = &event.deed;
    let told = (
        (event.sequence, event.at.timestamp_micros(), deed.attempt, &deed.actor, &deed.actor_name),
        (&deed.came_from, &deed.action, deed.outcome, &deed.subject),
        (&deed.before, &deed.after, &deed.note, &deed.trace_id, &event.previous_hash),
    );
    let told = serde_json::to_vec(&told).expect("plain fields are JSON");
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(&told);
    mac.finalize().into_bytes().to_vec()
}

/// Makes a key for a new chain, sealed.
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
