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
use crate::{Db, Error, Result, Sealer};

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
    /// The signature of the last one, in hexadecimal. AuditHead elsewhere, it shows whether the end was cut off later.
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
    /// A row was put beside the log, before its beginning or behind its end.
    #[error("row {0} was put there by somebody else")]
    PutIn(i64),
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
    #[error("the given head is not in the log; the log was truncated or replaced")]
    HeadMissing,
}

/// The end of the log as its one row says it: the last number, its signature, and the sealed key of the chain.
type Head = (i64, Vec<u8>, Vec<u8>);

async fn read_head(db: &Db) -> Result<Option<Head>> {
    with_conn!(db, read, |c| {
        let columns = (audit_head::sequence, audit_head::hash, audit_head::sealed_key);
        Ok(audit_head::table.select(columns).first(c).await.optional()?)
    })
}

/// A row of the log, as somebody notes it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number.
    pub sequence: i64,
    /// Its signature, in hexadecimal.
    pub signature: String,
}

/// Returns the last row; `None` for an empty log.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn head(db: &Db) -> Result<Option<AuditHead>> {
    Ok(read_head(db).await?.map(|(sequence, hash, _)| AuditHead { sequence, signature: hex(&hash) }))
}

/// Says whether the log still has a row that was noted; one that was cut off or replaced since has not.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn holds(db: &Db, noted: &AuditHead) -> Result<bool> {
    let row = after(db, noted.sequence - 1, 1).await?.pop();
    Ok(row.is_some_and(|row| row.sequence == noted.sequence && row.signature() == noted.signature))
}

/// Says whether the keys are those that the log was begun with; a log that was not begun is anybody's.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn opens(db: &Db, sealer: &Sealer) -> Result<bool> {
    let Some((.., sealed)) = read_head(db).await? else { return Ok(true) };
    match open_key(sealer, &sealed) {
        Err(Error::Unsealable) => Ok(false),
        other => other.map(|_| true),
    }
}

/// Verifies the whole log; with a `noted` head, in hexadecimal, also that the log still holds the row it is of.
///
/// # Errors
/// `Unsealable` when the key of the chain does not open; the inner error says where the log is broken.
pub async fn verify(db: &Db, sealer: &Sealer, noted: Option<&str>) -> Result<Result<Verified, Broken>> {
    let Some(mut head) = read_head(db).await? else {
        let found = after(db, i64::MIN, 1).await?.pop().map(|event| Broken::PutIn(event.sequence));
        let broken = found.or_else(|| noted.map(|_| Broken::HeadMissing));
        return Ok(broken.map_or_else(|| Ok(Verified { events: 0, head: hex(&ORIGIN) }), Err));
    };
    let key = open_key(sealer, &head.2)?;
    let mut walk = Walk { key, last: (0, ORIGIN.to_vec()), noted, met: noted.is_none() };
    loop {
        if let Err(broken) = walk.go_to(db, head.0).await? {
            return Ok(Err(broken));
        }
        let (found, hash) = &walk.last;
        if *hash != head.1 {
            return Ok(Err(Broken::CutOff { expected: head.0, found: *found }));
        }
        let Some(beyond) = after(db, *found, 1).await?.pop() else { break };
        // A row that was written meanwhile moved the head as well.
        match read_head(db).await? {
            Some(moved) if moved.0 >= beyond.sequence => head = moved,
            _ => return Ok(Err(Broken::PutIn(beyond.sequence))),
        }
    }
    let (events, hash) = walk.last;
    Ok(if walk.met { Ok(Verified { events, head: hex(&hash) }) } else { Err(Broken::HeadMissing) })
}

struct Walk<'a> {
    key: Zeroizing<Vec<u8>>,
    last: (i64, Vec<u8>),
    noted: Option<&'a str>,
    met: bool,
}

impl Walk<'_> {
    /// Goes on up to row `end`.
    async fn go_to(&mut self, db: &Db, end: i64) -> Result<Result<(), Broken>> {
        while self.last.0 < end {
            // Numbers begin with 1, unless somebody else wrote them.
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
    let told = match deed.profile_id {
        None => serde_json::to_vec(&told),
        Some(profile) => serde_json::to_vec(&(told, profile)),
    };
    let told = told.expect("plain fields are JSON");
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
